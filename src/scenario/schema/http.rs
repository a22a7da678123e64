//! `http`: what every request has unless it says otherwise.

use super::quantity::{Count, Duration, FilePath, Rate, Size, Text};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// What every request has unless it says otherwise, and how the client connects.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Http {
    /// Headers on every request; a request's own go over them.
    #[schemars(extend("examples" = [{ "accept": "application/json" }]))]
    headers: Option<BTreeMap<String, Text>>,
    /// How long a whole exchange may take, with all its redirects.
    #[schemars(extend("default" = "30s"))]
    timeout: Option<Duration>,
    /// How long a connection may take to be made, TLS included.
    #[schemars(extend("default" = "10s"))]
    connect_timeout: Option<Duration>,
    /// How many redirects are followed, or `false` for none: then a 3xx is the response.
    #[schemars(extend("default" = 10))]
    follow_redirects: Option<Redirects>,
    /// Whether each user has a jar of cookies, which it keeps between its iterations.
    #[schemars(extend("default" = true))]
    cookies: Option<bool>,
    /// Whether a user's jar is emptied before each iteration.
    #[schemars(extend("default" = false))]
    reset_each_iteration: Option<bool>,
    /// Who shares connections.
    #[schemars(extend("default" = "per_user"))]
    connections: Option<Connections>,
    /// How many idle connections to a host are kept; only where `connections` is `shared`. By default all.
    max_idle_per_host: Option<Count>,
    /// Whether a connection carries more than one request.
    #[schemars(extend("default" = true))]
    reuse: Option<bool>,
    /// The version of HTTP: `auto` agrees on one with the server, `2-prior-knowledge` speaks HTTP/2 without asking, also
    /// without TLS.
    #[schemars(extend("default" = "auto"))]
    version: Option<HttpVersion>,
    /// Which compressions are asked for, in this order. They are undone where a check or an extract looks at the body.
    #[schemars(extend("uniqueItems" = true, "examples" = [["gzip", "br"]]))]
    compression: Option<Vec<Compression>>,
    /// The header `user-agent`. By default `loadgen/VERSION`.
    user_agent: Option<Text>,
    /// URL of a proxy, `http://` only; an empty text is none. Those of the environment are ignored, and that is said.
    #[schemars(extend("examples" = ["http://proxy.example:3128"]))]
    proxy: Option<Text>,
    /// TLS: whom to trust, and who we are.
    tls: Option<Tls>,
    /// How names become addresses.
    dns: Option<Dns>,
    /// The address from which connections are made.
    #[schemars(extend("examples" = ["192.0.2.7"]))]
    local_address: Option<Text>,
    /// The most of a body that is kept for checks and extracts: where one of them needs the body and it is larger, the
    /// request ends without a response. Elsewhere a body of any size is read and counted.
    #[schemars(extend("default" = "10MiB"))]
    max_body: Option<Size>,
    /// Whether bodies are read and counted, but never kept; no check and no extract may look at one then.
    #[schemars(extend("default" = false))]
    discard_bodies: Option<bool>,
    /// The most requests per time over the whole run; only at the top of the file.
    #[schemars(extend("examples" = ["500/s"]))]
    max_rate: Option<Rate>,
    /// Whether each request carries a W3C `traceparent` header.
    #[schemars(extend("default" = false))]
    trace: Option<bool>,
    /// Hosts that a run may reach besides those written in the file, through a redirect or a URL with `${…}`.
    #[schemars(extend("examples" = [["cdn.example.com"]]))]
    allowed_hosts: Option<Vec<Text>>,
}

/// A number of redirects to follow, or `false` for none.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["integer", "boolean"], "minimum" = 0))]
pub(super) struct Redirects(String);

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Connections {
    /// Each user keeps its own connections, as real clients do.
    PerUser,
    /// One pool per worker.
    Shared,
}

/// A version of HTTP.
#[derive(JsonSchema)]
#[schemars(extend(
    "type" = ["string", "number"],
    "enum" = ["auto", 1.1, 2, "1.1", "2", "2-prior-knowledge"]
))]
pub(super) struct HttpVersion(String);

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Compression {
    Gzip,
    Br,
    Zstd,
    Deflate,
}

/// TLS: whom to trust, and who we are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Tls {
    /// Whether the server's certificate is verified. Turning it off is said loudly in every report.
    #[schemars(extend("default" = true))]
    verify: Option<bool>,
    /// PEM file of the authorities that are trusted, in place of the system's.
    #[schemars(extend("examples" = ["ca.pem"]))]
    ca: Option<FilePath>,
    /// PEM file of the client's own certificate.
    #[schemars(extend("examples" = ["client.pem"]))]
    cert: Option<FilePath>,
    /// PEM file of the key to `cert`, without a password.
    #[schemars(extend("examples" = ["client.key"]))]
    key: Option<FilePath>,
    /// The oldest version of TLS that is spoken.
    #[schemars(extend("default" = 1.2))]
    min_version: Option<TlsVersion>,
    /// The name that is asked for and verified, in place of the URL's host.
    server_name: Option<Text>,
}

/// A version of TLS.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["number", "string"], "enum" = [1.2, 1.3, "1.2", "1.3"]))]
pub(super) struct TlsVersion(String);

/// How names become addresses.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Dns {
    /// Addresses of names, in place of a look-up.
    #[schemars(extend("examples" = [{ "api.example.com": "192.0.2.10" }]))]
    hosts: Option<BTreeMap<String, Text>>,
    /// How long the answer to a look-up is kept.
    #[schemars(extend("default" = "5m"))]
    ttl: Option<Duration>,
    /// Which addresses are taken first.
    #[schemars(extend("default" = "any"))]
    prefer: Option<AddressFamily>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(super) enum AddressFamily {
    /// IPv4 first.
    Ipv4,
    /// IPv6 first.
    Ipv6,
    /// As the resolver orders them.
    Any,
}
