//! What a target sends does not fill the memory: bodies and heads without end, bombs, floods.

use super::{
    fault_table::{Row, assert_rows, run_text},
    harness::Sandbox,
};
use flate2::{Compression, write::GzEncoder};
use loadgen_testbed::{Answer, Conversation, Target};
use std::io::copy;

/// Most that a run of these may ever hold. Of it a user needs some 30 MiB for a body of 10 MiB that a check reads: while
/// it grows, it is there twice.
const MOST_KIB: u64 = 150 * 1024;

const MIB: usize = 1 << 20;
/// What users who kept it would not get into that.
const LARGE: usize = 128 * MIB;

const A_WHILE: &str = ", timeout: 400ms";
const READS: &str = ", check: { has it: body contains zebra }";

/// Runs what the paths of a target send, one after the other, and looks at the most memory that it ever had.
#[track_caller]
fn assert_small(target: &Target, http: &str, paths: &[(&str, &str, &'static str)]) {
    let rows: Vec<Row> = paths
        .iter()
        .enumerate()
        .map(|(number, (path, more, kind))| {
            Row::new(&format!("{number} {path}"), target.url(path), more, kind)
        })
        .collect();
    let (run, peak_kib) = Sandbox::new().start_scenario(&run_text(http, &rows), &[]).wait_for_peak();
    assert_rows(&run, &rows);
    if cfg!(target_os = "linux") {
        assert!(peak_kib > 1024, "the peak was not seen: {peak_kib} KiB");
    }
    assert!(peak_kib < MOST_KIB, "{peak_kib} KiB\n{}", run.both());
    assert_eq!(run.summary().count("http_reqs"), target.truth().requests().len() as u64);
}

#[test]
fn what_does_not_end_is_not_kept() {
    let target = Target::site();
    assert_small(
        &target,
        "timeout: 5s",
        &[
            ("/endless/body", A_WHILE, "timeout"),
            ("/endless/chunk", A_WHILE, "timeout"),
            ("/endless/interim", A_WHILE, "timeout"),
            ("/endless/head", A_WHILE, "timeout"),
            ("/head-of/4000", "", "protocol"),
            ("/headers-of/20000", "", "protocol"),
            ("/endless/body", READS, "body_too_large"),
            ("/endless/chunk", READS, "body_too_large"),
        ],
    );
    let sent = target.truth().sent_bytes();
    assert!(sent > 2 * LARGE as u64, "too little to fill anything: {sent}");
}

/// Nothing but zeros, and far smaller on the way.
fn bombs() -> [(&'static str, Vec<u8>); 2] {
    let zeros = || std::io::Read::take(std::io::repeat(0), LARGE as u64);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    copy(&mut zeros(), &mut gzip).unwrap();
    let mut zstd = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    copy(&mut zeros(), &mut zstd).unwrap();
    [("gzip", gzip.finish().unwrap()), ("zstd", zstd.finish().unwrap())]
}

/// Large bodies with and without an announced length, and bombs.
fn serve_large(conversation: &mut Conversation, bombs: &[(&str, Vec<u8>)]) {
    while let Some(request) = conversation.request() {
        let bomb = bombs.iter().find(|(coding, _)| request.path().ends_with(coding));
        let mut went = match (bomb, request.path()) {
            (Some((coding, bytes)), _) => {
                let answer = Answer::new(200).header("content-encoding", *coding).body(bytes.clone());
                conversation.send(answer.bytes())
            }
            (None, "/announced") => {
                conversation.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n"))
            }
            _ => conversation.send("HTTP/1.1 200 OK\r\n\r\n"),
        };
        if bomb.is_some() && went {
            continue;
        }
        let piece = vec![b'x'; MIB];
        for _ in 0..LARGE / MIB {
            went = went && conversation.send(&piece);
        }
        if !went || request.path() != "/announced" {
            return conversation.close();
        }
    }
}

#[test]
fn what_is_large_is_kept_up_to_its_limit() {
    let bombs = bombs();
    let target = Target::serving(move |conversation| serve_large(conversation, &bombs));
    assert_small(
        &target,
        "timeout: 10s",
        &[
            ("/announced", "", ""),
            ("/unannounced", "", ""),
            ("/gzip", "", ""),
            ("/zstd", "", ""),
            ("/announced", READS, "body_too_large"),
            ("/unannounced", READS, "body_too_large"),
            ("/gzip", READS, "body_too_large"),
            ("/zstd", READS, "body_too_large"),
            // The sample of a failure is a piece of the body.
            ("/announced", ", expect: status == 201", ""),
        ],
    );
}

/// However much might be kept, nothing is.
#[test]
fn what_is_discarded_is_not_kept() {
    let target = Target::serving(|conversation| serve_large(conversation, &[]));
    assert_small(
        &target,
        "timeout: 10s, discard_bodies: true, max_body: 1GiB",
        &[("/announced", ", expect: status == 201", ""), ("/unannounced", "", "")],
    );
}
