//! Digest authentication (RFC 7616), as a server checks it.

use crate::request::Request;
use md5::{Digest as _, Md5};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The nonces that were given out, and how often each was used.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    uses: Mutex<BTreeMap<String, Use>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Use {
    count: u64,
    called_stale: bool,
}

/// The digest's own digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha256,
}

/// Who is let in.
pub(super) struct Credentials<'c> {
    pub user: &'c str,
    pub password: &'c str,
    pub algorithm: Algorithm,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Welcome,
    Unknown,
    Stale,
}

impl Nonces {
    /// A nonce that was never there before.
    pub fn issue(&self) -> String {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let nonce = format!("nonce-{}", uses.len());
        uses.insert(nonce.clone(), Use::default());
        nonce
    }

    /// Whether the request has the right answer to a nonce of ours, with a count that was not there before. With
    /// `stale_once`, the first nonce that was answered rightly is called stale.
    pub fn judge(&self, request: &Request, who: &Credentials<'_>, stale_once: bool) -> Judgement {
        let Some(fields) = request.header("authorization").and_then(fields) else {
            return Judgement::Unknown;
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if field("username") != who.user || field("response") != who.response(request, &field) {
            return Judgement::Unknown;
        }
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let called_stale = uses.values().any(|used| used.called_stale);
        let Some(used) = uses.get_mut(field("nonce")) else { return Judgement::Stale };
        if stale_once && !called_stale {
            used.called_stale = true;
            return Judgement::Stale;
        }
        let count = u64::from_str_radix(field("nc"), 16).unwrap_or(0);
        if count <= used.count {
            return Judgement::Unknown;
        }
        used.count = count;
        Judgement::Welcome
    }
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

impl Credentials<'_> {
    /// RFC 7616 §3.4.1, with `qop=auth`. The URI is the client's word, which must be that of the request line.
    fn response<'f>(&self, request: &Request, field: &impl Fn(&str) -> &'f str) -> String {
        let hash = |text: String| self.algorithm.hash(&text);
        if field("uri") != request.target || field("qop") != "auth" {
            return String::from("(none)");
        }
        let a1 = hash(format!("{}:{}:{}", self.user, field("realm"), self.password));
        let a2 = hash(format!("{}:{}", request.method, request.target));
        hash(format!("{a1}:{}:{}:{}:auth:{a2}", field("nonce"), field("nc"), field("cnonce")))
    }
}

/// The fields of `Digest name="value", name=value`. No value of ours has a comma.
fn fields(header: &str) -> Option<BTreeMap<String, String>> {
    let (scheme, rest) = header.split_once(' ')?;
    let pair = |text: &str| {
        let (name, value) = text.trim().split_once('=')?;
        Some((name.to_ascii_lowercase(), value.trim_matches('"').to_owned()))
    };
    scheme.eq_ignore_ascii_case("digest").then(|| rest.split(',').filter_map(pair).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7616 §3.9.1.
    #[test]
    fn responses_are_those_of_the_rfc() {
        let request = Request::parse(b"GET /dir/index.html HTTP/1.1\r\n\r\n");
        let field = |name: &str| match name {
            "realm" => "http-auth@example.org",
            "uri" => "/dir/index.html",
            "nonce" => "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "nc" => "00000001",
            "cnonce" => "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "qop" => "auth",
            _ => "",
        };
        for (algorithm, expected) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let who = Credentials { user: "Mufasa", password: "Circle of Life", algorithm };
            assert_eq!(who.response(&request, &field), expected);
        }
    }
}
