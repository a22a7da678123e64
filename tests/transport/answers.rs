//! Responses that are in order come through as they were sent.

use super::lab::{Lab, Subject, assert_saw, text};
use http::Method;
use loadgen::model::{ErrorKind, Protocol};
use loadgen_testbed::Target;

/// `a` to `z`, over and over, as the site's bodies are.
fn pattern(bytes: usize) -> String {
    ('a'..='z').cycle().take(bytes).collect()
}

async fn an_answer_has_its_status_protocol_headers_and_body<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let went = user.get(&target.url("/headers?x-one=1&x-two=2&x-one=3")).await;
    went.assert_answer(200, "ok");
    let arrived = went.arrived();
    assert_eq!(arrived.protocol, Some(Protocol::Http11));
    let ones: Vec<&str> =
        arrived.headers.get_all("x-one").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!((ones, went.header("x-two")), (vec!["1", "3"], "2"));
    assert_eq!(went.moments.remote, Some(target.address()));
    assert_saw(target.truth(), 1, 1);
}

async fn every_status_is_an_answer<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for status in [200, 201, 203, 301, 302, 400, 401, 404, 407, 418, 429, 500, 503, 599, 999] {
        let went = user.get(&target.url(&format!("/status/{status}"))).await;
        went.assert_answer(status, &format!("status {status}"));
    }
    assert_saw(target.truth(), 1, 15);
}

async fn answers_without_a_body_have_none<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for status in [204, 304] {
        user.get(&target.url(&format!("/status/{status}"))).await.assert_answer(status, "");
    }
    let mut head = user.request(&target.url("/bytes/1000"));
    head.method = Method::HEAD;
    let went = user.send(head).await;
    went.assert_answer(200, "");
    assert_eq!(went.header("content-length"), "1000");
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    assert_saw(target.truth(), 1, 4);
}

async fn interim_answers_are_passed_over<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for path in ["/early-hints", "/continue"] {
        user.get(&target.url(path)).await.assert_answer(200, "ok");
    }
    assert_saw(target.truth(), 1, 2);
}

async fn bodies_end_by_length_by_chunks_and_with_the_connection<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for size in [0, 1, 1000, 70_000, 1 << 20] {
        for path in
            [format!("/bytes/{size}"), format!("/chunked/{size}/1000"), format!("/until-close/{size}")]
        {
            let went = user.get(&target.url(&path)).await;
            assert_eq!(went.arrived().body_bytes, size as u64, "{path}");
            assert!(text(&went.arrived().body) == pattern(size), "{path}");
        }
    }
    // Each body that ended with its connection took one with it.
    assert_saw(target.truth(), 5, 15);
}

async fn a_body_is_kept_up_to_a_limit_and_counted_beyond<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for path in ["/bytes/5000000", "/chunked/5000000/4096"] {
        for keep in [0, 1, 4_999_999] {
            let mut request = user.request(&target.url(path));
            request.keep_body = keep;
            let went = user.send(request).await;
            assert_eq!((went.arrived().body.len(), went.arrived().body_bytes), (keep, 5_000_000));
        }
    }
    assert_saw(target.truth(), 1, 6);
}

async fn a_body_that_is_needed_as_a_whole_may_be_as_large_as_the_limit<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for (path, keep, fits) in [
        ("/bytes/1000", 1000, true),
        ("/bytes/1000", 999, false),
        ("/chunked/1000/100", 1000, true),
        ("/chunked/1000/100", 999, false),
        ("/bytes/0", 0, true),
        ("/endless/body", 100_000, false),
    ] {
        let mut request = user.request(&target.url(path));
        (request.keep_body, request.needs_whole_body) = (keep, true);
        let went = user.send(request).await;
        if fits {
            assert_eq!(went.arrived().body.len() as u64, went.arrived().body_bytes, "{path}");
        } else {
            went.assert_failure(ErrorKind::BodyTooLarge);
        }
    }
    // What is too large is cut, and its connection with it.
    assert_saw(target.truth(), 3, 6);
}

async fn an_old_server_is_understood<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for (path, is_new) in [("/http10", true), ("/http10-keep-alive", true), ("/http10-keep-alive", false)] {
        let went = user.get(&target.url(path)).await;
        went.assert_answer(200, "old");
        assert_eq!(
            (went.arrived().protocol, went.moments.is_new),
            (Some(Protocol::Http10), is_new),
            "{path}"
        );
    }
    assert_saw(target.truth(), 2, 3);
}

async fn a_redirect_is_an_answer_and_nobody_goes_there<S: Subject>(lab: Lab<S>) {
    let (target, elsewhere) = (Target::site(), Target::site());
    let user = lab.user();
    let went = user.get(&target.url(&format!("/redirect-to?url={}", elsewhere.url("/")))).await;
    went.assert_answer(302, "elsewhere");
    assert_eq!(went.header("location"), elsewhere.url("/"));
    for (path, location) in [("/redirect-file", Some("file:///etc/hostname")), ("/redirect-nowhere", None)] {
        let went = user.get(&target.url(path)).await;
        let found = went.arrived().headers.get("location").map(|value| value.to_str().unwrap());
        assert_eq!((went.arrived().status, found), (302, location));
    }
    user.get(&target.url("/redirect-bad")).await.assert_answer(302, "elsewhere");
    assert_saw(target.truth(), 1, 4);
    assert_saw(elsewhere.truth(), 0, 0);
}

async fn compressed_bodies_are_left_as_they_are<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for (path, coding) in
        [("/gzip/1000", "gzip"), ("/zstd/1000", "zstd"), ("/brotli", "br"), ("/mislabelled/gzip", "gzip")]
    {
        let went = user.get(&target.url(path)).await;
        assert_eq!(went.header("content-encoding"), coding);
        assert_eq!(went.header("content-length"), went.arrived().body_bytes.to_string(), "{path}");
    }
    let bomb = user.get(&target.url("/bomb/gzip/64")).await;
    assert!(bomb.arrived().body_bytes < 1 << 20);
}

/// The specification leaves it to the client; what counts is that the next answer is the next request's.
async fn bytes_after_an_answer_are_never_the_next_answer<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for number in 0..3 {
        user.get(&target.url("/extra-bytes")).await.assert_answer(200, "ok");
        let went = user.get(&target.url(&format!("/bytes/{number}"))).await;
        assert_eq!(went.arrived().body_bytes, number);
    }
    assert_eq!(target.truth().requests().len(), 6);
}

async fn a_head_in_pieces_is_put_together<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    lab.user().get(&target.url("/pieces/50")).await.assert_answer(200, "ok");
}

async fn many_headers_and_long_ones_are_fine<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let went = user.get(&target.url("/headers-of/99")).await;
    assert_eq!(went.header("x-98"), "98");
    let went = user.get(&target.url("/head-of/64")).await;
    assert_eq!(went.header("x-long").len(), 64 * 1024);
}

conform![
    a_body_is_kept_up_to_a_limit_and_counted_beyond,
    a_body_that_is_needed_as_a_whole_may_be_as_large_as_the_limit,
    a_head_in_pieces_is_put_together,
    a_redirect_is_an_answer_and_nobody_goes_there,
    an_answer_has_its_status_protocol_headers_and_body,
    an_old_server_is_understood,
    answers_without_a_body_have_none,
    bodies_end_by_length_by_chunks_and_with_the_connection,
    bytes_after_an_answer_are_never_the_next_answer,
    compressed_bodies_are_left_as_they_are,
    every_status_is_an_answer,
    interim_answers_are_passed_over,
    many_headers_and_long_ones_are_fine,
];
