//! A second transport, over reqwest, as the proof that another one can stand beside the first. It is kept as plain as it
//! can be, and what reqwest does not show is skipped and not guessed.

use super::{
    connect_log::ConnectLog,
    lab::Subject,
    reqwest_failure::{DnsError, Phase, classify},
};
use bytes::BytesMut;
use loadgen::{
    engine::{Arrived, Clock, Failure, Outgoing, Trace, Transport, Transports},
    model::{ErrorKind, Protocol},
    plan::{Connections, HttpVersion, KeyKind, Payload, Piece, PrivateKey, TlsVersion, TransportOptions},
};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONNECTION, HOST, HeaderMap, HeaderValue, PROXY_AUTHORIZATION},
};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    version::{TLS12, TLS13},
};
use std::{collections::BTreeMap, io::Read, net::IpAddr, net::SocketAddr, sync::Arc};
use url::Position;

const PHASES: &str = "reqwest shows no phase but the time to the head";
const WIRE: &str = "reqwest does not show the bytes on the wire";
const STALE: &str =
    "reqwest does not say which connection a failed request went over, nor whether an answer had begun";
const REMOTE: &str = "reqwest names the other end only of what was answered";
const SIDE_BY_SIDE: &str = "reqwest does not say which of the exchanges at once a connection was made for";
const FILES: &str =
    "reqwest streams bodies with a feature that is off here; this proof reads files into memory";
const CONNECTIONS: &str =
    "reqwest reads the rest of a short body that nobody wants, and keeps the connection";
const PROXY: &str = "reqwest does not show why a tunnel was refused";
const HEADERS: &str = "reqwest adds headers of its own";
const HTTP2: &str = "reqwest hides HTTP/2's causes and connections";
const TLS: &str =
    "reqwest takes names and versions from the URL and the handshake, and this proof always verifies";

/// Over reqwest.
pub struct Reqwest;

impl Subject for Reqwest {
    type Made = ReqwestTransports;
    const SKIPS: &'static [(&'static str, &'static str)] = &[
        ("a_kept_connection_has_no_set_up", PHASES),
        ("a_late_body_is_receiving", PHASES),
        ("a_late_connection_is_connecting", PHASES),
        ("a_late_end_of_the_head_is_receiving", PHASES),
        ("a_late_handshake_is_tls", PHASES),
        ("a_late_head_is_waiting", PHASES),
        ("a_late_tunnel_is_connecting", PHASES),
        ("a_look_up_has_a_time_where_there_was_one", PHASES),
        ("a_target_that_reads_late_is_sending", PHASES),
        ("an_early_answer_adds_up", PHASES),
        ("of_http2", PHASES),
        ("what_is_given_up_tells_how_far_it_came", PHASES),
        ("of_what_failed", WIRE),
        ("what_is_given_up_was_on_the_wire", WIRE),
        ("with_http2", WIRE),
        ("with_tls", WIRE),
        ("without_reuse", WIRE),
        ("without_tls", WIRE),
        ("a_close_as_the_request_comes", STALE),
        ("a_reset_as_the_request_comes", STALE),
        ("what_fails_after_the_first_byte_is_not_stale", STALE),
        ("a_failure_tells_where_it_was", REMOTE),
        ("nobody_accepts_and_the_request_waits", REMOTE),
        ("exchanges_share_a_connection", SIDE_BY_SIDE),
        ("requests_at_once_have_a_connection_each", SIDE_BY_SIDE),
        ("users_can_share_them", SIDE_BY_SIDE),
        ("a_file_that_became_shorter_is_a_failure", FILES),
        ("files_are_streamed", FILES),
        ("a_bare_request_has_nothing_but_its_host", HEADERS),
        ("requests_arrive_as_written", HEADERS),
        ("a_body_that_is_needed_as_a_whole_may_be_as_large_as_the_limit", CONNECTIONS),
        ("a_proxy_may_refuse", PROXY),
        ("http2_alone_is_refused_by_who_does_not_speak_it", TLS),
        ("nothing_stops_who_verifies_nothing", TLS),
        ("the_name_that_is_asked_for_can_be_another", TLS),
        ("a_close", HTTP2),
        ("a_close_in_the_body", HTTP2),
        ("a_frame_too_large", HTTP2),
        ("a_goaway_before_the_answer_is_closed_early", HTTP2),
        ("a_goaway_that_counts_the_request", HTTP2),
        ("a_goaway_that_does_not", HTTP2),
        ("a_head_that_means_nothing", HTTP2),
        ("a_reset_of_a_stream_is_its_own_failure", HTTP2),
        ("a_reset_of_the_connection", HTTP2),
        ("a_reset_of_a_stream_after_its_head_is_reset", HTTP2),
        ("a_stray_continuation", HTTP2),
        ("a_target_of_another_version_is_protocol", HTTP2),
        ("data_before_the_head", HTTP2),
        ("data_for_no_stream", HTTP2),
        ("http1_in_place_of_frames", HTTP2),
    ];

    fn make(options: Vec<TransportOptions>) -> ReqwestTransports {
        ReqwestTransports { options: options.into() }
    }
}

/// Makes a client for each user.
#[derive(Clone)]
pub struct ReqwestTransports {
    options: Arc<[TransportOptions]>,
}

/// The options with their TLS configuration; a client for all where connections are shared.
pub struct ReqwestWorker {
    clock: Clock,
    clients: Vec<(TransportOptions, ClientConfig, ReqwestUser)>,
}

impl Transports for ReqwestTransports {
    type Worker = ReqwestWorker;
    type User = ReqwestUser;

    fn worker(&self, clock: Clock) -> ReqwestWorker {
        let client = |options: &TransportOptions| {
            let tls = configuration(options);
            (options.clone(), tls.clone(), ReqwestUser::new(options, &tls, clock))
        };
        ReqwestWorker { clock, clients: self.options.iter().map(client).collect() }
    }

    fn user(worker: &ReqwestWorker, client: usize) -> ReqwestUser {
        let (options, tls, shared) = &worker.clients[client];
        match options.connections {
            Connections::Shared { .. } => shared.clone(),
            Connections::PerUser => ReqwestUser::new(options, tls, worker.clock),
        }
    }
}

/// One user's client and connections.
#[derive(Clone)]
pub struct ReqwestUser {
    client: reqwest::Client,
    clock: Clock,
    log: ConnectLog,
    options: TransportOptions,
}

impl ReqwestUser {
    fn new(options: &TransportOptions, tls: &ClientConfig, clock: Clock) -> Self {
        let log = ConnectLog::new(clock);
        let most_idle = match options.connections {
            _ if !options.reuse => 0,
            Connections::PerUser => usize::MAX,
            Connections::Shared { max_idle_per_host } => max_idle_per_host,
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(None)
            .pool_max_idle_per_host(most_idle)
            .local_address(options.local_address)
            .dns_resolver(Arc::new(Resolver { hosts: options.dns.hosts.clone() }))
            .connector_layer(log.clone());
        let builder = match options.version {
            HttpVersion::Http1 => builder.http1_only(),
            HttpVersion::Http2PriorKnowledge => builder.http2_prior_knowledge(),
            HttpVersion::Auto | HttpVersion::Http2 => builder,
        };
        let client = match &options.proxy {
            None => builder,
            Some(proxy) => builder.proxy(proxy_of(proxy)),
        };
        Self { client: client.build().unwrap(), clock, log, options: options.clone() }
    }

    async fn perform(&self, outgoing: &mut Outgoing, trace: &Trace) -> Result<Arrived, Failure> {
        let (keep, whole) = (outgoing.keep_body, outgoing.needs_whole_body);
        let answer = self.client.execute(self.request(outgoing)).await;
        let connected = self.log.take();
        trace.note(|moments| {
            moments.is_new = connected.is_some();
            moments.sent_at = connected.or(Some(outgoing.ready_at));
        });
        match answer {
            Err(error) => {
                if error.is_connect() {
                    trace.note(|moments| moments.sent_at = None);
                }
                Err(head_failure(&error, connected.is_some()))
            }
            Ok(response) => {
                trace.note(|moments| {
                    moments.first_byte_at = Some(self.clock.now());
                    moments.remote = response.remote_addr();
                });
                self.read(response, keep, whole).await
            }
        }
    }

    fn request(&self, outgoing: &mut Outgoing) -> reqwest::Request {
        let mut request = reqwest::Request::new(outgoing.method.clone(), outgoing.url.clone());
        *request.headers_mut() = std::mem::take(&mut outgoing.headers);
        *request.body_mut() = outgoing.body.clone().map(body);
        let headers: &mut HeaderMap = request.headers_mut();
        if outgoing.url.scheme() == "http" && self.options.version != HttpVersion::Http2PriorKnowledge {
            let authority = &outgoing.url[Position::BeforeHost..Position::AfterPort];
            headers.entry(HOST).or_insert(HeaderValue::from_str(authority).unwrap());
        }
        if !self.options.reuse {
            headers.entry(CONNECTION).or_insert(HeaderValue::from_static("close"));
        }
        request
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        keep: usize,
        whole: bool,
    ) -> Result<Arrived, Failure> {
        let (status, protocol) = (response.status().as_u16(), protocol(response.version()));
        let headers = std::mem::take(response.headers_mut());
        let (mut kept, mut total) =
            (BytesMut::new(), response.content_length().filter(|_| whole).unwrap_or(0));
        if whole && total > keep as u64 {
            return Err(too_large());
        }
        total = 0;
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error, Phase::Body))? {
            total += chunk.len() as u64;
            if whole && total > keep as u64 {
                return Err(too_large());
            }
            kept.extend_from_slice(&chunk[..chunk.len().min(keep - kept.len())]);
        }
        Ok(Arrived {
            status,
            protocol,
            headers,
            body: kept.freeze(),
            body_bytes: total,
            ended_at: self.clock.now(),
        })
    }
}

impl Transport for ReqwestUser {
    async fn exchange(&self, request: &mut Outgoing, trace: &Trace) -> Result<Arrived, Failure> {
        // A connection that an abandoned exchange left behind is not this one's.
        self.log.take();
        self.perform(request, trace).await
    }
}

fn too_large() -> Failure {
    Failure::new(ErrorKind::BodyTooLarge, "the body is larger than what is kept of it")
}

fn head_failure(error: &reqwest::Error, is_new: bool) -> Failure {
    if error.is_connect() && error.is_timeout() {
        return Failure::new(ErrorKind::ConnectTimeout, "no connection in time");
    }
    let phase = match (error.is_connect(), is_new) {
        (true, _) => Phase::Connecting,
        (false, true) => Phase::New,
        (false, false) => Phase::Reused,
    };
    classify(error, phase)
}

fn proxy_of(proxy: &loadgen::plan::Proxy) -> reqwest::Proxy {
    let made = reqwest::Proxy::all(format!("http://{}:{}", proxy.host, proxy.port)).unwrap();
    match &proxy.authorization {
        None => made,
        Some(authorization) => {
            made.headers([(PROXY_AUTHORIZATION, authorization.clone())].into_iter().collect())
        }
    }
}

/// All of a body: this proof reads files into memory.
fn body(payload: Payload) -> reqwest::Body {
    match payload {
        Payload::Whole(bytes) => bytes.into(),
        Payload::Pieces(pieces) => {
            let mut all = Vec::new();
            for piece in pieces {
                match piece {
                    Piece::Bytes(bytes) => all.extend_from_slice(&bytes),
                    Piece::File(file) => drop(file.open().unwrap().read_to_end(&mut all)),
                }
            }
            all.into()
        }
    }
}

fn protocol(version: reqwest::Version) -> Option<Protocol> {
    match version {
        reqwest::Version::HTTP_10 => Some(Protocol::Http10),
        reqwest::Version::HTTP_11 => Some(Protocol::Http11),
        reqwest::Version::HTTP_2 => Some(Protocol::Http2),
        _ => None,
    }
}

/// The names of the scenario, then getaddrinfo, with failures that can be told apart.
struct Resolver {
    hosts: BTreeMap<String, IpAddr>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let known = self.hosts.get(name.as_str()).copied();
        Box::pin(async move {
            if let Some(address) = known {
                return Ok(Box::new(std::iter::once(SocketAddr::new(address, 0))) as Addrs);
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(DnsError)?;
            let addresses: Vec<SocketAddr> = found.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn configuration(options: &TransportOptions) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    let versions: &[&SupportedProtocolVersion] = match options.tls.min_version {
        TlsVersion::V12 => &[&TLS13, &TLS12],
        TlsVersion::V13 => &[&TLS13],
    };
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
    let builder = match &options.tls.ca {
        None => match rustls_platform_verifier::Verifier::new(provider) {
            Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
            Err(_) => builder.with_root_certificates(RootCertStore::empty()),
        },
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            authorities.iter().for_each(|authority| roots.add(authority.clone().into()).unwrap());
            builder.with_root_certificates(roots)
        }
    };
    let mut tls = match &options.tls.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let PrivateKey { kind: KeyKind::Pkcs8, der: key } = &identity.key else {
                panic!("the tests' keys are PKCS #8")
            };
            let chain = identity.chain.iter().cloned().map(Into::into).collect();
            builder
                .with_client_auth_cert(chain, rustls::pki_types::PrivateKeyDer::Pkcs8(key.clone().into()))
                .unwrap()
        }
    };
    tls.alpn_protocols = match options.version {
        HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
        _ => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    };
    tls
}
