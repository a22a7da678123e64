//! `http` as written: what requests have unless they say otherwise, and how the client connects. What is not
//! written is nothing here; what that means is the plan's business.

use super::{span::Spanned, text::Text, types::Pairs};
use crate::model::Rate;
use std::{net::IpAddr, time::Duration};

/// `http`: what every request has unless it says otherwise, and how the client connects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpDefaults {
    /// `headers`.
    pub headers: Pairs,
    /// `user_agent`.
    pub user_agent: Option<Text>,
    /// `timeout` of a whole exchange.
    pub timeout: Option<Duration>,
    /// `allowed_hosts`: hosts that rendered URLs may name besides those of the file.
    pub allowed_hosts: Vec<String>,
    /// `connect_timeout`.
    pub connect_timeout: Option<Duration>,
    /// `follow_redirects`: the most that are followed; 0 for none.
    pub redirects: Option<u32>,
    /// `cookies`: whether each user has a jar.
    pub cookies: Option<bool>,
    /// `reset_each_iteration`: whether the jar is emptied before each iteration.
    pub reset_each_iteration: Option<bool>,
    /// `connections`.
    pub connections: Option<Connections>,
    /// `max_idle_per_host`, of shared connections.
    pub max_idle_per_host: Option<Spanned<u64>>,
    /// `reuse`: whether a connection carries more than one request.
    pub reuse: Option<bool>,
    /// `version` of HTTP.
    pub version: Option<HttpVersion>,
    /// `compression`: what is asked for, in this order.
    pub compression: Option<Vec<Compression>>,
    /// `proxy`: its URL.
    pub proxy: Option<Text>,
    /// `tls`.
    pub tls: TlsDefaults,
    /// `dns`.
    pub dns: DnsDefaults,
    /// `local_address`.
    pub local_address: Option<IpAddr>,
    /// `max_body`: bytes of a body that are kept.
    pub max_body: Option<u64>,
    /// `discard_bodies`.
    pub discard_bodies: Option<bool>,
    /// `max_rate`: most requests per time over the whole run. Never of a workload.
    pub max_rate: Option<Rate>,
    /// `trace`: whether requests carry a `traceparent`.
    pub trace: Option<bool>,
}

/// Who shares connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// `per_user`: nobody.
    PerUser,
    /// `shared`: the users of a worker.
    Shared,
}

/// A version of HTTP to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// `auto`: what is agreed on with the server.
    Auto,
    /// `1.1`.
    Http1,
    /// `2`.
    Http2,
    /// `2-prior-knowledge`: HTTP/2 without asking, over TLS or not.
    Http2PriorKnowledge,
}

/// A compression of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// Brotli, RFC 7932.
    Br,
    /// Zstandard, RFC 8878.
    Zstd,
    /// RFC 1950.
    Deflate,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Br, Self::Zstd, Self::Deflate];

    /// Its name in scenarios and in `accept-encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

/// `tls`: whom to trust, and who we are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TlsDefaults {
    /// `verify`.
    pub verify: Option<bool>,
    /// `ca`: a PEM file.
    pub ca: Option<Spanned<String>>,
    /// `cert`: a PEM file; never without `key`.
    pub cert: Option<Spanned<String>>,
    /// `key`: a PEM file; never without `cert`.
    pub key: Option<Spanned<String>>,
    /// `min_version`.
    pub min_version: Option<TlsVersion>,
    /// `server_name`.
    pub server_name: Option<Spanned<String>>,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2.
    V12,
    /// TLS 1.3.
    V13,
}

/// `dns`: how names become addresses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DnsDefaults {
    /// `hosts`: names and their addresses.
    pub hosts: Vec<(Spanned<String>, IpAddr)>,
    /// `ttl`: how long an answer is kept.
    pub ttl: Option<Duration>,
    /// `prefer`.
    pub prefer: Option<AddressFamily>,
}

/// Which addresses are taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFamily {
    /// `any`: as the resolver orders them.
    Any,
    /// `ipv4`.
    Ipv4,
    /// `ipv6`.
    Ipv6,
}
