//! The list of functions.

use super::{
    encode, fake, random,
    time::{self, Moment},
    user::Caller,
};
use crate::plan::{random::UserRandom, template::write_value};
use serde_json::Value as Json;
use std::ops::RangeInclusive;

/// Why a call gives nothing, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {remedy}")]
pub(in crate::plan) struct Misuse {
    pub problem: String,
    pub remedy: String,
}

impl Misuse {
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}

pub(super) type Answer = Result<Json, Misuse>;

/// A function.
#[derive(Debug)]
pub(in crate::plan) struct Function {
    /// Its name, with a point for those of `fake`.
    pub name: &'static str,
    /// What stands between its parentheses, for messages.
    pub parameters: &'static str,
    /// How many arguments it takes.
    arguments: RangeInclusive<usize>,
    does: Does,
}

/// What a function depends on besides its arguments.
#[derive(Debug, Clone, Copy)]
enum Does {
    Pure(fn(&Arguments<'_>) -> Answer),
    Random(fn(&mut UserRandom, &Arguments<'_>) -> Answer),
    Time(fn(Moment, &Arguments<'_>) -> Answer),
    File,
}

impl Function {
    /// The call as it is written, for messages.
    pub fn usage(&self) -> String {
        format!("{}({})", self.name, self.parameters)
    }

    /// Whether the same arguments give the same value to everybody at all times.
    pub fn is_pure(&self) -> bool {
        matches!(self.does, Does::Pure(_) | Does::File)
    }

    /// Whether it takes the path of a file.
    pub fn is_file(&self) -> bool {
        matches!(self.does, Does::File)
    }

    /// Refuses a wrong number of arguments.
    pub fn check_count(&self, count: usize) -> Result<(), Misuse> {
        if self.arguments.contains(&count) {
            return Ok(());
        }
        let (least, most) = (*self.arguments.start(), *self.arguments.end());
        let takes = match (least, most) {
            (_, 0) => "no arguments".to_owned(),
            (1, 1) => "one argument".to_owned(),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        let has = match count {
            0 => "none".to_owned(),
            count => count.to_string(),
        };
        let problem = format!("`{}` takes {takes}, this call has {has}", self.name);
        Err(Misuse::new(problem, format!("write `{}`", self.usage())))
    }

    /// Calls it.
    pub fn call(&self, arguments: &[Json], caller: &Caller) -> Answer {
        self.check_count(arguments.len())?;
        let arguments = Arguments { function: self, values: arguments };
        match self.does {
            Does::Pure(function) => function(&arguments),
            Does::Random(function) => function(&mut caller.random(), &arguments),
            Does::Time(function) => function(caller.moment()?, &arguments),
            Does::File => caller.text(&arguments.text(0)),
        }
    }
}

/// The arguments of a call, their number checked.
pub(super) struct Arguments<'a> {
    function: &'a Function,
    values: &'a [Json],
}

impl<'a> Arguments<'a> {
    /// An argument as text: texts as they are, all else as JSON. Empty where there is none.
    pub fn text(&self, index: usize) -> String {
        let mut text = String::new();
        if let Some(value) = self.values.get(index) {
            write_value(value, &mut text);
        }
        text
    }

    pub fn value(&self, index: usize) -> &'a Json {
        self.values.get(index).unwrap_or(&Json::Null)
    }

    /// A whole number, or `otherwise` where there is no such argument.
    pub fn whole(&self, index: usize, otherwise: i64) -> Result<i64, Misuse> {
        let Some(value) = self.values.get(index) else { return Ok(otherwise) };
        let whole = value.as_i64().or_else(|| {
            let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15)?;
            Some(number as i64)
        });
        whole.ok_or_else(|| self.refused(value, "whole numbers", "int"))
    }

    /// A number.
    pub fn number(&self, index: usize) -> Result<f64, Misuse> {
        let value = self.value(index);
        value.as_f64().ok_or_else(|| self.refused(value, "numbers", "float"))
    }

    fn refused(&self, value: &Json, takes: &str, filter: &str) -> Misuse {
        let problem = format!("`{}` takes {takes}, this is {}", self.function.name, kind(value));
        let remedy = match value {
            Json::String(_) => format!("make a number of a text with `| {filter}`"),
            _ => format!("write `{}`", self.function.usage()),
        };
        Misuse::new(problem, remedy)
    }

    /// A call that cannot be.
    pub fn misuse(&self, problem: &str, remedy: impl Into<String>) -> Misuse {
        Misuse::new(format!("`{}` {problem}", self.function.usage()), remedy)
    }
}

/// What a value is, for messages.
pub(super) fn kind(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_owned(),
        Json::Bool(flag) => format!("`{flag}`"),
        Json::Number(number) => format!("`{number}`"),
        Json::String(text) if text.chars().count() <= 40 => format!("the text \"{text}\""),
        Json::String(_) => "a text".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "a map".to_owned(),
    }
}

const fn pure(
    name: &'static str,
    parameters: &'static str,
    arguments: RangeInclusive<usize>,
    function: fn(&Arguments<'_>) -> Answer,
) -> Function {
    Function { name, parameters, arguments, does: Does::Pure(function) }
}

const fn random(
    name: &'static str,
    parameters: &'static str,
    arguments: RangeInclusive<usize>,
    function: fn(&mut UserRandom, &Arguments<'_>) -> Answer,
) -> Function {
    Function { name, parameters, arguments, does: Does::Random(function) }
}

const fn time(
    name: &'static str,
    parameters: &'static str,
    arguments: RangeInclusive<usize>,
    function: fn(Moment, &Arguments<'_>) -> Answer,
) -> Function {
    Function { name, parameters, arguments, does: Does::Time(function) }
}

static FUNCTIONS: [Function; 39] = [
    random("uuid", "", 0..=0, random::uuid),
    random("random_int", "a, b", 2..=2, random::int),
    random("random_float", "a, b", 2..=2, random::float),
    random("random_choice", "list", 1..=1, random::choice),
    random("random_string", "n", 1..=1, random::string),
    time("now", "", 0..=0, time::now),
    time("timestamp", "", 0..=0, time::timestamp),
    time("timestamp_ms", "", 0..=0, time::timestamp_ms),
    time("date", "format, offset", 1..=2, time::date),
    pure("base64", "x", 1..=1, encode::base64),
    pure("base64_decode", "x", 1..=1, encode::base64_decode),
    pure("url_encode", "x", 1..=1, encode::url_encode),
    pure("sha256", "x", 1..=1, encode::sha256),
    pure("hmac_sha256", "key, x", 2..=2, encode::hmac_sha256),
    pure("json", "x", 1..=1, encode::json),
    Function { name: "file", parameters: "\"path\"", arguments: 1..=1, does: Does::File },
    random("fake.name", "", 0..=0, fake::name),
    random("fake.first_name", "", 0..=0, fake::first_name),
    random("fake.last_name", "", 0..=0, fake::last_name),
    random("fake.email", "", 0..=0, fake::email),
    random("fake.user_name", "", 0..=0, fake::user_name),
    random("fake.phone", "", 0..=0, fake::phone),
    random("fake.word", "", 0..=0, fake::word),
    random("fake.words", "n", 0..=1, fake::words),
    random("fake.sentence", "", 0..=0, fake::sentence),
    random("fake.paragraph", "", 0..=0, fake::paragraph),
    random("fake.company", "", 0..=0, fake::company),
    random("fake.street", "", 0..=0, fake::street),
    random("fake.city", "", 0..=0, fake::city),
    random("fake.state", "", 0..=0, fake::state),
    random("fake.zip", "", 0..=0, fake::zip),
    random("fake.country", "", 0..=0, fake::country),
    random("fake.address", "", 0..=0, fake::address),
    random("fake.number", "a, b", 2..=2, random::int),
    random("fake.url", "", 0..=0, fake::url),
    random("fake.ipv4", "", 0..=0, fake::ipv4),
    random("fake.user_agent", "", 0..=0, fake::user_agent),
    random("fake.color", "", 0..=0, fake::color),
    random("fake.bool", "", 0..=0, fake::bool),
];

/// The function of this name.
pub(in crate::plan) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Whether a function's name is this, or begins with this and a point.
pub(in crate::plan) fn is_root(name: &str) -> bool {
    FUNCTIONS.iter().any(|function| root(function.name) == name)
}

fn root(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The names of all functions.
pub(in crate::plan) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}
