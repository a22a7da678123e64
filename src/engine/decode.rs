//! Undoes `content-encoding`, where a check or an extract looks at a body. It is given what was kept of the body, which
//! must be all of it: half of a compressed body is malformed.
//!
//! No output is larger than its caller allows, and no decoder keeps more than its window: 32 KiB for gzip and deflate,
//! 16 MiB for br, 8 MiB for zstd.

use crate::model::excerpt;
use ::http::{HeaderMap, header::CONTENT_ENCODING};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status, bufread::MultiGzDecoder};
use std::io::{self, Read};
use zstd::stream::read::Decoder as ZstdDecoder;

/// Most codings that one body may have; a target that needs more means harm.
const MOST_CODINGS: usize = 5;
/// Bytes that are decoded at once.
const CHUNK: usize = 16 * 1024;
/// Largest window of zstd, as a power of two: what RFC 9659 has every client support, and none use more.
const ZSTD_WINDOW_LOG: u32 = 23;
/// Longest name of an unknown coding that is shown.
const SHOWN_NAME: usize = 40;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    /// It is larger than allowed when decoded.
    #[error("the decoded body is larger than {0} bytes")]
    TooLarge(usize),
    /// It is not what `content-encoding` says.
    #[error("{0}")]
    Malformed(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The body without its codings, of at most `most` bytes; `None` where it has none.
///
/// # Errors
/// It has a coding that is not known, it is not what it claims to be or ends too early, or it is too large.
pub(super) fn decode(headers: &HeaderMap, body: &Bytes, most: usize) -> Result<Option<Bytes>, DecodeError> {
    if body.is_empty() {
        // The answer to a HEAD names the coding of the body that it leaves out.
        return Ok(None);
    }
    let codings = codings(headers)?;
    let mut decoded: Option<Bytes> = None;
    for coding in codings.iter().rev() {
        decoded = Some(coding.undo(decoded.as_ref().unwrap_or(body), most)?);
    }
    Ok(decoded)
}

/// In the order in which they were applied.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, DecodeError> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
                continue;
            }
            codings.push(Coding::named(name)?);
            if codings.len() > MOST_CODINGS {
                let why = format!("`content-encoding` has more than {MOST_CODINGS} codings");
                return Err(DecodeError::Malformed(why));
            }
        }
    }
    Ok(codings)
}

impl Coding {
    fn named(name: &[u8]) -> Result<Self, DecodeError> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        Ok(match () {
            () if is("gzip") || is("x-gzip") => Self::Gzip,
            () if is("deflate") => Self::Deflate,
            () if is("br") => Self::Brotli,
            () if is("zstd") => Self::Zstd,
            () => {
                let name = String::from_utf8_lossy(name);
                let why = format!("the `content-encoding` `{}` is not known", excerpt(&name, SHOWN_NAME));
                return Err(DecodeError::Malformed(why));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn undo(self, input: &[u8], most: usize) -> Result<Bytes, DecodeError> {
        let mut output = Output { bytes: Vec::new(), most };
        let result = match self {
            _ if input.is_empty() => Err(Fault::Cut),
            Self::Gzip => drain(MultiGzDecoder::new(input), &mut output),
            Self::Deflate => inflate(input, &mut output),
            Self::Brotli => unbrotli(input, &mut output),
            Self::Zstd => unzstd(input, &mut output),
        };
        match result {
            Ok(()) => Ok(Bytes::from(output.bytes)),
            Err(Fault::TooLarge) => Err(DecodeError::TooLarge(most)),
            Err(fault) => {
                let name = self.name();
                Err(DecodeError::Malformed(match fault {
                    Fault::Cut => format!("the {name} body ends too early"),
                    Fault::Trailing => format!("the {name} body goes on behind its end"),
                    _ => format!("the body is not valid {name}"),
                }))
            }
        }
    }
}

/// What is wrong with a coded body.
enum Fault {
    TooLarge,
    Cut,
    Trailing,
    Invalid,
}

/// What has come out so far. It grows by doubling, but its room is never larger than the limit.
struct Output {
    bytes: Vec<u8>,
    most: usize,
}

impl Output {
    fn push(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        let length = self.bytes.len() + chunk.len();
        if length > self.most {
            return Err(Fault::TooLarge);
        }
        if length > self.bytes.capacity() {
            let room = (self.bytes.capacity() * 2).clamp(length, self.most);
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

fn drain(mut decoder: impl Read, output: &mut Output) -> Result<(), Fault> {
    let mut chunk = [0; CHUNK];
    loop {
        match decoder.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => output.push(&chunk[..length])?,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Fault::Cut),
            Err(_) => return Err(Fault::Invalid),
        }
    }
}

/// With zlib's wrapping, as the standard has it, and without, as some servers send it. flate2's reader would take a
/// stream that was cut for a whole one.
fn inflate(input: &[u8], output: &mut Output) -> Result<(), Fault> {
    let mut state = Decompress::new(is_zlib(input));
    let mut chunk = [0; CHUNK];
    loop {
        let (before, read) = (state.total_out(), state.total_in());
        let rest = &input[read as usize..];
        let status = state.decompress(rest, &mut chunk, FlushDecompress::None).map_err(|_| Fault::Invalid)?;
        let written = state.total_out() - before;
        output.push(&chunk[..written as usize])?;
        match status {
            Status::StreamEnd if state.total_in() == input.len() as u64 => return Ok(()),
            Status::StreamEnd => return Err(Fault::Trailing),
            _ if written == 0 && state.total_in() == read => return Err(Fault::Cut),
            _ => {}
        }
    }
}

/// Whether this begins as zlib's format does (RFC 1950, section 2.2). No compressor's raw stream begins so: it would
/// be a stored block with something other than zeros in its padding.
fn is_zlib(input: &[u8]) -> bool {
    let [method, flags, ..] = input else { return false };
    method & 0x0f == 8 && method >> 4 <= 7 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0
}

fn unbrotli(input: &[u8], output: &mut Output) -> Result<(), Fault> {
    // Strict: without the extension to windows of a gigabyte.
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let (mut left, mut at, mut total) = (input.len(), 0, 0);
    let mut chunk = [0; CHUNK];
    loop {
        let (mut room, mut filled) = (CHUNK, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            input,
            &mut room,
            &mut filled,
            &mut chunk,
            &mut total,
            &mut state,
        );
        output.push(&chunk[..filled])?;
        match result {
            BrotliResult::ResultSuccess if left == 0 => return Ok(()),
            BrotliResult::ResultSuccess => return Err(Fault::Trailing),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(Fault::Cut),
            BrotliResult::ResultFailure => return Err(Fault::Invalid),
        }
    }
}

fn unzstd(input: &[u8], output: &mut Output) -> Result<(), Fault> {
    let mut decoder = ZstdDecoder::with_buffer(input).map_err(|_| Fault::Invalid)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|_| Fault::Invalid)?;
    drain(decoder, output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };
    use proptest::prelude::*;
    use std::io::Write;

    const MOST: usize = 1024 * 1024;
    const MIB: usize = 1024 * 1024;
    const BOMB: usize = 200 * MIB;

    /// `"loadgen " * 40 + "ends here"`, made by the reference encoder.
    const BROTLI: [u8; 27] = [
        0x1b, 0x48, 0x01, 0xf8, 0xc5, 0x53, 0x96, 0xaa, 0x5c, 0x6d, 0x4c, 0x31, 0x0f, 0x2f, 0x55, 0x76, 0x2b,
        0x07, 0x70, 0x49, 0xde, 0xa3, 0xe2, 0x01, 0x4f, 0x8f, 0x05,
    ];
    /// The same with the large-window extension.
    const BROTLI_LARGE_WINDOW: [u8; 28] = [
        0x11, 0x5c, 0x20, 0x05, 0xe0, 0x17, 0x4f, 0x59, 0xaa, 0x72, 0xb5, 0x31, 0xc5, 0x3c, 0xbc, 0x54, 0xd9,
        0xad, 0x1c, 0x80, 0x8b, 0xe4, 0x3d, 0x2a, 0x1e, 0xf0, 0xf4, 0x58,
    ];
    /// 16 MiB of zeros.
    const BROTLI_ZEROS: [u8; 27] = [
        0xcb, 0xff, 0xff, 0x3f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x2f, 0xff, 0xff, 0xff,
        0xf0, 0x4f, 0x00, 0xc4, 0x61, 0x11, 0x80, 0xee, 0xfd, 0x1f,
    ];
    /// 200 MiB of zeros, encoded twice.
    const BROTLI_BOMB: [u8; 137] = [
        0x1b, 0xa4, 0x00, 0xf8, 0x2f, 0x0b, 0x78, 0x43, 0x34, 0xf5, 0x1b, 0xc5, 0xca, 0x22, 0xaa, 0x06, 0x84,
        0x9d, 0x08, 0x90, 0x9f, 0x18, 0x7d, 0x06, 0x35, 0x0b, 0xd2, 0x33, 0x34, 0x28, 0x68, 0x6d, 0x7b, 0xaf,
        0x98, 0x57, 0xbe, 0x44, 0xda, 0x7f, 0x89, 0x54, 0x42, 0xb4, 0xe6, 0x0d, 0x22, 0x29, 0x42, 0x0c, 0x66,
        0xc9, 0x93, 0x4f, 0x92, 0xe8, 0x12, 0x17, 0x10, 0x68, 0x0b, 0x70, 0x0c, 0xdf, 0xab, 0x5e, 0xef, 0x7a,
        0xf8, 0x6c, 0x24, 0xbc, 0x50, 0xc4, 0x27, 0x41, 0xc7, 0x23, 0x18, 0x8a, 0xb6, 0xf3, 0xa8, 0x75, 0xe5,
        0x05, 0xd9, 0x91, 0xc3, 0xca, 0xe8, 0xf2, 0x0b, 0x01, 0x33, 0xd5, 0x24, 0x6b, 0x9c, 0x20, 0x54, 0x41,
        0xcd, 0xba, 0x9a, 0x2f, 0xf8, 0x11, 0x41, 0x26, 0xe9, 0x7f, 0x40, 0xea, 0x86, 0x39, 0xe7, 0x09, 0x55,
        0xc5, 0x47, 0x35, 0xb4, 0xf8, 0x0c, 0xff, 0x60, 0x07, 0x26, 0x37, 0x76, 0x77, 0x51, 0x66, 0xea, 0xf0,
        0x15,
    ];

    fn text() -> Vec<u8> {
        ("loadgen ".repeat(40) + "ends here").into_bytes()
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).expect("into memory");
        encoder.finish().expect("into memory")
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).expect("into memory");
        encoder.finish().expect("into memory")
    }

    fn raw_deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).expect("into memory");
        encoder.finish().expect("into memory")
    }

    fn zstd(data: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(data, 3).expect("into memory")
    }

    /// Uncompressed meta-blocks (RFC 7932, section 9.2), of at most 64 KiB each.
    fn brotli(data: &[u8]) -> Vec<u8> {
        // WBITS = 16 is a zero bit; the first meta-block's header follows it without a gap.
        let (mut bits, mut count) = (0u32, 1);
        let mut out = Vec::new();
        for block in data.chunks(65_536) {
            // ISLAST = 0, MNIBBLES = 4, MLEN - 1, ISUNCOMPRESSED = 1.
            bits |= ((block.len() - 1) as u32) << (count + 3) | 1 << (count + 19);
            count += 20;
            out.extend_from_slice(&bits.to_le_bytes()[..usize::div_ceil(count as usize, 8)]);
            out.extend_from_slice(block);
            (bits, count) = (0, 0);
        }
        // ISLAST and ISLASTEMPTY.
        out.push((bits | 3 << count) as u8);
        out
    }

    fn zeros(mut encoder: impl Write, length: usize) {
        let chunk = vec![0; MIB];
        (0..length / MIB).for_each(|_| encoder.write_all(&chunk).expect("into memory"));
    }

    fn encoded(codings: &[&str]) -> HeaderMap {
        codings.iter().map(|name| (CONTENT_ENCODING, HeaderValue::from_str(name).expect("a name"))).collect()
    }

    fn undo(coding: &str, body: &[u8]) -> Result<Option<Bytes>, DecodeError> {
        decode(&encoded(&[coding]), &Bytes::copy_from_slice(body), MOST)
    }

    fn malformed(text: &str) -> Result<Option<Bytes>, DecodeError> {
        Err(DecodeError::Malformed(text.to_owned()))
    }

    fn two(first: Vec<u8>, second: Vec<u8>) -> Vec<u8> {
        [first, second].concat()
    }

    #[test]
    fn each_coding_is_undone() {
        let (text, twice) = (text(), text().repeat(2));
        for (coding, body, expected) in [
            ("gzip", gzip(&text), &text),
            ("x-gzip", gzip(&text), &text),
            ("GZip", gzip(&text), &text),
            ("gzip", two(gzip(&text), gzip(&text)), &twice),
            ("gzip", gzip(b""), &Vec::new()),
            ("deflate", zlib(&text), &text),
            ("deflate", raw_deflate(&text), &text),
            ("br", BROTLI.to_vec(), &text),
            ("br", brotli(&text), &text),
            ("br", brotli(b""), &Vec::new()),
            ("zstd", zstd(&text), &text),
            ("zstd", two(zstd(&text), zstd(&text)), &twice),
            // A frame to be skipped (RFC 8878, section 3.1.2).
            ("zstd", two(vec![0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9], zstd(&text)), &text),
            ("gzip, br", brotli(&gzip(&text)), &text),
            ("br,gzip", gzip(&brotli(&text)), &text),
            (" identity , gzip,,deflate ", zlib(&gzip(&text)), &text),
            ("gzip, gzip, gzip, zstd, deflate", zlib(&zstd(&gzip(&gzip(&gzip(&text))))), &text),
        ] {
            let decoded = undo(coding, &body).expect(coding).expect("a coded body");
            assert_eq!(decoded, *expected, "{coding}");
        }
        let headers = encoded(&["gzip", "br"]);
        let body = Bytes::from(brotli(&gzip(&text)));
        assert_eq!(decode(&headers, &body, MOST), Ok(Some(text.into())), "two headers are one list");
    }

    #[test]
    fn what_has_no_coding_is_left_alone_at_no_cost() {
        let body = Bytes::from_static(b"plain");
        let empty = Bytes::new();
        let (none, identity, gzip) = (encoded(&[]), encoded(&["identity", ""]), encoded(&["gzip"]));
        let cost = allocation_counter::measure(|| {
            assert_eq!(decode(&none, &body, MOST), Ok(None));
            assert_eq!(decode(&identity, &body, MOST), Ok(None));
            assert_eq!(decode(&gzip, &empty, MOST), Ok(None), "the answer to a HEAD");
        });
        assert_eq!(cost.count_total, 0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let text = text();
        for (coding, body, expected) in [
            ("compress", text.clone(), "the `content-encoding` `compress` is not known"),
            ("gzip, nonsense", gzip(&text), "the `content-encoding` `nonsense` is not known"),
            ("gzip,gzip,gzip,gzip,gzip,gzip", gzip(&text), "`content-encoding` has more than 5 codings"),
            ("gzip", text.clone(), "the body is not valid gzip"),
            ("deflate", text.clone(), "the body is not valid deflate"),
            ("zstd", text.clone(), "the body is not valid zstd"),
            ("gzip", two(gzip(&text), b"more than a head".to_vec()), "the body is not valid gzip"),
            ("deflate", two(zlib(&text), b"more".to_vec()), "the deflate body goes on behind its end"),
            ("br", two(BROTLI.to_vec(), b"more".to_vec()), "the br body goes on behind its end"),
            ("zstd", two(zstd(&text), b"more".to_vec()), "the body is not valid zstd"),
            ("zstd, gzip", gzip(b""), "the zstd body ends too early"),
            ("br", BROTLI_LARGE_WINDOW.to_vec(), "the body is not valid br"),
        ] {
            assert_eq!(undo(coding, &body), malformed(expected), "{coding}");
        }
        let long = undo(&"x".repeat(1_000), b"body");
        assert_eq!(
            long,
            malformed(&format!("the `content-encoding` `{}` is not known", "x".repeat(40) + "…"))
        );
    }

    #[test]
    fn a_body_that_was_cut_anywhere_is_malformed() {
        let text = text();
        for (coding, body) in [
            ("gzip", gzip(&text)),
            ("deflate", zlib(&text)),
            ("deflate", raw_deflate(&text)),
            ("br", BROTLI.to_vec()),
            ("br", brotli(&text)),
            ("zstd", zstd(&text)),
            ("gzip, br", brotli(&gzip(&text))),
        ] {
            for length in 1..body.len() {
                let cut = undo(coding, &body[..length]);
                assert!(matches!(cut, Err(DecodeError::Malformed(_))), "{coding} cut at {length}: {cut:?}");
            }
        }
    }

    #[test]
    fn a_byte_that_changed_does_not_go_unnoticed_where_there_is_a_checksum() {
        let text = text();
        for (coding, mut body) in [("gzip", gzip(&text)), ("deflate", zlib(&text))] {
            let last = body.len() - 6;
            body[last] ^= 1;
            assert!(matches!(undo(coding, &body), Err(DecodeError::Malformed(_))), "{coding}");
        }
    }

    #[test]
    fn the_limit_is_exact() {
        let data = vec![b'x'; 3 * CHUNK];
        for (coding, body) in [
            ("gzip", gzip(&data)),
            ("deflate", zlib(&data)),
            ("deflate", raw_deflate(&data)),
            ("br", brotli(&data)),
            ("zstd", zstd(&data)),
        ] {
            let (headers, body) = (encoded(&[coding]), Bytes::from(body));
            assert_eq!(decode(&headers, &body, data.len()), Ok(Some(data.clone().into())), "{coding}");
            for most in [data.len() - 1, CHUNK, 1, 0] {
                assert_eq!(decode(&headers, &body, most), Err(DecodeError::TooLarge(most)), "{coding}");
            }
        }
    }

    #[test]
    fn a_bomb_costs_no_more_than_the_limit_and_the_decoder() {
        let mut flat = GzEncoder::new(Vec::new(), Compression::fast());
        zeros(&mut flat, BOMB);
        let flat = flat.finish().expect("into memory");
        let mut frame = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
        zeros(&mut frame, BOMB);
        let frame = frame.finish().expect("into memory");
        for (codings, body, decoder) in [
            ("gzip", flat.clone(), 64 * 1024),
            ("gzip, gzip", gzip(&flat), 64 * 1024),
            ("gzip, gzip, gzip", gzip(&gzip(&flat)), 64 * 1024),
            ("zstd", frame.clone(), 64 * 1024),
            ("zstd, gzip", gzip(&frame), 64 * 1024),
            // Its window is what the stream asks for, up to 16 MiB, twice while it grows.
            ("br", BROTLI_ZEROS.to_vec(), 34 * MIB),
            ("br, br", BROTLI_BOMB.to_vec(), 34 * MIB),
        ] {
            let (headers, body) = (encoded(&[codings]), Bytes::from(body));
            let cost = allocation_counter::measure(|| {
                assert_eq!(decode(&headers, &body, MOST), Err(DecodeError::TooLarge(MOST)), "{codings}");
            });
            // What is there, and what it moves into when it grows; of stacked codings the one before, too.
            let most = 3 * MOST + decoder;
            assert!(cost.bytes_max <= most as u64, "{codings}: {} bytes", cost.bytes_max);
        }
    }

    #[test]
    fn a_window_of_zstd_beyond_the_standard_is_refused() {
        for (log, sound) in [(23, true), (24, false)] {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
            encoder.set_parameter(zstd::zstd_safe::CParameter::WindowLog(log)).expect("a window");
            encoder.write_all(&text()).expect("into memory");
            let body = encoder.finish().expect("into memory");
            assert_eq!(undo("zstd", &body).is_ok(), sound, "2^{log}");
        }
    }

    proptest! {
        #[test]
        fn whatever_went_in_comes_out(data in proptest::collection::vec(any::<u8>(), 1..5_000)) {
            for (coding, body) in [
                ("gzip", gzip(&data)),
                ("deflate", zlib(&data)),
                ("deflate", raw_deflate(&data)),
                ("br", brotli(&data)),
                ("zstd", zstd(&data)),
            ] {
                prop_assert_eq!(undo(coding, &body), Ok(Some(data.clone().into())), "{}", coding);
            }
        }

        #[test]
        fn nothing_makes_it_panic(
            data in proptest::collection::vec(any::<u8>(), 0..400),
            coding in "(gzip|deflate|br|zstd)(, ?(gzip|deflate|br|zstd))?",
            flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        ) {
            for body in [data, BROTLI.to_vec(), gzip(&text()), zlib(&text()), zstd(&text())] {
                let mut body = body;
                for (at, byte) in flips.iter().filter(|_| !body.is_empty()).collect::<Vec<_>>() {
                    let at = at.index(body.len());
                    body[at] ^= byte;
                }
                if let Ok(Some(decoded)) = undo(&coding, &body) {
                    prop_assert!(decoded.len() <= MOST);
                }
            }
        }
    }
}
