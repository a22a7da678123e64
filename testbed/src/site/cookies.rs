//! Cookies, set and shown.

use super::route::{After, Visit};
use crate::answer::Answer;
use serde_json::{Map, Value};

pub(super) fn cookies(visit: &mut Visit<'_>) -> After {
    match visit.rest.first() {
        Some(&"set") => set(visit),
        Some(&"show") => show(visit),
        _ => visit.no_such_path(),
    }
}

fn set(visit: &mut Visit<'_>) -> After {
    let cookies = visit.request.query();
    let with = |answer: Answer, (name, value)| answer.header("set-cookie", format!("{name}={value}"));
    let answer = cookies.into_iter().fold(Answer::text("set"), with);
    visit.answer(&answer)
}

fn show(visit: &mut Visit<'_>) -> After {
    let mut shown = Map::new();
    for pair in visit.request.all_headers("cookie").flat_map(|header| header.split(';')) {
        let (name, value) = pair.trim().split_once('=').unwrap_or((pair.trim(), ""));
        shown.insert(name.to_owned(), Value::from(value));
    }
    visit.answer(&Answer::json(&Value::Object(shown)))
}
