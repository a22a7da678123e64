//! The URL of a proxy: which ones can be used, and what they say of who asks.

use super::{client::Proxy, scope::Scope};
use crate::scenario::{Faults, Span, Text};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;
use url::{Host, Url};

/// Port of a proxy whose URL has none, as for any `http://` URL.
const DEFAULT_PORT: u16 = 80;

impl Proxy {
    /// The proxy that a text names; none where it names none, or a wrong one.
    pub(super) fn compile(text: &Text, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        let template = scope.template(text, faults)?;
        // What differs from user to user has no value where `http` is compiled, and was reported.
        let written = template.as_fixed()?;
        if written.is_empty() {
            return None;
        }
        match Self::parse(written) {
            Ok(proxy) => Some(proxy),
            Err(problem) => {
                report(written, problem, text.span, faults);
                None
            }
        }
    }

    fn parse(written: &str) -> Result<Self, Problem> {
        let url = match Url::parse(written) {
            Ok(url) if url.scheme() == "http" => url,
            Ok(url) if url.scheme() == "https" => return Err(Problem::Https),
            Ok(url) if url.scheme().starts_with("socks") => return Err(Problem::Socks),
            _ => return Err(Problem::NoUrl),
        };
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(Problem::Path);
        }
        let host = match url.host().ok_or(Problem::NoUrl)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Ok(Self { host, port: url.port().unwrap_or(DEFAULT_PORT), authorization: authorization(&url) })
    }
}

/// Why a text is no proxy.
enum Problem {
    NoUrl,
    Https,
    Socks,
    Path,
}

fn report(written: &str, problem: Problem, span: Span, faults: &mut Faults) {
    match problem {
        Problem::NoUrl => faults
            .report(span, format!("`{written}` is not a proxy's URL"))
            .label("for example `http://127.0.0.1:3128`"),
        Problem::Https => faults
            .report(span, "loadgen does not speak TLS to a proxy")
            .label("write `http://…`")
            .help("requests for `https://` URLs go through such a proxy as a tunnel, encrypted all the way"),
        Problem::Socks => faults
            .report(span, "loadgen does not speak SOCKS to a proxy")
            .label("only `http://…` proxies can be used"),
        Problem::Path => faults
            .report(span, "a proxy's URL ends with its port")
            .label("without a path: for example `http://127.0.0.1:3128`"),
    };
}

/// Basic authentication (RFC 7617) of what stands before the `@`.
fn authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut credentials = decoded(url.username());
    credentials.push(b':');
    credentials.extend(decoded(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(credentials))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The bytes that `%XX` stand for.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let code = behind.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_told_apart() {
        for (written, host, port, credentials) in [
            ("http://127.0.0.1:3128", "127.0.0.1", 3128, None),
            ("HTTP://Proxy.Example/", "proxy.example", 80, None),
            ("http://[::1]:8080", "::1", 8080, None),
            ("http://me:secret@proxy:1", "proxy", 1, Some("me:secret")),
            ("http://me@proxy:1", "proxy", 1, Some("me:")),
            ("http://a%40b:p%3Aq%25@proxy:1", "proxy", 1, Some("a@b:p:q%")),
        ] {
            let proxy = Proxy::parse(written).ok().expect(written);
            assert_eq!((proxy.host.as_str(), proxy.port), (host, port), "{written}");
            let expected = credentials.map(|text| format!("Basic {}", BASE64_STANDARD.encode(text)));
            let found = proxy.authorization.as_ref().map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(found, expected, "{written}");
            assert!(proxy.authorization.is_none_or(|value| value.is_sensitive()), "{written}");
        }
        for (written, is_expected) in [
            ("https://proxy:1", (|problem| matches!(problem, Problem::Https)) as fn(Problem) -> bool),
            ("socks5://proxy:1", |problem| matches!(problem, Problem::Socks)),
            ("socks5h://proxy:1", |problem| matches!(problem, Problem::Socks)),
            ("http://proxy:1/path", |problem| matches!(problem, Problem::Path)),
            ("http://proxy:1/?a=b", |problem| matches!(problem, Problem::Path)),
            ("127.0.0.1:3128", |problem| matches!(problem, Problem::NoUrl)),
            ("proxy:3128", |problem| matches!(problem, Problem::NoUrl)),
            ("http://:1", |problem| matches!(problem, Problem::NoUrl)),
        ] {
            assert!(Proxy::parse(written).err().is_some_and(is_expected), "{written}");
        }
    }
}
