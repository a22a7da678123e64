//! Targets that let one wait: the exchange goes on until the caller gives it up, what is known by then is told, and
//! memory does not grow meanwhile (which holds for every row).

use super::lab::{Lab, Subject, User, assert_saw};
use loadgen::engine::Moments;
use loadgen_testbed::{Silent, Target};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(150);

/// Asks for something that does not come, gives it up, and goes on over another connection.
async fn waits<S: Subject>(lab: &Lab<S>, path: &str) {
    let target = Target::site();
    let user = lab.user();
    user.get_within(&target.url(path), PATIENCE).await.assert_pending();
    target.truth().await_that("the request is there", |truth| !truth.requests().is_empty());
    assert_saw(target.truth(), 1, 1);
    let next = user.get(&target.url("/")).await;
    next.assert_answer(200, "ok");
    assert!(next.moments.is_new, "a connection that was given up is used again");
    assert_saw(target.truth(), 2, 2);
    target.truth().await_that("the abandoned connection is closed", |truth| {
        truth.connections()[0].closed_at().is_some()
    });
}

macro_rules! waiting_rows {
    ($($row:ident: $path:literal),* $(,)?) => {
        $(async fn $row<S: Subject>(lab: Lab<S>) { waits(&lab, $path).await; })*
        conform![$($row),*];
    };
}

waiting_rows![
    a_body_that_drips: "/drip/1000/10",
    a_body_that_hangs: "/break/hang-mid-body",
    a_body_that_hangs_before_it_begins: "/break/hang-after-head",
    a_body_without_end: "/endless/body",
    a_chunk_that_hangs: "/break/hang-mid-chunk",
    a_chunk_without_end: "/endless/chunk",
    a_flood_of_interim_answers: "/endless/interim",
    a_head_that_drips: "/endless/head",
    a_head_that_hangs: "/break/hang-mid-head",
    a_target_that_hangs: "/break/hang",
];

mod known_meanwhile {
    use super::*;

    /// Gives a request up once the target has sent so many bytes.
    async fn until_sent<S: Subject>(user: &User<S>, target: &Target, path: &str, bytes: u64) {
        let url = target.url(path);
        let enough = async {
            while target.truth().sent_bytes() < bytes {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            went = user.get(&url) => panic!("{went:?}"),
            () = enough => {}
        }
    }

    /// Three times the memory that any row may hold goes through.
    async fn what_does_not_end_is_not_kept<S: Subject>(lab: Lab<S>) {
        const PLENTY: u64 = 96 << 20;
        for path in ["/endless/body", "/endless/chunk"] {
            let target = Target::site();
            until_sent(&lab.user(), &target, path, PLENTY).await;
        }
    }

    async fn a_flood_of_interim_answers_is_not_kept<S: Subject>(lab: Lab<S>) {
        let target = Target::site();
        until_sent(&lab.user(), &target, "/endless/interim", 2 << 20).await;
    }

    async fn nobody_accepts_and_the_request_waits<S: Subject>(lab: Lab<S>) {
        let silent = Silent::start();
        let went = lab.user().get_within(&format!("http://{}/", silent.address()), PATIENCE).await;
        went.assert_pending();
        assert_eq!(went.moments.remote, Some(silent.address()));
    }

    /// Asks for something that does not come, and gives it up.
    async fn given_up<S: Subject>(lab: &Lab<S>, target: &Target, path: &str) -> Moments {
        let went = lab.user().get_within(&target.url(path), 2 * PATIENCE).await;
        went.assert_pending();
        went.moments
    }

    async fn what_is_given_up_was_on_the_wire<S: Subject>(lab: Lab<S>) {
        for path in ["/break/hang", "/break/hang-mid-head", "/break/hang-mid-body"] {
            let target = Target::site();
            let moments = given_up(&lab, &target, path).await;
            assert!(
                moments.is_new && moments.connecting.is_some() && moments.sent_at.is_some(),
                "{moments:?}"
            );
            assert_eq!(moments.remote, Some(target.address()));
            let truth = target.truth();
            let bytes = (moments.sent_bytes, moments.received_bytes);
            assert_eq!(bytes, (truth.received_bytes(), truth.sent_bytes()), "{path}");
        }
    }

    /// The request was sent, and something had come or not.
    async fn what_is_given_up_tells_how_far_it_came<S: Subject>(lab: Lab<S>) {
        for (path, has_begun) in
            [("/break/hang", false), ("/break/hang-mid-head", true), ("/break/hang-mid-body", true)]
        {
            let moments = given_up(&lab, &Target::site(), path).await;
            assert!(moments.sent_until.unwrap() >= moments.sent_at.unwrap(), "{path}: {moments:?}");
            assert_eq!(moments.first_byte_at.is_some(), has_begun, "{path}: {moments:?}");
        }
    }

    conform![
        a_flood_of_interim_answers_is_not_kept,
        nobody_accepts_and_the_request_waits,
        what_does_not_end_is_not_kept,
        what_is_given_up_tells_how_far_it_came,
        what_is_given_up_was_on_the_wire,
    ];
}
