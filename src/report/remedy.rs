//! What to look at or to change when requests get no response, or another one than they should, a sentence for each kind
//! where there is one to say.

use crate::model::{ErrorKind, FailureKind};

/// What helps against failures of this kind. `status` is the one that most of the failed responses had, where that was
/// an error: it says more than that something else was expected.
pub(super) fn advice(kind: FailureKind, status: Option<u16>) -> Option<&'static str> {
    match kind {
        FailureKind::NoResponse(error) => remedy(error),
        FailureKind::Status(status) => of_status(status),
        FailureKind::Expectation(_) => status.and_then(of_status).or(Some(
            "`loadgen run --once` shows whole responses: is it the target that is wrong, or what is expected of it?",
        )),
        FailureKind::Extract => status.and_then(of_status).or(Some(
            "`loadgen run --once` shows whole responses; `default` gives a value where there may be none",
        )),
        FailureKind::Template => Some(
            "`loadgen run --once` shows the values that variables have; `| default(…)` stands in for one that may be missing",
        ),
        FailureKind::Feed => Some(
            "give it more rows, fewer users or iterations, or `on_end: recycle`, which starts again with the first row",
        ),
    }
}

/// What a status says to whoever sent the request; `None` where it depends on the target alone.
fn of_status(status: u16) -> Option<&'static str> {
    Some(match status {
        400 | 422 => {
            "the target does not accept what was sent: `loadgen run --once` shows the request as it went out"
        }
        401 | 403 => {
            "are the credentials right, still valid, and sent with this request? see `auth` and `headers`"
        }
        404 | 410 => "nothing is there: is the path right, and the base path in `target`?",
        405 => "the target knows the path, and not with this method",
        407 => "the proxy wants credentials: they belong into its URL in `http.proxy`",
        408 => {
            "the target waited in vain for the rest of a request: it may be overloaded, or a proxy too impatient"
        }
        413 => "what was sent is larger than the target, or a proxy before it, allows",
        415 => "the target wants another `content-type` than was sent",
        429 => {
            "the target limits the rate: lift the limit for the test, spread the load over more accounts or addresses, \
             or ask for less; its `Retry-After` header says how long it holds"
        }
        502 => {
            "a proxy got no sound answer from what is behind it: that is down, or closes connections too early"
        }
        503 => "the target is overloaded, or not ready: look at its limits, queues and pools at that time",
        504 => "a proxy waited too long for what is behind it: look for what is slow there, at that time",
        500..=599 => "the target failed: its log of that time should say why",
        _ => return None,
    })
}

/// What helps against errors of this kind; `None` where only the error itself can tell.
pub(super) fn remedy(error: ErrorKind) -> Option<&'static str> {
    Some(match error {
        ErrorKind::Dns => "is the host spelt right? `http.dns.hosts` gives a name an address without asking",
        ErrorKind::ConnectRefused => {
            "nothing accepts connections there: is the target up, and the port right?"
        }
        ErrorKind::ConnectTimeout => {
            "the target, or a firewall before it, leaves connection attempts unanswered; `http.connect_timeout` \
             gives them more time"
        }
        ErrorKind::TlsCertificate => {
            "name the certificate's authority in `http.tls.ca`; for a target of your own, `http.tls.verify: false`"
        }
        ErrorKind::Tls => "does the target speak TLS at this port, and in which versions? see `http.tls`",
        ErrorKind::Reset => "the target, or a proxy before it, broke connections off: its log may say why",
        ErrorKind::ClosedEarly => {
            "the target closed new connections without an answer: its log, or its limit on connections, may say why"
        }
        ErrorKind::StaleConnection => {
            "the target closed an idle connection as it was used again; have it keep idle connections for longer \
             than users think, or let them think for a shorter time"
        }
        ErrorKind::Timeout => "no complete response within the request's `timeout`",
        ErrorKind::Protocol => {
            "what answers there does not speak HTTP: is it `https://`, and the port right?"
        }
        ErrorKind::BodyTruncated => {
            "the target, or a proxy before it, ended responses before their announced end: its log may say why"
        }
        ErrorKind::BodyTooLarge => "`http.max_body` says how large a body may be",
        ErrorKind::TooManyRedirects => "`follow_redirects` says how many; where do they lead?",
        ErrorKind::HostNotAllowed => "a host that the file does not name must be in `http.allowed_hosts`",
        ErrorKind::LocalPorts => {
            "this machine has no ports left: reuse connections, or send from more than one address or machine"
        }
        ErrorKind::LocalFiles => "this process may open no more files: raise the limit with `ulimit -n`",
        ErrorKind::BodyMalformed | ErrorKind::Decompress | ErrorKind::RedirectInvalid | ErrorKind::Other => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CheckId;

    #[test]
    fn there_is_advice_for_each_kind_of_failure() {
        let expectation = FailureKind::Expectation(CheckId(0));
        for (kind, status, expected) in [
            (FailureKind::NoResponse(ErrorKind::Dns), None, "spelt right"),
            (FailureKind::Status(401), Some(401), "credentials"),
            (FailureKind::Status(403), None, "credentials"),
            (FailureKind::Status(404), None, "path"),
            (FailureKind::Status(429), None, "Retry-After"),
            (FailureKind::Status(500), None, "log"),
            (FailureKind::Status(502), None, "proxy"),
            (FailureKind::Status(503), None, "overloaded"),
            (FailureKind::Status(504), None, "slow"),
            (FailureKind::Status(599), None, "log"),
            (expectation, None, "--once"),
            (expectation, Some(403), "credentials"),
            (expectation, Some(418), "--once"),
            (FailureKind::Extract, None, "`default`"),
            (FailureKind::Extract, Some(503), "overloaded"),
            (FailureKind::Template, Some(503), "default("),
            (FailureKind::Feed, None, "on_end"),
        ] {
            let told = advice(kind, status);
            assert!(told.is_some_and(|told| told.contains(expected)), "{kind:?} {status:?}: {told:?}");
        }
        assert_eq!(advice(FailureKind::Status(418), Some(418)), None, "only the target knows");
    }
}
