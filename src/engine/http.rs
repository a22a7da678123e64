//! The transport over reqwest, a client per user over one shared TLS configuration. The one file that knows
//! reqwest.
//!
//! reqwest is kept bare: it follows no redirect, keeps no cookie, decompresses nothing, retries nothing,
//! ignores the proxies of the environment and has no timeout but that of connecting.

use super::{
    clock::Clock,
    connect_log::ConnectLog,
    failure::{DnsError, Phase, classify},
    transport::{Arrived, Exchange, Failure, Outgoing, Transport, Transports},
};
use crate::model::{ErrorKind, Protocol};
use bytes::{Bytes, BytesMut};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HOST, HeaderMap, HeaderValue},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use url::{Position, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes a client for each user. Cloning shares the TLS configuration, which costs a hundred times what the
/// client itself does.
#[derive(Clone)]
pub struct HttpTransports {
    tls: ClientConfig,
}

impl HttpTransports {
    /// Reads the system's certificates.
    ///
    /// # Errors
    /// The TLS library does not support its own defaults; never seen.
    pub fn new() -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let mut tls = match rustls_platform_verifier::Verifier::new(provider) {
            Ok(verifier) => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
            }
            // A machine without certificates can still test http:// targets; https:// ones fail as unknown.
            Err(_) => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
        };
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { tls })
    }

    fn client(&self, log: &ConnectLog) -> Result<reqwest::Client, reqwest::Error> {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            // A user keeps its connection however long it thinks; the target may close it.
            .pool_idle_timeout(None)
            .dns_resolver(Arc::new(SystemResolver))
            .connector_layer(log.clone())
            .build()
    }
}

impl Transports for HttpTransports {
    type User = HttpUser;

    fn user(&self, clock: Clock) -> HttpUser {
        let log = ConnectLog::new(clock);
        let client = self.client(&log).map_err(|error| classify(&error, Phase::Connecting));
        HttpUser { client, clock, log, host: HostHeader::default() }
    }
}

/// getaddrinfo, with failures that can be told apart.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(DnsError)?;
            let addresses: Vec<SocketAddr> = found.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// One user's client and connections.
pub struct HttpUser {
    client: Result<reqwest::Client, Failure>,
    clock: Clock,
    log: ConnectLog,
    host: HostHeader,
}

impl Transport for HttpUser {
    async fn exchange(&mut self, mut request: Outgoing) -> Exchange {
        let started = request.ready_at;
        self.host.add(&request.url, &mut request.headers);
        // A connection that an abandoned exchange left behind is not this one's.
        self.log.take();
        let (result, connected) = self.perform(request).await;
        Exchange { sent_at: connected.unwrap_or(started), ended_at: self.clock.now(), result }
    }
}

impl HttpUser {
    async fn perform(&self, outgoing: Outgoing) -> (Result<Arrived, Failure>, Option<Duration>) {
        let client = match &self.client {
            Ok(client) => client,
            Err(failure) => return (Err(failure.clone()), None),
        };
        let keep_body = outgoing.keep_body;
        let mut request = reqwest::Request::new(outgoing.method, outgoing.url);
        *request.headers_mut() = outgoing.headers;
        *request.body_mut() = outgoing.body.map(Into::into);
        let answer = client.execute(request).await;
        let connected = self.log.take();
        let result = match answer {
            Ok(response) => read(response, keep_body).await,
            Err(error) => Err(self.head_failure(&error, connected)),
        };
        (result, connected)
    }

    fn head_failure(&self, error: &reqwest::Error, connected: Option<Duration>) -> Failure {
        if error.is_connect() {
            if error.is_timeout() {
                let cause = format!("no connection within {} s", CONNECT_TIMEOUT.as_secs());
                return Failure { kind: ErrorKind::ConnectTimeout, cause };
            }
            return classify(error, Phase::Connecting);
        }
        classify(error, if connected.is_some() { Phase::New } else { Phase::Reused })
    }
}

/// The `host` header of the last request, which most often is that of the next: hyper would write it anew for each.
#[derive(Debug, Default)]
struct HostHeader {
    authority: String,
    value: Option<HeaderValue>,
}

impl HostHeader {
    /// Adds what hyper would, where it would: over TLS the protocol may be HTTP/2, whose requests have none.
    fn add(&mut self, url: &Url, headers: &mut HeaderMap) {
        if url.scheme() != "http" {
            return;
        }
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        if self.value.is_none() || self.authority != authority {
            self.value = HeaderValue::from_str(authority).ok();
            authority.clone_into(&mut self.authority);
        }
        if let Some(value) = &self.value {
            headers.entry(HOST).or_insert_with(|| value.clone());
        }
    }
}

async fn read(mut response: reqwest::Response, keep: usize) -> Result<Arrived, Failure> {
    let status = response.status().as_u16();
    let protocol = protocol(response.version());
    let headers = std::mem::take(response.headers_mut());
    let mut body = Kept { keep, ..Kept::default() };
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.add(chunk),
            Ok(None) => break,
            Err(error) => return Err(classify(&error, Phase::Body)),
        }
    }
    let (body, body_bytes) = body.finish();
    Ok(Arrived { status, protocol, headers, body, body_bytes })
}

fn protocol(version: reqwest::Version) -> Option<Protocol> {
    match version {
        reqwest::Version::HTTP_10 => Some(Protocol::Http10),
        reqwest::Version::HTTP_11 => Some(Protocol::Http11),
        reqwest::Version::HTTP_2 => Some(Protocol::Http2),
        _ => None,
    }
}

/// The part of a body that is kept: the usual single chunk as it is, several joined.
#[derive(Default)]
struct Kept {
    keep: usize,
    first: Bytes,
    joined: BytesMut,
    total: u64,
}

impl Kept {
    fn add(&mut self, mut chunk: Bytes) {
        self.total += chunk.len() as u64;
        let kept = self.first.len().max(self.joined.len());
        chunk.truncate(self.keep.saturating_sub(kept));
        if kept == 0 {
            self.first = chunk;
        } else if !chunk.is_empty() {
            if self.joined.is_empty() {
                self.joined.extend_from_slice(&self.first);
            }
            self.joined.extend_from_slice(&chunk);
        }
    }

    fn finish(self) -> (Bytes, u64) {
        let body = if self.joined.is_empty() { self.first } else { self.joined.freeze() };
        (body, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_kept_up_to_the_limit_and_counted_beyond() {
        for (keep, chunks, kept, total) in [
            (100, vec!["abc"], "abc", 3),
            (100, vec!["abc", "", "def"], "abcdef", 6),
            (4, vec!["abc", "def"], "abcd", 6),
            (0, vec!["abc", "def"], "", 6),
            (2, vec!["abc", "def"], "ab", 6),
            (100, vec![], "", 0),
        ] {
            let mut body = Kept { keep, ..Kept::default() };
            chunks.iter().for_each(|chunk| body.add(Bytes::from_static(chunk.as_bytes())));
            assert_eq!(body.finish(), (Bytes::from_static(kept.as_bytes()), total), "{keep} {chunks:?}");
        }
    }
}
