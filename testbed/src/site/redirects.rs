//! Redirects to somewhere, nowhere, and where nobody may go.

use super::route::{After, Visit};
use crate::answer::Answer;

fn redirect(visit: &mut Visit<'_>, status: u16, location: &str) -> After {
    visit.answer(&Answer::new(status).header("location", location).body("elsewhere"))
}

pub(super) fn countdown(visit: &mut Visit<'_>) -> After {
    match visit.number(0) {
        0 | 1 => redirect(visit, 302, "/"),
        left => redirect(visit, 302, &format!("/redirect/{}", left - 1)),
    }
}

pub(super) fn to(visit: &mut Visit<'_>) -> After {
    let status = visit.request.query_value("status").and_then(|status| status.parse().ok()).unwrap_or(302);
    let url = visit.request.query_value("url").unwrap_or_default();
    redirect(visit, status, &url)
}

pub(super) fn to_itself(visit: &mut Visit<'_>) -> After {
    redirect(visit, 302, "/redirect-loop")
}

pub(super) fn to_a_file(visit: &mut Visit<'_>) -> After {
    redirect(visit, 302, "file:///etc/hostname")
}

pub(super) fn nowhere(visit: &mut Visit<'_>) -> After {
    visit.answer(&Answer::new(302).body("nowhere"))
}

pub(super) fn unparsable(visit: &mut Visit<'_>) -> After {
    redirect(visit, 302, "http://[::1")
}
