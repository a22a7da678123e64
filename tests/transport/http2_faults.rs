//! HTTP/2 that breaks off, or its rules.

use super::{
    http2::prior,
    lab::{Lab, Subject, assert_saw},
};
use loadgen::model::ErrorKind;
use loadgen_testbed::{Http2Fault, Http2Faults, Http2Target, Target};
use std::time::Duration;

/// The first request of a connection meets the fault: it ends in this kind, after one request, and the next one has a
/// connection of its own.
async fn new_one<S: Subject>(lab: &Lab<S>, fault: Http2Fault, kind: ErrorKind) {
    let target = Http2Faults::after(0, fault);
    let user = lab.user_with(prior());
    for number in 1..=2 {
        let went = user.get(&target.url("/")).await;
        went.assert_failure(kind);
        assert!(went.moments.is_new);
        assert_saw(target.truth(), number, number);
    }
}

/// The second one does.
async fn used_one<S: Subject>(lab: &Lab<S>, fault: Http2Fault, kind: ErrorKind) {
    let target = Http2Faults::after(1, fault);
    let user = lab.user_with(prior());
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    let went = user.get(&target.url("/")).await;
    went.assert_failure(kind);
    assert!(!went.moments.is_new);
    assert_saw(target.truth(), 1, 2);
}

macro_rules! http2_rows {
    ($($row:ident: $fault:ident => $new:ident, $used:ident);* $(;)?) => {
        $(async fn $row<S: Subject>(lab: Lab<S>) {
            new_one(&lab, Http2Fault::$fault, ErrorKind::$new).await;
            used_one(&lab, Http2Fault::$fault, ErrorKind::$used).await;
        })*
        conform![$($row),*];
    };
}

http2_rows![
    a_close: Close => ClosedEarly, StaleConnection;
    a_close_in_the_body: CloseMidBody => BodyTruncated, BodyTruncated;
    a_frame_too_large: FrameTooLarge => Protocol, Protocol;
    a_goaway_that_counts_the_request: GoawayTaken => ClosedEarly, StaleConnection;
    a_goaway_that_does_not: GoawayRefused => ClosedEarly, StaleConnection;
    a_head_that_means_nothing: BadCompression => Protocol, Protocol;
    a_reset_of_the_connection: Reset => Reset, StaleConnection;
    a_stray_continuation: StrayContinuation => Protocol, Protocol;
    data_before_the_head: DataBeforeHead => Protocol, Protocol;
    data_for_no_stream: DataOnStreamZero => Protocol, Protocol;
    http1_in_place_of_frames: Http1 => Protocol, Protocol;
];

mod streams {
    use super::*;

    /// A stream that fails leaves its connection to the others.
    async fn a_reset_of_a_stream_is_its_own_failure<S: Subject>(lab: Lab<S>) {
        let target = Http2Target::plain();
        let user = lab.user_with(prior());
        for path in ["/reset", "/refuse", "/reset-mid-body"] {
            user.get(&target.url(path)).await.assert_failure(ErrorKind::Reset);
            user.get(&target.url("/")).await.assert_answer(200, "ok");
        }
        assert_saw(target.truth(), 1, 6);
    }

    async fn a_reset_of_a_stream_after_its_head_is_reset<S: Subject>(lab: Lab<S>) {
        for answered in 0..2 {
            let target = Http2Faults::after(answered, Http2Fault::ResetStreamAfterHead);
            let user = lab.user_with(prior());
            for _ in 0..answered {
                user.get(&target.url("/")).await.assert_answer(200, "ok");
            }
            user.get(&target.url("/")).await.assert_failure(ErrorKind::Reset);
            assert_saw(target.truth(), 1, answered + 1);
        }
    }

    async fn a_goaway_before_the_answer_is_closed_early<S: Subject>(lab: Lab<S>) {
        let target = Http2Target::plain();
        lab.user_with(prior()).get(&target.url("/goaway")).await.assert_failure(ErrorKind::ClosedEarly);
        assert_saw(target.truth(), 1, 1);
    }

    async fn a_target_of_another_version_is_protocol<S: Subject>(lab: Lab<S>) {
        let old = Target::site();
        lab.user_with(prior()).get(&old.url("/")).await.assert_failure(ErrorKind::Protocol);
        let new = Http2Target::plain();
        lab.user().get(&new.url("/")).await.assert_failure(ErrorKind::Protocol);
    }

    async fn a_target_that_hangs_is_waited_for<S: Subject>(lab: Lab<S>) {
        let target = Http2Faults::after(0, Http2Fault::Hang);
        let went = lab.user_with(prior()).get_within(&target.url("/"), Duration::from_millis(150)).await;
        went.assert_pending();
        assert_saw(target.truth(), 1, 1);
    }

    conform![
        a_goaway_before_the_answer_is_closed_early,
        a_reset_of_a_stream_after_its_head_is_reset,
        a_reset_of_a_stream_is_its_own_failure,
        a_target_of_another_version_is_protocol,
        a_target_that_hangs_is_waited_for,
    ];
}
