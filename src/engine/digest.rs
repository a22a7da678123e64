//! Digest authentication (RFC 7616): what targets have challenged a user with, and the answers. Who sends the answer,
//! and which request needs one, is not its business; nor are basic and bearer, which answer nothing.

use ::http::{HeaderMap, HeaderValue, Method, header::WWW_AUTHENTICATE};
use http_auth::{
    ChallengeRef, DigestClient, ParamValue, PasswordParams,
    digest::{Algorithm, Qop},
    parse_challenges,
};
use sha2::Digest as _;
use url::{Position, Url};

/// Most challenges that are remembered; the oldest goes first.
const MOST: usize = 16;
/// Most answers to one request: with a nonce that was used before, with the one that replaced it, and with one more
/// where that was stale already.
const MOST_ANSWERS: u8 = 3;
/// As the standard writes them; servers also write them small.
const ALGORITHMS: [&str; 6] =
    ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"];

/// How far one request has got with its answers. A new one for every request, and for every hop.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempt {
    answers: u8,
    /// Whether the last answer was the first under its nonce.
    fresh: bool,
}

/// The challenges of a user. Empty, it holds no memory.
#[derive(Debug, Default)]
pub(super) struct Challenges {
    known: Vec<Known>,
}

/// A challenge of an origin, for a user name.
#[derive(Debug)]
struct Known {
    scheme: String,
    host: String,
    port: Option<u16>,
    user: String,
    client: DigestClient,
}

impl Known {
    fn is_for(&self, url: &Url, user: &str) -> bool {
        self.port == url.port_or_known_default()
            && Some(self.host.as_str()) == url.host_str()
            && self.scheme == url.scheme()
            && self.user == user
    }
}

impl Challenges {
    /// Takes the challenge of a 401; `true` where the request is to be sent again with an answer. A refused answer is
    /// not given again, unless its nonce was used before, or is said to be stale: then `false`, and the 401 is final.
    ///
    /// # Errors
    /// There is no challenge that can be answered: why. The 401 is final then, too.
    pub fn challenge(
        &mut self,
        attempt: Attempt,
        url: &Url,
        headers: &HeaderMap,
        user: &str,
    ) -> Result<bool, String> {
        let client = best(headers)?;
        let known = self.known.iter().position(|known| known.is_for(url, user));
        let is_same = known.is_some_and(|at| self.known[at].client.nonce() == client.nonce());
        let is_refused = attempt.answers > 0 && !client.stale() && (attempt.fresh || is_same);
        if is_refused || attempt.answers >= MOST_ANSWERS {
            // What was refused is not said again by the next request, unasked.
            known.map(|at| self.known.remove(at));
            return Ok(false);
        }
        match known {
            // Given out twice to requests side by side: it goes on counting.
            Some(_) if is_same => {}
            Some(at) => self.known[at].client = client,
            None => self.remember(url, user, client),
        }
        Ok(true)
    }

    fn remember(&mut self, url: &Url, user: &str, client: DigestClient) {
        if self.known.len() >= MOST {
            self.known.remove(0);
        }
        self.known.push(Known {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default(),
            user: user.to_owned(),
            client,
        });
    }

    /// The `authorization` header for a request; `None` where its target has not challenged this user yet. `body` is
    /// nothing where its bytes are not at hand, as a file's are not, and empty where there is no body.
    ///
    /// # Errors
    /// The challenge cannot be answered for this request: why.
    pub fn authorize(
        &mut self,
        attempt: &mut Attempt,
        url: &Url,
        method: &Method,
        body: Option<&[u8]>,
        (user, password): (&str, &str),
    ) -> Option<Result<HeaderValue, String>> {
        let known = self.known.iter_mut().find(|known| known.is_for(url, user))?;
        let client = &mut known.client;
        Some(answer(client, url, method, body, (user, password)).inspect(|_| {
            attempt.answers = attempt.answers.saturating_add(1);
            attempt.fresh = client.nonce_count() == 1;
        }))
    }
}

/// The first challenge that can be answered: the target names them in its order of preference.
fn best(headers: &HeaderMap) -> Result<DigestClient, String> {
    let mut why = None;
    for value in headers.get_all(WWW_AUTHENTICATE) {
        let Ok(text) = value.to_str() else { continue };
        let Ok(challenges) = parse_challenges(text) else {
            why = why.or(Some("it is malformed".to_owned()));
            continue;
        };
        for challenge in challenges {
            if !challenge.scheme.eq_ignore_ascii_case("digest") {
                continue;
            }
            match DigestClient::try_from(&canonical(challenge)) {
                Ok(client) => return Ok(client),
                Err(error) => why = why.or(Some(error)),
            }
        }
    }
    Err(match why {
        Some(why) => format!("the 401's `www-authenticate` cannot be answered: {why}"),
        None => "the 401 has no `www-authenticate` that asks for digest".to_owned(),
    })
}

/// With the algorithm's name as the library wants it.
fn canonical(mut challenge: ChallengeRef<'_>) -> ChallengeRef<'_> {
    for (name, value) in &mut challenge.params {
        if name.eq_ignore_ascii_case("algorithm") {
            let given = value.to_unescaped();
            let known = ALGORITHMS.into_iter().find(|known| known.eq_ignore_ascii_case(&given));
            if let Some(Ok(known)) = known.map(ParamValue::try_from_escaped) {
                *value = known;
            }
        }
    }
    challenge
}

fn answer(
    client: &mut DigestClient,
    url: &Url,
    method: &Method,
    body: Option<&[u8]>,
    (username, password): (&str, &str),
) -> Result<HeaderValue, String> {
    // Protection of the body costs a pass over it, and is given only where the target wants nothing less.
    let hash = match body {
        _ if client.qop() & Qop::Auth => None,
        Some(body) => Some(hash_of(client.algorithm(), body)?),
        None => {
            return Err("the target asks for `qop=auth-int`, and this body is sent piece by piece".to_owned());
        }
    };
    let answered = client.respond(&PasswordParams {
        username,
        password,
        uri: &url[Position::BeforePath..Position::AfterQuery],
        method: method.as_str(),
        // http-auth hashes the body itself where RFC 7616, section 3.4.3, has the hash of the body.
        body: hash.as_deref().map(str::as_bytes),
    })?;
    let mut value = HeaderValue::try_from(answered).map_err(|_| "the answer fits no header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn hash_of(algorithm: Algorithm, body: &[u8]) -> Result<String, String> {
    Ok(match algorithm {
        Algorithm::Md5 => hex(<md5::Md5 as md5::Digest>::digest(body).as_slice()),
        Algorithm::Sha256 => hex(sha2::Sha256::digest(body).as_slice()),
        Algorithm::Sha512Trunc256 => hex(sha2::Sha512_256::digest(body).as_slice()),
        _ => return Err("the target asks for an algorithm that is not known".to_owned()),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const URL: &str = "http://www.example.org/dir/index.html";
    const MUFASA: (&str, &str) = ("Mufasa", "Circle of Life");

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    fn challenged(values: &[&str]) -> HeaderMap {
        values.iter().map(|text| (WWW_AUTHENTICATE, HeaderValue::from_str(text).expect(text))).collect()
    }

    fn nonce(nonce: &str) -> HeaderMap {
        challenged(&[&format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\", algorithm=SHA-256")])
    }

    /// A header's parameters, read without the library.
    fn parameters(header: &str) -> BTreeMap<String, String> {
        let (mut rest, mut found) = (header.strip_prefix("Digest ").expect("digest"), BTreeMap::new());
        while let Some((name, after)) = rest.split_once('=') {
            let (value, next) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').expect("a closing quote"),
                None => after.split_at(after.find(',').unwrap_or(after.len())),
            };
            found.insert(name.trim_start_matches(", ").to_owned(), value.to_owned());
            rest = next;
        }
        found
    }

    fn hash(algorithm: &str, text: &[u8]) -> String {
        match algorithm.trim_end_matches("-sess") {
            "MD5" => hex(<md5::Md5 as md5::Digest>::digest(text).as_slice()),
            "SHA-256" => hex(sha2::Sha256::digest(text).as_slice()),
            "SHA-512-256" => hex(sha2::Sha512_256::digest(text).as_slice()),
            other => panic!("{other}"),
        }
    }

    /// The response as RFC 7616, section 3.4, has a server compute it.
    fn response(
        given: &BTreeMap<String, String>,
        method: &str,
        body: &[u8],
        (user, password): (&str, &str),
    ) -> String {
        let get = |name: &str| given.get(name).map(String::as_str);
        let algorithm = get("algorithm").unwrap_or("MD5");
        let h = |text: String| hash(algorithm, text.as_bytes());
        let part = |name: &str| get(name).unwrap_or_else(|| panic!("no {name}"));
        let mut a1 = format!("{user}:{}:{password}", part("realm"));
        if algorithm.ends_with("-sess") {
            a1 = format!("{}:{}:{}", h(a1), part("nonce"), part("cnonce"));
        }
        let mut a2 = format!("{method}:{}", part("uri"));
        if get("qop") == Some("auth-int") {
            a2 = format!("{a2}:{}", hash(algorithm, body));
        }
        h(match get("qop") {
            Some(qop) => {
                let (nc, cnonce) = (part("nc"), part("cnonce"));
                format!("{}:{}:{nc}:{cnonce}:{qop}:{}", h(a1), part("nonce"), h(a2))
            }
            None => format!("{}:{}:{}", h(a1), part("nonce"), h(a2)),
        })
    }

    fn authorized(challenges: &mut Challenges, attempt: &mut Attempt) -> BTreeMap<String, String> {
        let value = challenges.authorize(attempt, &url(URL), &Method::GET, Some(b""), MUFASA);
        let value = value.expect("a challenge is known").expect("an answer");
        assert!(value.is_sensitive());
        parameters(value.to_str().expect("text"))
    }

    #[test]
    fn the_verification_is_that_of_the_standards_example() {
        // RFC 7616, section 3.9.1.
        for (algorithm, expected) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let given = parameters(&format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", \
                 algorithm={algorithm}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
                 cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"{expected}\""
            ));
            assert_eq!(response(&given, "GET", b"", MUFASA), expected);
            assert_eq!(given["response"], expected);
        }
    }

    #[test]
    fn answers_verify_for_each_algorithm_and_protection() {
        for algorithm in ALGORITHMS {
            for (offered, used) in [("auth", "auth"), ("auth-int,auth", "auth"), ("auth-int", "auth-int")] {
                let mut challenges = Challenges::default();
                let mut attempt = Attempt::default();
                let asked = format!(
                    "Digest realm=\"r@example.org\", qop=\"{offered}\", algorithm={algorithm}, \
                     nonce=\"n/once+=\", opaque=\"opaque\""
                );
                let target = url("http://www.example.org/a%20b?q=1&r=\u{fc}#fragment");
                let asked = challenges.challenge(attempt, &target, &challenged(&[&asked]), "Mufasa");
                assert_eq!(asked, Ok(true));
                let (method, body) = (Method::POST, b"some body".as_slice());
                let value = challenges.authorize(&mut attempt, &target, &method, Some(body), MUFASA);
                let value = value.expect("known").expect(algorithm);
                let given = parameters(value.to_str().expect("text"));
                for (name, expected) in [
                    ("username", "Mufasa"),
                    ("realm", "r@example.org"),
                    ("uri", "/a%20b?q=1&r=%C3%BC"),
                    ("algorithm", algorithm),
                    ("nonce", "n/once+="),
                    ("opaque", "opaque"),
                    ("nc", "00000001"),
                    ("qop", used),
                ] {
                    assert_eq!(given[name], expected, "{name} of {value:?}");
                }
                assert_eq!(given["response"], response(&given, "POST", body, MUFASA), "{algorithm} {used}");
            }
        }
    }

    #[test]
    fn a_server_of_the_old_standard_gets_the_old_answer() {
        let mut challenges = Challenges::default();
        let asked = challenged(&["Digest realm=\"r\", nonce=\"n\""]);
        assert_eq!(challenges.challenge(Attempt::default(), &url(URL), &asked, "Mufasa"), Ok(true));
        let given = authorized(&mut challenges, &mut Attempt::default());
        assert!(!given.contains_key("qop") && !given.contains_key("nc"), "{given:?}");
        assert_eq!(given["response"], response(&given, "GET", b"", MUFASA));
    }

    #[test]
    fn the_first_challenge_that_can_be_answered_is() {
        for (values, expected) in [
            (&["Basic realm=\"b\"", "Digest realm=\"r\", nonce=\"1\", qop=\"auth\""][..], Ok("1")),
            (
                &["Digest realm=\"r\", nonce=\"1\", algorithm=TIGER, Digest realm=\"r\", nonce=\"2\""][..],
                Ok("2"),
            ),
            (&["Digest realm=\"r\", nonce=\"1\", algorithm=md5, qop=auth"][..], Ok("1")),
            (&["Digest realm=\"r\", nonce=\"1\", algorithm=\"sha-256-SESS\", qop=auth"][..], Ok("1")),
            (&["Digest realm=\"r", "digest realm=\"r\", nonce=\"2\""][..], Ok("2")),
            (&[][..], Err("the 401 has no `www-authenticate` that asks for digest")),
            (&["Basic realm=\"b\""][..], Err("the 401 has no `www-authenticate` that asks for digest")),
            (
                &["Digest realm=\"r"][..],
                Err("the 401's `www-authenticate` cannot be answered: it is malformed"),
            ),
            (
                &["Digest realm=\"r\""][..],
                Err("the 401's `www-authenticate` cannot be answered: missing required parameter nonce"),
            ),
            (
                &["Digest realm=\"r\", nonce=\"1\", algorithm=TIGER"][..],
                Err("the 401's `www-authenticate` cannot be answered: unknown algorithm \"TIGER\""),
            ),
        ] {
            let found = best(&challenged(values));
            let found = found.as_ref().map(DigestClient::nonce).map_err(String::as_str);
            assert_eq!(found, expected, "{values:?}");
        }
    }

    #[test]
    fn a_nonce_is_counted_up_by_the_requests_that_follow() {
        let mut challenges = Challenges::default();
        assert_eq!(challenges.challenge(Attempt::default(), &url(URL), &nonce("1"), "Mufasa"), Ok(true));
        let mut cnonces = Vec::new();
        for count in 1..=20 {
            let given = authorized(&mut challenges, &mut Attempt::default());
            assert_eq!(given["nc"], format!("{count:08x}"));
            assert_eq!(given["response"], response(&given, "GET", b"", MUFASA));
            cnonces.push(given["cnonce"].clone());
        }
        cnonces.sort();
        cnonces.dedup();
        assert_eq!(cnonces.len(), 20);
    }

    /// What became of a request whose answers met these challenges: a nonce, and whether the last one was stale.
    fn outcomes(uses_before: usize, then: &[(&str, bool)]) -> Vec<bool> {
        let mut challenges = Challenges::default();
        let mut attempt = Attempt::default();
        assert_eq!(challenges.challenge(attempt, &url(URL), &nonce("1"), "Mufasa"), Ok(true));
        for _ in 0..uses_before {
            authorized(&mut challenges, &mut Attempt::default());
        }
        let mut outcomes = Vec::new();
        for (next, stale) in then {
            authorized(&mut challenges, &mut attempt);
            let stale = if *stale { ", stale=true" } else { "" };
            let asked = format!("Digest realm=\"r\", nonce=\"{next}\", qop=\"auth\"{stale}");
            let again = challenges.challenge(attempt, &url(URL), &challenged(&[&asked]), "Mufasa");
            outcomes.push(again.expect("a digest challenge"));
            if outcomes.last() == Some(&false) {
                assert!(challenges.known.is_empty(), "what was refused is forgotten");
                break;
            }
        }
        outcomes
    }

    #[test]
    fn a_refused_answer_is_final_unless_its_nonce_was_old() {
        for (uses_before, then, expected) in [
            // A wrong password.
            (0, &[("2", false)][..], &[false][..]),
            (0, &[("1", false)], &[false]),
            // Stale, then wrong.
            (0, &[("2", true), ("3", false)], &[true, false]),
            // A nonce that has run out without a word; then wrong.
            (5, &[("2", false), ("3", false)], &[true, false]),
            (5, &[("1", false)], &[false]),
            // A target that calls every nonce stale is not asked for ever.
            (0, &[("2", true), ("3", true), ("4", true), ("5", true)], &[true, true, false]),
            (5, &[("2", true), ("3", true), ("4", true), ("5", true)], &[true, true, false]),
        ] {
            assert_eq!(outcomes(uses_before, then), expected, "{uses_before} {then:?}");
        }
    }

    #[test]
    fn requests_side_by_side_do_not_take_each_others_challenge_for_a_refusal() {
        for (second, count) in [("1", "00000002"), ("2", "00000001")] {
            let mut challenges = Challenges::default();
            let (mut one, mut two) = (Attempt::default(), Attempt::default());
            assert_eq!(challenges.challenge(one, &url(URL), &nonce("1"), "Mufasa"), Ok(true));
            assert_eq!(authorized(&mut challenges, &mut one)["nc"], "00000001");
            assert_eq!(challenges.challenge(two, &url(URL), &nonce(second), "Mufasa"), Ok(true));
            assert_eq!(authorized(&mut challenges, &mut two)["nc"], count);
        }
    }

    #[test]
    fn a_challenge_holds_for_its_origin_and_user() {
        let mut challenges = Challenges::default();
        assert_eq!(challenges.challenge(Attempt::default(), &url(URL), &nonce("1"), "Mufasa"), Ok(true));
        for (target, user, known) in [
            ("http://www.example.org/other?q", "Mufasa", true),
            ("http://www.example.org:80/", "Mufasa", true),
            ("http://www.example.org:81/", "Mufasa", false),
            ("https://www.example.org/", "Mufasa", false),
            ("http://example.org/", "Mufasa", false),
            ("http://www.example.org/", "Scar", false),
        ] {
            let mut attempt = Attempt::default();
            let answer = challenges.authorize(&mut attempt, &url(target), &Method::GET, None, (user, "p"));
            assert_eq!(answer.is_some(), known, "{user} at {target}");
        }
    }

    #[test]
    fn a_body_that_is_not_at_hand_cannot_be_protected() {
        let mut challenges = Challenges::default();
        let asked = challenged(&["Digest realm=\"r\", nonce=\"1\", qop=\"auth-int\""]);
        assert_eq!(challenges.challenge(Attempt::default(), &url(URL), &asked, "u"), Ok(true));
        let mut attempt = Attempt::default();
        let answer = challenges.authorize(&mut attempt, &url(URL), &Method::PUT, None, ("u", "p"));
        let error = answer.expect("known").expect_err("no body");
        assert_eq!(error, "the target asks for `qop=auth-int`, and this body is sent piece by piece");
        assert_eq!(attempt.answers, 0);
    }

    #[test]
    fn only_so_many_challenges_are_remembered() {
        let mut challenges = Challenges::default();
        let at = |port: usize| url(&format!("http://localhost:{port}/"));
        for port in 1..=MOST + 4 {
            assert_eq!(challenges.challenge(Attempt::default(), &at(port), &nonce("1"), "u"), Ok(true));
        }
        let known: Vec<usize> = (1..=MOST + 4)
            .filter(|port| {
                let mut attempt = Attempt::default();
                challenges.authorize(&mut attempt, &at(*port), &Method::GET, None, ("u", "p")).is_some()
            })
            .collect();
        assert_eq!(known, (5..=MOST + 4).collect::<Vec<_>>());
    }

    #[test]
    fn no_challenge_costs_no_allocation() {
        let target = url(URL);
        let cost = allocation_counter::measure(|| {
            let (mut challenges, mut attempt) = (Challenges::default(), Attempt::default());
            let answer = challenges.authorize(&mut attempt, &target, &Method::GET, None, MUFASA);
            assert!(answer.is_none());
        });
        assert_eq!(cost.count_total, 0);
    }

    proptest! {
        #[test]
        fn a_challenge_of_whatever_bytes_never_panics(text in "[ -~]{0,80}", digest in "[ -~]{0,60}") {
            let mut challenges = Challenges::default();
            let asked = format!("Digest nonce=\"1\", realm=\"r\", {digest}");
            let values: Vec<_> =
                [text, asked].iter().filter_map(|text| HeaderValue::from_str(text).ok()).collect();
            let headers: HeaderMap = values.into_iter().map(|value| (WWW_AUTHENTICATE, value)).collect();
            if let Ok(true) = challenges.challenge(Attempt::default(), &url(URL), &headers, "u") {
                let mut attempt = Attempt::default();
                let answer = challenges.authorize(&mut attempt, &url(URL), &Method::GET, Some(b""), ("u", "p"));
                prop_assert!(answer.is_some());
            }
        }

        #[test]
        fn whatever_the_name_and_password_the_answer_verifies(
            user in "[a-zA-Z0-9@. _-]{1,20}", password in "\\PC{0,20}",
        ) {
            let mut challenges = Challenges::default();
            let mut attempt = Attempt::default();
            prop_assert_eq!(challenges.challenge(attempt, &url(URL), &nonce("1"), &user), Ok(true));
            let answer =
                challenges.authorize(&mut attempt, &url(URL), &Method::GET, Some(b""), (&user, &password));
            let value = answer.expect("known").expect("an answer");
            let given = parameters(value.to_str().expect("text"));
            prop_assert_eq!(&given["response"], &response(&given, "GET", b"", (&user, &password)));
        }
    }
}
