//! What to look at or to change when requests get no response, a sentence for each kind where there is one to say.

use crate::model::ErrorKind;

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
