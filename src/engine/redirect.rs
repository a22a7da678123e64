//! Redirects: whether a response asks for another request, and for which. A decision and nothing else: who follows,
//! how often, and whether the host may be asked at all, is decided by whoever sends.

use crate::model::excerpt;
use ::http::{
    HeaderMap, Method,
    header::{
        AUTHORIZATION, COOKIE, EXPECT, HOST, HeaderName, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
        WWW_AUTHENTICATE,
    },
};
use url::Url;

/// Longest scheme that is shown: it is the target's text.
const SHOWN_SCHEME: usize = 24;

/// What follows a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hop {
    /// It is the final one.
    Stay,
    /// Another request.
    To {
        /// Where to. It has the fragment that checks on the URL see, and that no request sends.
        url: Url,
        /// The method of that request.
        method: Method,
        /// Whether it goes without the body, and without the headers that tell of one.
        drops_body: bool,
        /// Whether it goes to the same host and port, and not from https to http: only then may it know what was
        /// meant for the first.
        same_host: bool,
    },
    /// It should be followed and cannot be; why, without what a URL may hide.
    Invalid(String),
}

/// What follows a response of this status to a request with this URL and method (RFC 9110, section 15.4).
pub(super) fn hop(status: u16, headers: &HeaderMap, url: &Url, method: &Method) -> Hop {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Hop::Stay;
    }
    match target(status, headers, url) {
        Ok(next) => {
            let (method, drops_body) = method_after(status, method);
            let same_host = is_same_host(url, &next);
            Hop::To { url: next, method, drops_body, same_host }
        }
        Err(why) => Hop::Invalid(why),
    }
}

/// Removes from a request's headers what the next hop must not have.
pub(super) fn strip_for(headers: &mut HeaderMap, drops_body: bool, same_host: bool) {
    if drops_body {
        let of_the_body: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with("content-")).cloned().collect();
        for name in of_the_body.iter().chain(&[TRANSFER_ENCODING, EXPECT]) {
            headers.remove(name);
        }
    }
    if !same_host {
        // A `host` of the user's own names the host that is left.
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, WWW_AUTHENTICATE, HOST] {
            headers.remove(name);
        }
    }
}

fn target(status: u16, headers: &HeaderMap, url: &Url) -> Result<Url, String> {
    let mut locations = headers.get_all(LOCATION).iter();
    let Some(location) = locations.next() else { return Err(format!("the {status} has no `location`")) };
    if locations.any(|other| other != location) {
        return Err(format!("the {status} has several different `location` headers"));
    }
    let Ok(text) = std::str::from_utf8(location.as_bytes()) else {
        return Err(format!("the `location` of the {status} is not UTF-8"));
    };
    let joined = url.join(text);
    let mut next = joined.map_err(|error| format!("the `location` of the {status} is no URL: {error}"))?;
    if !matches!(next.scheme(), "http" | "https") {
        let scheme = excerpt(next.scheme(), SHOWN_SCHEME);
        return Err(format!("the {status} leads to a `{scheme}:` URL, and only http and https are followed"));
    }
    if next.host_str().is_none_or(str::is_empty) {
        return Err(format!("the `location` of the {status} names no host"));
    }
    // Neither can fail on a URL that has a host.
    let _ = next.set_username("");
    let _ = next.set_password(None);
    if next.fragment().is_none() && url.fragment().is_some() {
        next.set_fragment(url.fragment());
    }
    Ok(next)
}

/// As browsers do it: a 301 or 302 makes a GET out of a POST only, a 303 out of everything but HEAD.
fn method_after(status: u16, method: &Method) -> (Method, bool) {
    match status {
        303 if method == Method::HEAD => (Method::HEAD, true),
        303 => (Method::GET, true),
        301 | 302 if method == Method::POST => (Method::GET, true),
        _ => (method.clone(), false),
    }
}

fn is_same_host(from: &Url, to: &Url) -> bool {
    let is_downgrade = from.scheme() == "https" && to.scheme() == "http";
    !is_downgrade
        && from.host_str() == to.host_str()
        && from.port_or_known_default() == to.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;
    use proptest::prelude::*;

    const FROM: &str = "https://shop.example/a/b?q=1";

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    fn located(locations: &[&[u8]]) -> HeaderMap {
        let values = locations.iter().map(|value| HeaderValue::from_bytes(value).expect("a header's value"));
        values.map(|value| (LOCATION, value)).collect()
    }

    fn hop_to(from: &str, location: &str) -> Hop {
        hop(302, &located(&[location.as_bytes()]), &url(from), &Method::GET)
    }

    #[test]
    fn only_five_statuses_are_redirects() {
        let headers = located(&[b"/next"]);
        let redirects: Vec<u16> = (100..600)
            .filter(|status| hop(*status, &headers, &url(FROM), &Method::GET) != Hop::Stay)
            .collect();
        assert_eq!(redirects, [301, 302, 303, 307, 308]);
    }

    #[test]
    fn the_method_and_the_body_follow_as_in_browsers() {
        use Method as M;
        for (status, method, next, drops) in [
            (301, M::GET, M::GET, false),
            (301, M::POST, M::GET, true),
            (301, M::PUT, M::PUT, false),
            (301, M::HEAD, M::HEAD, false),
            (302, M::POST, M::GET, true),
            (302, M::DELETE, M::DELETE, false),
            (303, M::POST, M::GET, true),
            (303, M::PUT, M::GET, true),
            (303, M::GET, M::GET, true),
            (303, M::HEAD, M::HEAD, true),
            (307, M::POST, M::POST, false),
            (307, M::GET, M::GET, false),
            (308, M::POST, M::POST, false),
            (308, M::PATCH, M::PATCH, false),
        ] {
            let found = hop(status, &located(&[b"/next"]), &url(FROM), &method);
            let expected = Hop::To {
                url: url("https://shop.example/next"),
                method: next,
                drops_body: drops,
                same_host: true,
            };
            assert_eq!(found, expected, "{status} to {method}");
        }
    }

    #[test]
    fn locations_are_resolved_against_the_url() {
        for (from, location, next) in [
            (FROM, "/x", "https://shop.example/x"),
            (FROM, "x?y=2", "https://shop.example/a/x?y=2"),
            (FROM, "../x", "https://shop.example/x"),
            (FROM, "?only=query", "https://shop.example/a/b?only=query"),
            (FROM, "", FROM),
            (FROM, "//other.example/x", "https://other.example/x"),
            (FROM, "HTTP://OTHER.example:80/x", "http://other.example/x"),
            (FROM, "https://[::1]:8443/", "https://[::1]:8443/"),
            (FROM, "/ü b", "https://shop.example/%C3%BC%20b"),
            // A fragment stays with whoever asked, unless the location has its own.
            ("https://shop.example/a#top", "/x", "https://shop.example/x#top"),
            ("https://shop.example/a#top", "/x#end", "https://shop.example/x#end"),
            ("https://shop.example/a#top", "/x#", "https://shop.example/x#"),
            // Neither the location's nor the URL's own password goes along.
            (FROM, "https://user:pass@shop.example/x", "https://shop.example/x"),
            ("https://user:pass@shop.example/a", "/x", "https://shop.example/x"),
        ] {
            match hop_to(from, location) {
                Hop::To { url, .. } => assert_eq!(url.as_str(), next, "{from} to {location}"),
                other => panic!("{from} to {location}: {other:?}"),
            }
        }
    }

    #[test]
    fn another_host_port_or_a_downgrade_is_not_the_same_host() {
        for (from, to, same) in [
            ("http://a.example/", "http://a.example/x", true),
            ("http://a.example/", "http://a.example:80/x", true),
            ("http://a.example/", "http://A.EXAMPLE/x", true),
            ("http://a.example/", "http://a.example:81/x", false),
            ("http://a.example/", "http://b.example/", false),
            ("http://a.example/", "http://www.a.example/", false),
            ("http://a.example/", "https://a.example/", false),
            ("http://a.example:443/", "https://a.example/", true),
            ("https://a.example/", "http://a.example/", false),
            ("https://a.example/", "http://a.example:443/", false),
        ] {
            match hop_to(from, to) {
                Hop::To { same_host, .. } => assert_eq!(same_host, same, "{from} to {to}"),
                other => panic!("{from} to {to}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_cannot_be_followed_is_told_without_its_secrets() {
        let cases: [(&[&[u8]], &str); 9] = [
            (&[], "the 302 has no `location`"),
            (&[b"/a", b"/b"], "the 302 has several different `location` headers"),
            (&[b"/\xff\xfe?hidden=1"], "the `location` of the 302 is not UTF-8"),
            (&[b"http://[hidden"], "the `location` of the 302 is no URL: invalid IPv6 address"),
            (&[b"http://?hidden"], "the `location` of the 302 is no URL: empty host"),
            (&[b"http://a:99999/?hidden"], "the `location` of the 302 is no URL: invalid port number"),
            (
                &[b"file:///etc/hidden"],
                "the 302 leads to a `file:` URL, and only http and https are followed",
            ),
            (
                &[b"javascript:hidden()"],
                "the 302 leads to a `javascript:` URL, and only http and https are followed",
            ),
            (
                &[b"abcdefghijklmnopqrstuvwxyz:hidden"],
                "the 302 leads to a `abcdefghijklmnopqrstuvwx…:` URL, and only http and https are followed",
            ),
        ];
        for (locations, text) in cases {
            let found = hop(302, &located(locations), &url(FROM), &Method::GET);
            assert_eq!(found, Hop::Invalid(text.to_owned()));
        }
    }

    #[test]
    fn the_same_location_twice_is_one() {
        let found = hop(302, &located(&[b"/x", b"/x"]), &url(FROM), &Method::GET);
        assert!(matches!(found, Hop::To { .. }), "{found:?}");
    }

    #[test]
    fn headers_that_do_not_belong_to_the_next_hop_are_removed() {
        let all = "accept authorization content-encoding content-length content-type cookie expect host \
                   proxy-authorization transfer-encoding www-authenticate x-own";
        let full: HeaderMap = all
            .split_whitespace()
            .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("v")))
            .collect();
        for (drops_body, same_host, left) in [
            (false, true, all),
            (true, true, "accept authorization cookie host proxy-authorization www-authenticate x-own"),
            (
                false,
                false,
                "accept content-encoding content-length content-type expect transfer-encoding x-own",
            ),
            (true, false, "accept x-own"),
        ] {
            let mut headers = full.clone();
            strip_for(&mut headers, drops_body, same_host);
            let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, left.split_whitespace().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_plain_answer_costs_no_allocation() {
        let (headers, from) = (located(&[b"/x"]), url(FROM));
        let cost = allocation_counter::measure(|| {
            assert!(matches!(hop(200, &headers, &from, &Method::GET), Hop::Stay));
        });
        assert_eq!(cost.count_total, 0);
    }

    proptest! {
        #[test]
        fn whatever_the_location_a_hop_is_http_with_a_host_and_without_userinfo(
            location in proptest::collection::vec(any::<u8>(), 0..60),
            status in prop_oneof![Just(301u16), Just(302), Just(303), Just(307), Just(308)],
        ) {
            let Ok(value) = HeaderValue::from_bytes(&location) else { return Ok(()) };
            let headers: HeaderMap = [(LOCATION, value)].into_iter().collect();
            match hop(status, &headers, &url(FROM), &Method::POST) {
                Hop::To { url, .. } => {
                    prop_assert!(matches!(url.scheme(), "http" | "https"));
                    prop_assert!(url.has_host() && url.username().is_empty() && url.password().is_none());
                }
                Hop::Invalid(text) => prop_assert!(text.len() < 150),
                Hop::Stay => prop_assert!(false, "{} is a redirect", status),
            }
        }

        #[test]
        fn a_made_up_location_never_keeps_a_password(
            user in "[a-z]{1,5}", password in "[a-z]{1,5}", host in "[a-z]{1,8}\\.example", path in "[a-z/]{0,8}",
        ) {
            let location = format!("https://{user}:{password}@{host}/{path}");
            let Hop::To { url, same_host, .. } = hop_to(FROM, &location) else {
                return Err(TestCaseError::fail(location));
            };
            prop_assert_eq!(url.as_str(), format!("https://{host}/{path}"));
            prop_assert_eq!(same_host, host == "shop.example");
        }
    }
}
