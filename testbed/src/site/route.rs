//! From a path to what it does.

use super::{
    answers, authentication, bodies, breaks, compression, cookies, delays, digest::Nonces, endless, garbage,
    keep_alive, redirects,
};
use crate::{answer::Answer, conversation::Conversation, request::Request};
use std::time::Duration;

/// What all connections of a site share.
#[derive(Default)]
pub(crate) struct Site {
    pub(super) nonces: Nonces,
}

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It takes the next request.
    Keep,
    /// It is closed in order.
    Close,
    /// It ends with a FIN and without TLS's farewell.
    Cut,
    /// It is reset.
    Reset,
}

/// One request on its way through the site.
pub(super) struct Visit<'v> {
    pub site: &'v Site,
    pub conversation: &'v mut Conversation,
    pub request: &'v Request,
    /// The segments of the path after the first.
    pub rest: Vec<&'v str>,
}

type Handler = fn(&mut Visit<'_>) -> After;

const ROUTES: &[(&str, Handler)] = &[
    ("echo", bodies::echo),
    ("status", answers::status),
    ("headers", answers::headers),
    ("bytes", bodies::bytes),
    ("chunked", bodies::chunked),
    ("until-close", bodies::until_close),
    ("http10", answers::http10),
    ("http10-keep-alive", answers::http10_keep_alive),
    ("connection-close", answers::connection_close),
    ("early-hints", answers::early_hints),
    ("continue", answers::interim),
    ("extra-bytes", answers::extra_bytes),
    ("pieces", answers::pieces),
    ("delay", delays::delay),
    ("drip", delays::drip),
    ("redirect", redirects::countdown),
    ("redirect-to", redirects::to),
    ("redirect-loop", redirects::to_itself),
    ("redirect-file", redirects::to_a_file),
    ("redirect-nowhere", redirects::nowhere),
    ("redirect-bad", redirects::unparsable),
    ("cookies", cookies::cookies),
    ("basic", authentication::basic),
    ("bearer", authentication::bearer),
    ("digest", authentication::digest_md5),
    ("digest-sha256", authentication::digest_sha256),
    ("digest-stale", authentication::digest_stale),
    ("gzip", compression::gzip),
    ("deflate", compression::deflate),
    ("zstd", compression::zstd),
    ("brotli", compression::brotli),
    ("mislabelled", compression::mislabelled),
    ("cut", compression::cut),
    ("bomb", compression::bomb),
    ("keep", keep_alive::keep),
    ("break", breaks::break_off),
    ("garbage", garbage::garbage),
    ("endless", endless::endless),
    ("head-of", garbage::head_of),
    ("headers-of", garbage::headers_of),
];

impl Site {
    /// Serves a connection to its end.
    pub fn serve(&self, conversation: &mut Conversation) {
        while let Some(head) = conversation.head() {
            if let ["delay", "read", millis] = head.segments()[..] {
                conversation.pause(Duration::from_millis(millis.parse().unwrap_or(0)));
            }
            let Some(request) = conversation.body(head) else { return };
            let wants_close =
                request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            match self.visit(conversation, &request) {
                After::Keep if !wants_close => {}
                After::Keep | After::Close => return conversation.close(),
                After::Cut => return conversation.cut(),
                After::Reset => return conversation.reset(),
            }
        }
    }

    fn visit(&self, conversation: &mut Conversation, request: &Request) -> After {
        let segments = request.segments();
        let Some((first, rest)) = segments.split_first() else {
            return kept(conversation.answer(request, &Answer::text("ok")));
        };
        let handler = ROUTES.iter().find(|(name, _)| name == first).map(|(_, handler)| handler);
        let mut visit = Visit { site: self, conversation, request, rest: rest.to_vec() };
        match handler {
            Some(handler) => handler(&mut visit),
            None => visit.answer(&Answer::new(404).body("no such path")),
        }
    }
}

impl Visit<'_> {
    /// The number at this place of the rest of the path; 0 where there is none.
    pub fn number(&self, at: usize) -> u64 {
        self.rest.get(at).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The milliseconds at this place.
    pub fn millis(&self, at: usize) -> Duration {
        Duration::from_millis(self.number(at))
    }

    /// Sends an answer that is in order.
    pub fn answer(&mut self, answer: &Answer) -> After {
        kept(self.conversation.answer(self.request, answer))
    }

    /// Sends bytes, whatever they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> After {
        kept(self.conversation.send(bytes))
    }

    /// 404.
    pub fn no_such_path(&mut self) -> After {
        self.answer(&Answer::new(404).body("no such path"))
    }
}

fn kept(sent: bool) -> After {
    if sent { After::Keep } else { After::Cut }
}
