//! Paths that want credentials.

use super::{
    digest::{Algorithm, Credentials, Judgement},
    route::{After, Visit},
};
use crate::answer::Answer;
use base64::{Engine, engine::general_purpose::STANDARD};

pub(super) fn basic(visit: &mut Visit<'_>) -> After {
    let expected = format!("Basic {}", STANDARD.encode(visit.rest.join(":")));
    admit(visit, &expected, "Basic realm=\"testbed\"")
}

pub(super) fn bearer(visit: &mut Visit<'_>) -> After {
    let expected = format!("Bearer {}", visit.rest.join("/"));
    admit(visit, &expected, "Bearer realm=\"testbed\"")
}

fn admit(visit: &mut Visit<'_>, expected: &str, challenge: &str) -> After {
    if visit.request.header("authorization") == Some(expected) {
        return visit.answer(&Answer::text("welcome"));
    }
    visit.answer(&Answer::new(401).header("www-authenticate", challenge).body("who are you?"))
}

pub(super) fn digest_md5(visit: &mut Visit<'_>) -> After {
    digest(visit, Algorithm::Md5, false)
}

pub(super) fn digest_sha256(visit: &mut Visit<'_>) -> After {
    digest(visit, Algorithm::Sha256, false)
}

pub(super) fn digest_stale(visit: &mut Visit<'_>) -> After {
    digest(visit, Algorithm::Md5, true)
}

fn digest(visit: &mut Visit<'_>, algorithm: Algorithm, stale_once: bool) -> After {
    let [user, password] = visit.rest[..] else { return visit.no_such_path() };
    let credentials = Credentials { user, password, algorithm };
    let nonces = &visit.site.nonces;
    let stale = match nonces.judge(visit.request, &credentials, stale_once) {
        Judgement::Welcome => return visit.answer(&Answer::text("welcome")),
        Judgement::Unknown => "",
        Judgement::Stale => ", stale=true",
    };
    let challenge = format!(
        "Digest realm=\"testbed\", qop=\"auth\", algorithm={}, nonce=\"{}\", opaque=\"opaque\"{stale}",
        algorithm.name(),
        nonces.issue()
    );
    visit.answer(&Answer::new(401).header("www-authenticate", challenge).body("who are you?"))
}
