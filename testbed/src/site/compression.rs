//! Compressed bodies: right, mislabelled, cut off, and far larger than they look.

use super::{
    bodies::pattern,
    route::{After, Visit},
};
use crate::answer::Answer;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use std::io::{self, Write};

const MEBIBYTE: usize = 1 << 20;
/// A bomb of more than that would take long to make.
const LARGEST_BOMB: usize = 256;
/// `hello` in Brotli: a block that is not compressed.
const BROTLI_HELLO: &[u8] = &[0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];

pub(super) fn gzip(visit: &mut Visit<'_>) -> After {
    compressed(visit, "gzip")
}

pub(super) fn deflate(visit: &mut Visit<'_>) -> After {
    compressed(visit, "deflate")
}

pub(super) fn zstd(visit: &mut Visit<'_>) -> After {
    compressed(visit, "zstd")
}

pub(super) fn brotli(visit: &mut Visit<'_>) -> After {
    visit.answer(&coded("br", BROTLI_HELLO.to_vec()))
}

fn compressed(visit: &mut Visit<'_>, coding: &str) -> After {
    let body = pattern(visit.number(0) as usize);
    answer_with(visit, coding, pack(coding, &mut io::Cursor::new(body)))
}

pub(super) fn mislabelled(visit: &mut Visit<'_>) -> After {
    let coding = visit.rest.first().copied().unwrap_or("gzip").to_owned();
    visit.answer(&coded(&coding, pattern(100)))
}

pub(super) fn cut(visit: &mut Visit<'_>) -> After {
    let coding = visit.rest.first().copied().unwrap_or("gzip").to_owned();
    let body = pattern(visit.number(1) as usize);
    let half = pack(&coding, &mut io::Cursor::new(body)).map(|mut packed| {
        packed.truncate(packed.len() / 2);
        packed
    });
    answer_with(visit, &coding, half)
}

pub(super) fn bomb(visit: &mut Visit<'_>) -> After {
    let coding = visit.rest.first().copied().unwrap_or("gzip").to_owned();
    let mebibytes = (visit.number(1) as usize).min(LARGEST_BOMB);
    let mut zeros = io::Read::take(io::repeat(0), (mebibytes * MEBIBYTE) as u64);
    answer_with(visit, &coding, pack(&coding, &mut zeros))
}

fn answer_with(visit: &mut Visit<'_>, coding: &str, packed: Option<Vec<u8>>) -> After {
    match packed {
        Some(packed) => visit.answer(&coded(coding, packed)),
        None => visit.no_such_path(),
    }
}

fn coded(coding: &str, body: Vec<u8>) -> Answer {
    Answer::text("").header("content-encoding", coding).body(body)
}

/// Compresses; `None` for codings that nobody knows.
fn pack(coding: &str, body: &mut dyn io::Read) -> Option<Vec<u8>> {
    let fast = Compression::fast();
    match coding {
        "gzip" => copied(body, GzEncoder::new(Vec::new(), fast))?.finish().ok(),
        "deflate" => copied(body, ZlibEncoder::new(Vec::new(), fast))?.finish().ok(),
        "zstd" => copied(body, ::zstd::Encoder::new(Vec::new(), 1).ok()?)?.finish().ok(),
        _ => None,
    }
}

fn copied<W: Write>(body: &mut dyn io::Read, mut encoder: W) -> Option<W> {
    io::copy(body, &mut encoder).ok().map(|_| encoder)
}
