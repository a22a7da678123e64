//! A user's cookies, kept and sent as a browser would (RFC 6265). Which requests use the jar, and when it is emptied,
//! is not its business.
//!
//! cookie_store asks the system's clock itself whether a cookie has expired. That is the library's business and
//! nothing is measured with it; a held clock does not hold it.
//!
//! Without a list of public suffixes a target may set cookies for a whole `co.uk`. A user talks only to hosts that
//! the scenario names, so nobody is there to be protected from; a single label such as `com`, which every list has,
//! is refused.
//!
//! A `Secure` cookie goes over https and to this machine itself, as in today's browsers.

use ::http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use cookie_store::{Cookie, CookieDomain, CookieStore, StoreAction};
use std::cmp::Reverse;
use url::Url;

/// Most cookies of one domain; more are ignored, as are those below.
const MOST_OF_A_DOMAIN: usize = 200;
/// Most cookies at all.
const MOST: usize = 1_000;
/// Longest `set-cookie`, in bytes.
const LONGEST: usize = 4 * 1024;

/// The cookies of a user. Empty, it holds no memory.
#[derive(Debug, Default)]
pub(super) struct Jar {
    store: Option<Box<CookieStore>>,
}

/// A cookie of a request's own that no header can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cookie `{0}` has a name or a value that a `cookie` header cannot carry")]
pub(super) struct InvalidCookie(String);

impl Jar {
    /// Takes what a response to a request with this URL sets.
    pub fn receive(&mut self, headers: &HeaderMap, url: &Url) {
        for value in headers.get_all(SET_COOKIE) {
            let Ok(text) = std::str::from_utf8(value.as_bytes()) else { continue };
            if text.len() > LONGEST {
                continue;
            }
            if let Some(cookie) = Cookie::parse(text, url).ok().and_then(|cookie| admitted(cookie, url)) {
                self.put(cookie.into_owned(), url);
            }
        }
    }

    fn put(&mut self, cookie: Cookie<'static>, url: &Url) {
        let store = self.store.get_or_insert_default();
        let (domain, path) = (String::from(&cookie.domain), String::from(&cookie.path));
        let name = cookie.name().to_owned();
        if !store.contains_any(&domain, &path, &name) && !has_room(store, &domain) {
            forget_expired(store);
            if !has_room(store, &domain) {
                return;
            }
        }
        if let Ok(StoreAction::ExpiredExisting) = store.insert(cookie, url) {
            store.remove(&domain, &path, &name);
        }
    }

    /// The `cookie` header of a request: what the jar has for its URL, the longest path first, and behind that the
    /// request's own, which stand for the jar's of the same name.
    ///
    /// # Errors
    /// A cookie of the request's own that no header can carry.
    pub fn header(&self, url: &Url, own: &[(String, String)]) -> Result<Option<HeaderValue>, InvalidCookie> {
        if let Some((name, _)) = own.iter().find(|(name, value)| !is_sound(name, value)) {
            return Err(InvalidCookie(name.clone()));
        }
        let mut kept = self.matching(url);
        kept.retain(|cookie| own.iter().all(|(name, _)| name != cookie.name()));
        let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut text = String::new();
        for (name, value) in kept.iter().map(|cookie| cookie.name_value()).chain(own) {
            let separator = if text.is_empty() { "" } else { "; " };
            text.extend([separator, name, "=", value]);
        }
        Ok(if text.is_empty() { None } else { HeaderValue::try_from(text).ok() })
    }

    /// The value that a request with this URL would send under a name.
    #[cfg(test)]
    fn get(&self, url: &Url, name: &str) -> Option<&str> {
        self.matching(url).into_iter().find(|cookie| cookie.name() == name).map(|cookie| cookie.value())
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.store = None;
    }

    /// In the order in which they are sent: the longest path first. The standard would have the older of two with
    /// equal paths first, which the store does not know; their names make the order the same every time.
    fn matching(&self, url: &Url) -> Vec<&Cookie<'static>> {
        let mut found = self.store.as_ref().map(|store| store.matches(url)).unwrap_or_default();
        found.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.name(), cookie.domain.as_cow()));
        found
    }
}

/// The cookie as it may be kept: not for a domain of a single label, unless that is the host itself.
fn admitted<'c>(mut cookie: Cookie<'c>, url: &Url) -> Option<Cookie<'c>> {
    if let CookieDomain::Suffix(domain) = &cookie.domain
        && !domain.trim_end_matches('.').contains('.')
    {
        if url.host_str() != Some(domain) {
            return None;
        }
        cookie.domain = CookieDomain::host_only(url).ok()?;
    }
    Some(cookie)
}

fn has_room(store: &CookieStore, domain: &str) -> bool {
    let (mut all, mut of_domain) = (0, 0);
    for cookie in store.iter_any() {
        all += 1;
        of_domain += usize::from(cookie.domain.as_cow().is_some_and(|other| other == domain));
    }
    all < MOST && of_domain < MOST_OF_A_DOMAIN
}

fn forget_expired(store: &mut CookieStore) {
    let expired: Vec<(String, String, String)> = store
        .iter_any()
        .filter(|cookie| cookie.is_expired())
        .map(|cookie| (String::from(&cookie.domain), String::from(&cookie.path), cookie.name().to_owned()))
        .collect();
    for (domain, path, name) in &expired {
        store.remove(domain, path, name);
    }
}

/// Whether a name and a value would come out of a header as they went in.
fn is_sound(name: &str, value: &str) -> bool {
    let carries = |text: &str| !text.bytes().any(|byte| byte.is_ascii_control() || byte == b';');
    !name.is_empty() && !name.contains('=') && carries(name) && carries(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHOP: &str = "https://www.shop.example/a/b/c";

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    fn setting<'s>(cookies: impl IntoIterator<Item = &'s str>) -> HeaderMap {
        cookies.into_iter().map(|text| (SET_COOKIE, HeaderValue::from_str(text).expect(text))).collect()
    }

    fn jar(from: &str, cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        jar.receive(&setting(cookies.iter().copied()), &url(from));
        jar
    }

    fn sent(jar: &Jar, to: &str) -> String {
        let header = jar.header(&url(to), &[]).expect("no cookie of its own");
        header.map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
    }

    fn own(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn cookies_go_where_their_attributes_send_them() {
        for (cookie, to, expected) in [
            // Host-only, and the default path: the folder of the URL that set it.
            ("n=1", "https://www.shop.example/a/b/", "n=1"),
            ("n=1", "https://www.shop.example/a/b", "n=1"),
            ("n=1", "https://www.shop.example/a/bc", ""),
            ("n=1", "https://www.shop.example/a", ""),
            ("n=1", "https://shop.example/a/b/", ""),
            ("n=1; path=/", "https://www.shop.example/", "n=1"),
            ("n=1; path=/", "https://sub.www.shop.example/", ""),
            ("n=1; path=/", "http://www.shop.example:8080/", "n=1"),
            ("n=1; path=/; domain=shop.example", "https://api.shop.example/", "n=1"),
            ("n=1; path=/; domain=.shop.example", "https://shop.example/", "n=1"),
            ("n=1; path=/; domain=shop.example", "https://workshop.example/", ""),
            ("n=1; path=/; domain=other.example", "https://other.example/", ""),
            ("n=1; path=/; domain=api.shop.example", "https://api.shop.example/", ""),
            ("n=1; path=/; domain=example", "https://www.shop.example/", ""),
            ("n=1; path=/; domain=example.", "https://www.shop.example/", ""),
            ("n=1; path=/; secure", "https://www.shop.example/", "n=1"),
            ("n=1; path=/; secure", "http://www.shop.example/", ""),
            ("n=1; path=/; HttpOnly", "https://www.shop.example/", "n=1"),
            ("n=1; path=/; max-age=60", "https://www.shop.example/", "n=1"),
            ("n=1; path=/; max-age=0", "https://www.shop.example/", ""),
            ("n=1; path=/; max-age=-1", "https://www.shop.example/", ""),
            ("n=1; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.shop.example/", ""),
            ("n=1; path=/; expires=Fri, 01 Jan 2100 00:00:00 GMT", "https://www.shop.example/", "n=1"),
            ("n=\"a b\"; path=/", "https://www.shop.example/", "n=\"a b\""),
            ("n=%20; path=/", "https://www.shop.example/", "n=%20"),
            ("=1; path=/", "https://www.shop.example/", ""),
            ("", "https://www.shop.example/", ""),
        ] {
            assert_eq!(sent(&jar(SHOP, &[cookie]), to), expected, "{cookie} to {to}");
        }
    }

    #[test]
    fn hosts_without_a_dot_and_addresses_keep_their_own() {
        for from in ["http://localhost:8080/", "http://127.0.0.1:9/", "http://[::1]:9/", "http://intranet/"] {
            assert_eq!(sent(&jar(from, &["n=1"]), from), "n=1", "{from}");
        }
        let named = jar("http://localhost/", &["n=1; domain=localhost"]);
        assert_eq!(sent(&named, "http://localhost:81/x"), "n=1");
        assert_eq!(sent(&named, "http://sub.localhost/"), "");
        // `Secure` does not keep it from this machine.
        assert_eq!(sent(&jar("http://127.0.0.1/", &["n=1; secure"]), "http://127.0.0.1/"), "n=1");
    }

    #[test]
    fn the_longest_path_is_sent_first() {
        let jar = jar(SHOP, &["z=1; path=/", "n=2; path=/a/b", "n=1; path=/a", "a=3; path=/"]);
        assert_eq!(sent(&jar, SHOP), "n=2; n=1; a=3; z=1");
        assert_eq!(jar.get(&url(SHOP), "n"), Some("2"));
        assert_eq!(jar.get(&url("https://www.shop.example/a"), "n"), Some("1"));
        assert_eq!(jar.get(&url(SHOP), "other"), None);
    }

    #[test]
    fn a_requests_own_cookies_stand_for_those_of_the_same_name() {
        let jar = jar(SHOP, &["sid=old; path=/", "sid=older; path=/a", "lang=en; path=/"]);
        let header = |own: &[(String, String)]| {
            jar.header(&url(SHOP), own)
                .map(|value| value.map(|value| value.to_str().expect("text").to_owned()))
        };
        let mine = own(&[("sid", "new"), ("seen", "")]);
        assert_eq!(header(&mine), Ok(Some("lang=en; sid=new; seen=".to_owned())));
        let empty = Jar::default().header(&url(SHOP), &mine).map(|value| value.expect("two"));
        assert_eq!(empty, Ok(HeaderValue::from_static("sid=new; seen=")));
        for (name, value) in [("a", "1;b=2"), ("a", "1\r\nx: y"), ("a=b", "1"), ("", "1"), ("a\0", "1")] {
            let refused = header(&own(&[("sid", "fine"), (name, value)]));
            assert_eq!(refused, Err(InvalidCookie(name.to_owned())));
        }
    }

    #[test]
    fn a_cookie_is_replaced_and_removed_by_the_next_response() {
        let mut jar = jar(SHOP, &["n=1; path=/", "m=1; path=/"]);
        jar.receive(&setting(["n=2; path=/"]), &url(SHOP));
        assert_eq!(sent(&jar, SHOP), "m=1; n=2");
        jar.receive(&setting(["n=; path=/; max-age=0"]), &url(SHOP));
        assert_eq!(sent(&jar, SHOP), "m=1");
        assert_eq!(jar.store.as_ref().expect("one is left").iter_any().count(), 1);
        jar.clear();
        assert_eq!(sent(&jar, SHOP), "");
    }

    #[test]
    fn a_jar_has_bounds() {
        let count = |jar: &Jar| jar.store.as_ref().map_or(0, |store| store.iter_any().count());
        let mut jar = Jar::default();
        for host in 0..8 {
            let from = url(&format!("http://h{host}.example/"));
            let cookies: Vec<String> = (0..MOST_OF_A_DOMAIN + 50).map(|n| format!("n{n}=1")).collect();
            jar.receive(&setting(cookies.iter().map(String::as_str)), &from);
            assert_eq!(count(&jar), (MOST_OF_A_DOMAIN * (host + 1)).min(MOST));
        }
        // One that is there already is still replaced; one that has expired makes room.
        let first = url("http://h0.example/");
        jar.receive(&setting(["n0=2", "n1=; max-age=0", "late=1"]), &first);
        let seen = ["n0", "n1", "late"].map(|name| jar.get(&first, name));
        assert_eq!(seen, [Some("2"), None, Some("1")]);
        let (name, attributes) = ("n=", "; path=/");
        let longest = "v".repeat(LONGEST - name.len() - attributes.len());
        for (value, kept) in [(longest.clone(), true), (format!("{longest}v"), false)] {
            let mut jar = Jar::default();
            jar.receive(&setting([format!("{name}{value}{attributes}").as_str()]), &first);
            assert_eq!(jar.get(&first, "n").is_some(), kept);
        }
    }

    #[test]
    fn what_has_expired_is_forgotten_when_room_is_needed() {
        let mut jar = jar(SHOP, &["gone=1; path=/; max-age=1000", "kept=1; path=/"]);
        let store = jar.store.as_mut().expect("two cookies");
        // The store itself only marks it, as it does where time has passed.
        let ended = Cookie::parse("gone=; path=/; max-age=0", &url(SHOP)).expect("a cookie");
        assert_eq!(store.insert(ended, &url(SHOP)), Ok(StoreAction::ExpiredExisting));
        assert_eq!(store.iter_any().count(), 2);
        forget_expired(store);
        assert_eq!(store.iter_any().count(), 1);
        assert_eq!(sent(&jar, SHOP), "kept=1");
    }

    #[test]
    fn no_cookie_costs_no_allocation() {
        let (shop, headers) = (url(SHOP), HeaderMap::new());
        let cost = allocation_counter::measure(|| {
            let mut jar = Jar::default();
            jar.receive(&headers, &shop);
            assert!(matches!(jar.header(&shop, &[]), Ok(None)));
            jar.clear();
        });
        assert_eq!(cost.count_total, 0);
    }

    proptest! {
        #[test]
        fn whatever_is_set_can_be_sent_back(cookies in proptest::collection::vec("[ -~ü]{0,40}", 0..20)) {
            let mut jar = Jar::default();
            let values = cookies.iter().filter_map(|text| HeaderValue::from_bytes(text.as_bytes()).ok());
            let headers: HeaderMap = values.map(|value| (SET_COOKIE, value)).collect();
            jar.receive(&headers, &url(SHOP));
            let kept = jar.matching(&url(SHOP)).len();
            let header = jar.header(&url(SHOP), &[]).expect("no cookie of its own");
            prop_assert_eq!(header.is_some(), kept > 0);
            if let Some(header) = header {
                let parts = header.as_bytes().split(|byte| *byte == b';').count();
                prop_assert_eq!(parts, kept);
            }
        }
    }
}
