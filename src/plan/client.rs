//! What `http` says about connections, worked out: plain data that the engine makes its clients of.

use http::HeaderValue;
use std::{collections::BTreeMap, fmt, net::IpAddr, time::Duration};

/// How the users of a workload reach the target, and what each of them keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// How connections are made and kept.
    pub transport: TransportOptions,
    /// Whether each user keeps a jar of cookies.
    pub jar: bool,
    /// Whether the jar is emptied before each iteration.
    pub reset_jar: bool,
    /// Whether requests carry a W3C `traceparent`.
    pub trace: bool,
}

/// A jar that is never emptied, and no `traceparent`.
impl Default for Client {
    fn default() -> Self {
        Self { transport: TransportOptions::default(), jar: true, reset_jar: false, trace: false }
    }
}

/// How connections are made and kept.
#[derive(Debug, Clone, PartialEq)]
pub struct TransportOptions {
    /// Longest time until a connection is there.
    pub connect_timeout: Duration,
    /// Who shares connections.
    pub connections: Connections,
    /// Whether a connection carries more than one request.
    pub reuse: bool,
    /// The version of HTTP.
    pub version: HttpVersion,
    /// What stands between.
    pub proxy: Option<Proxy>,
    /// Whom to trust, and who we are.
    pub tls: TlsOptions,
    /// How names become addresses.
    pub dns: DnsOptions,
    /// The address that connections are made from.
    pub local_address: Option<IpAddr>,
}

/// What the language says of keys that are not written.
impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            connections: Connections::default(),
            reuse: true,
            version: HttpVersion::default(),
            proxy: None,
            tls: TlsOptions::default(),
            dns: DnsOptions::default(),
            local_address: None,
        }
    }
}

/// Who shares connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connections {
    /// Nobody: each user has its own, as real clients do.
    #[default]
    PerUser,
    /// The users of a worker.
    Shared {
        /// Most idle connections that are kept to a host; `usize::MAX` where there is no limit.
        max_idle_per_host: usize,
    },
}

/// The version of HTTP that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// What is agreed on with the server by ALPN; 1.1 without TLS.
    #[default]
    Auto,
    /// 1.1 only.
    Http1,
    /// 2 only, agreed on by ALPN.
    Http2,
    /// 2 without asking, over TLS or not.
    Http2PriorKnowledge,
}

/// A proxy that is spoken to in plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its name or address; an IPv6 address stands without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `proxy-authorization`.
    pub authorization: Option<HeaderValue>,
}

/// Whom to trust, and who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsOptions {
    /// Whether the server's certificate is verified.
    pub verify: bool,
    /// The authorities that are trusted, in DER; the system's where there are none.
    pub ca: Option<Vec<Vec<u8>>>,
    /// Who we are, where the server asks.
    pub identity: Option<Identity>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
    /// The DNS name or IP address that is asked for and verified in place of the URL's host.
    pub server_name: Option<String>,
}

/// The system's authorities, TLS 1.2 at least, and nobody in particular.
impl Default for TlsOptions {
    fn default() -> Self {
        Self { verify: true, ca: None, identity: None, min_version: TlsVersion::V12, server_name: None }
    }
}

/// A certificate and the key to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Our own certificate and those that lead to its authority, in DER.
    pub chain: Vec<Vec<u8>>,
    /// The key.
    pub key: PrivateKey,
}

/// A private key.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// How it is written.
    pub kind: KeyKind,
    /// The key itself, in DER.
    pub der: Vec<u8>,
}

/// Only of which kind it is: a key is a secret.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PrivateKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// How a private key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// PKCS #1, RFC 8017: RSA only.
    Pkcs1,
    /// SEC 1, RFC 5915: elliptic curves only.
    Sec1,
    /// PKCS #8, RFC 5958.
    Pkcs8,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    #[default]
    V12,
    /// TLS 1.3, RFC 8446.
    V13,
}

/// How names become addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsOptions {
    /// Addresses that take the place of a look-up, by names in lower case.
    pub hosts: BTreeMap<String, IpAddr>,
    /// How long the answer to a look-up is kept.
    pub ttl: Duration,
    /// Which addresses are taken first.
    pub prefer: AddressFamily,
}

/// No names, five minutes, and no preference.
impl Default for DnsOptions {
    fn default() -> Self {
        Self { hosts: BTreeMap::new(), ttl: Duration::from_secs(300), prefer: AddressFamily::Any }
    }
}

/// Which addresses of a name are taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressFamily {
    /// As the resolver orders them.
    #[default]
    Any,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}
