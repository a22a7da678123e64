//! A site with one path per behaviour. `N`, `MS` and the like are decimal numbers; `?` marks a query.
//!
//! | path | what it does |
//! |---|---|
//! | `/` | 200, `ok` |
//! | `/echo` | 200, the request as JSON: `method`, `target`, `path`, `query`, `version`, `headers` (pairs), `body`, `body_bytes` |
//! | `/status/N` | this status; the body says it again, where there may be one |
//! | `/headers?NAME=VALUE` | 200 with these headers |
//! | `/bytes/N`, `/chunked/N/SIZE` | a body of N bytes by content-length, or in chunks of SIZE; byte *i* is `a` to `z` in turn |
//! | `/until-close/N` | a body of N bytes that the end of the connection ends |
//! | `/http10`, `/http10-keep-alive` | an HTTP/1.0 answer, and the end of the connection or not |
//! | `/connection-close` | says `connection: close`, and does |
//! | `/early-hints`, `/continue` | 103 or 100 before the answer |
//! | `/extra-bytes` | an answer, and more bytes than it announced |
//! | `/pieces/MS` | an answer with its head in two pieces, MS apart |
//! | `/delay/head/MS`, `/delay/body/MS`, `/delay/both/MS/MS` | waits before the head, between head and body, or both |
//! | `/delay/read/MS` | waits before it reads the request's body |
//! | `/drip/N/MS` | a body of N bytes, one every MS |
//! | `/redirect/N` | N redirects, then `/` |
//! | `/redirect-to?url=URL&status=N` | a redirect to there; 302 unless said otherwise |
//! | `/redirect-loop`, `/redirect-file`, `/redirect-nowhere`, `/redirect-bad` | to itself, to `file://`, without a location, with one that is none |
//! | `/cookies/set?NAME=VALUE` | sets these cookies; what comes after the value is its attributes |
//! | `/cookies/show` | 200, the request's cookies as a JSON object |
//! | `/basic/USER/PASSWORD`, `/bearer/TOKEN` | 401 until the request has these credentials |
//! | `/digest/USER/PASSWORD`, `/digest-sha256/…`, `/digest-stale/…` | the same with a digest; the last one calls every nonce stale once |
//! | `/gzip/N`, `/deflate/N`, `/zstd/N` | a body of N bytes as of `/bytes`, compressed |
//! | `/brotli` | `hello`, compressed |
//! | `/mislabelled/CODING`, `/cut/CODING/N`, `/bomb/CODING/MIB` | says it is compressed and is not; ends in the middle; zeros |
//! | `/keep/close`, `/keep/close-after/MS` | answers, and closes at once or when idle for MS, without a word |
//! | `/keep/drop-next`, `/keep/reset-next` | answers, reads the next request, and closes or resets |
//! | `/break/…` | ends too early; see `BREAKS` in `breaks.rs` |
//! | `/garbage/…` | is not HTTP, or not quite; see `GARBAGE` in `garbage.rs` |
//! | `/endless/head`, `/endless/interim`, `/endless/body`, `/endless/chunk` | header lines, 100s, chunks, or a single chunk without end |
//! | `/head-of/KB`, `/headers-of/N` | a header of so many KiB, or so many headers |

mod answers;
mod authentication;
mod bodies;
mod breaks;
mod compression;
mod cookies;
mod delays;
mod digest;
mod endless;
mod garbage;
mod keep_alive;
mod redirects;
mod route;

pub(crate) use bodies::{echo_of, pattern};
pub(crate) use route::Site;
