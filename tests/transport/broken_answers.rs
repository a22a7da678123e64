//! Answers that break off, and answers that are none: each ends in its own kind, after one request, and costs the
//! connection but not the user.

use super::lab::{Lab, Subject, assert_saw, fails};
use loadgen::model::ErrorKind;
use loadgen_testbed::Target;

fault_rows![
    a_banner_of_another_protocol: "/garbage/banner" => Protocol,
    a_bad_status: "/garbage/status-99999" => Protocol,
    a_bare_end_before_the_head: "/break/fin-before-head" => ClosedEarly,
    a_body_that_ends_early: "/break/fin-mid-body" => BodyTruncated,
    a_body_that_never_begins: "/break/fin-after-head" => BodyTruncated,
    a_chunk_larger_than_numbers_go: "/garbage/chunk-size-overflow" => BodyMalformed,
    a_chunk_that_ends_early: "/break/fin-mid-chunk" => BodyTruncated,
    a_chunk_without_a_size: "/garbage/chunk-size-bad" => BodyMalformed,
    a_chunk_without_its_end: "/garbage/chunk-without-end" => BodyMalformed,
    a_head_larger_than_any: "/head-of/1000" => Protocol,
    a_head_that_ends_early: "/break/fin-mid-head" => ClosedEarly,
    a_length_larger_than_numbers_go: "/garbage/length-overflow" => Protocol,
    a_length_that_is_none: "/garbage/length-bad" => Protocol,
    a_negative_length: "/garbage/length-negative" => Protocol,
    a_nul_in_the_head: "/garbage/nul" => Protocol,
    a_reset_after_the_head: "/break/reset-after-head" => Reset,
    a_reset_before_the_head: "/break/reset-before-head" => Reset,
    a_reset_in_a_chunk: "/break/reset-mid-chunk" => Reset,
    a_reset_in_the_body: "/break/reset-mid-body" => Reset,
    a_reset_in_the_head: "/break/reset-mid-head" => Reset,
    a_space_before_a_colon: "/garbage/space-before-colon" => Protocol,
    a_status_in_words: "/garbage/status-text" => Protocol,
    a_version_that_there_is_not: "/garbage/http-9.9" => Protocol,
    chunks_that_end_early: "/break/fin-between-chunks" => BodyTruncated,
    chunks_that_never_begin: "/break/fin-before-chunks" => BodyTruncated,
    more_headers_than_a_hundred: "/headers-of/150" => Protocol,
    two_lengths: "/garbage/length-twice" => Protocol,
];

mod resets_at_once {
    use super::*;

    /// Whether the client meets the reset when it writes or when it reads is the kernel's choice.
    async fn a_target_that_resets_every_connection_is_tried_once<S: Subject>(lab: Lab<S>) {
        let target = Target::resetting_at_once();
        lab.user().get(&target.url("/")).await.assert_failure(ErrorKind::Reset);
        assert_saw(target.truth(), 1, 0);
    }

    async fn a_target_that_closes_every_connection_is_tried_once<S: Subject>(lab: Lab<S>) {
        let target = Target::serving(|conversation| conversation.close());
        lab.user().get(&target.url("/")).await.assert_failure(ErrorKind::ClosedEarly);
        assert_saw(target.truth(), 1, 0);
    }

    /// As mail servers do, and HTTP/2: it speaks before it is asked.
    async fn a_target_that_speaks_first_is_protocol<S: Subject>(lab: Lab<S>) {
        let target = Target::serving(|conversation| {
            conversation.send("220 mail.example ESMTP ready\r\n");
            conversation.hang();
        });
        lab.user().get(&target.url("/")).await.assert_failure(ErrorKind::Protocol);
        assert_saw(target.truth(), 1, 0);
    }

    /// What the specification lets a client accept or refuse: it may do either, and must not mistake it for another.
    async fn what_is_not_quite_http_is_an_answer_or_a_protocol_failure<S: Subject>(lab: Lab<S>) {
        let target = Target::site();
        let user = lab.user();
        for name in ["status-999", "bare-lf", "length-and-chunked", "obs-fold"] {
            let went = user.get(&target.url(&format!("/garbage/{name}"))).await;
            match &went.result {
                Some(Ok(_)) => assert_eq!(&went.arrived().body[..], b"ok", "{name}"),
                _ => went.assert_failure(ErrorKind::Protocol),
            }
            user.get(&target.url("/bytes/3")).await.assert_answer(200, "abc");
        }
        assert_eq!(target.truth().requests().len(), 8);
    }

    async fn a_failure_tells_where_it_was<S: Subject>(lab: Lab<S>) {
        let target = Target::site();
        for path in ["/break/fin-before-head", "/break/reset-mid-body", "/garbage/banner"] {
            let went = lab.user().get(&target.url(path)).await;
            assert!(went.result.as_ref().unwrap().is_err());
            assert_eq!(went.moments.remote, Some(target.address()), "{path}");
        }
    }

    conform![
        a_failure_tells_where_it_was,
        a_target_that_closes_every_connection_is_tried_once,
        a_target_that_resets_every_connection_is_tried_once,
        a_target_that_speaks_first_is_protocol,
        what_is_not_quite_http_is_an_answer_or_a_protocol_failure,
    ];
}
