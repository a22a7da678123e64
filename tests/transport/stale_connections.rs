//! A kept connection that ends just as it is used again: a failure with a name of its own, and never a silent retry.

use super::lab::{Lab, Subject, assert_saw, whole};
use http::Method;
use loadgen::model::ErrorKind;
use loadgen_testbed::Target;

async fn ends_as_it_is_used_again<S: Subject>(lab: &Lab<S>, path: &str) {
    let target = Target::site();
    let user = lab.user();
    for round in 0..3 {
        let first = user.get(&target.url(path)).await;
        first.assert_answer(200, "kept");
        assert!(first.moments.is_new);
        let mut request = user.request(&target.url("/"));
        if round == 1 {
            (request.method, request.body) = (Method::POST, whole("once only"));
        }
        let second = user.send(request).await;
        second.assert_failure(ErrorKind::StaleConnection);
        assert!(!second.moments.is_new);
        assert_eq!(second.moments.remote, Some(target.address()));
        assert_saw(target.truth(), round + 1, 2 * (round + 1));
    }
    let sent_once =
        target.truth().requests().iter().filter(|request| request.body_text() == "once only").count();
    assert_eq!(sent_once, 1);
}

async fn a_close_as_the_request_comes<S: Subject>(lab: Lab<S>) {
    ends_as_it_is_used_again(&lab, "/keep/drop-next").await;
}

async fn a_reset_as_the_request_comes<S: Subject>(lab: Lab<S>) {
    ends_as_it_is_used_again(&lab, "/keep/reset-next").await;
}

/// It had served a request, but what failed had begun: that is no stale connection.
async fn what_fails_after_the_first_byte_is_not_stale<S: Subject>(lab: Lab<S>) {
    for (path, kind) in [
        ("/break/fin-mid-head", ErrorKind::ClosedEarly),
        ("/break/reset-mid-head", ErrorKind::Reset),
        ("/break/fin-mid-body", ErrorKind::BodyTruncated),
        ("/break/reset-mid-body", ErrorKind::Reset),
    ] {
        let target = Target::site();
        let user = lab.user();
        user.get(&target.url("/")).await.assert_answer(200, "ok");
        let went = user.get(&target.url(path)).await;
        went.assert_failure(kind);
        assert!(!went.moments.is_new);
        assert_saw(target.truth(), 1, 2);
    }
}

conform![
    a_close_as_the_request_comes,
    a_reset_as_the_request_comes,
    what_fails_after_the_first_byte_is_not_stale
];
