//! How a request or an iteration can end. A target's failure is data: a closed kind, never free text as a key.

use std::fmt;

/// Why a request ended without a response.
///
/// The set is closed, so that series keyed by it stay few and a threshold can name each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The host's name could not be resolved.
    Dns,
    /// The target answered the connection attempt with a refusal.
    ConnectRefused,
    /// No connection within the connect timeout.
    ConnectTimeout,
    /// The target's certificate was not accepted.
    TlsCertificate,
    /// The TLS handshake failed for another reason.
    Tls,
    /// The connection was reset.
    Reset,
    /// A new connection was closed before a response came.
    ClosedEarly,
    /// A kept-alive connection was closed by the target just as it was used again.
    StaleConnection,
    /// No complete response within the request's timeout.
    Timeout,
    /// What came was not HTTP.
    Protocol,
    /// The body ended before its announced end.
    BodyTruncated,
    /// The body's framing was broken.
    BodyMalformed,
    /// The body was larger than allowed.
    BodyTooLarge,
    /// The body could not be decompressed.
    Decompress,
    /// More redirects than allowed.
    TooManyRedirects,
    /// A redirect without a usable place to go.
    RedirectInvalid,
    /// A host that the scenario does not name.
    HostNotAllowed,
    /// This machine ran out of local ports.
    LocalPorts,
    /// This process ran out of open files.
    LocalFiles,
    /// None of the above; the sample says what.
    Other,
}

impl ErrorKind {
    /// Every kind, in the order reports use.
    pub const ALL: [Self; 20] = [
        Self::Dns,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::TlsCertificate,
        Self::Tls,
        Self::Reset,
        Self::ClosedEarly,
        Self::StaleConnection,
        Self::Timeout,
        Self::Protocol,
        Self::BodyTruncated,
        Self::BodyMalformed,
        Self::BodyTooLarge,
        Self::Decompress,
        Self::TooManyRedirects,
        Self::RedirectInvalid,
        Self::HostNotAllowed,
        Self::LocalPorts,
        Self::LocalFiles,
        Self::Other,
    ];

    /// The name in results, thresholds and tags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::ConnectRefused => "connect_refused",
            Self::ConnectTimeout => "connect_timeout",
            Self::TlsCertificate => "tls_certificate",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::ClosedEarly => "closed_early",
            Self::StaleConnection => "stale_connection",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::BodyTruncated => "body_truncated",
            Self::BodyMalformed => "body_malformed",
            Self::BodyTooLarge => "body_too_large",
            Self::Decompress => "decompress",
            Self::TooManyRedirects => "too_many_redirects",
            Self::RedirectInvalid => "redirect_invalid",
            Self::HostNotAllowed => "host_not_allowed",
            Self::LocalPorts => "local_ports",
            Self::LocalFiles => "local_files",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The protocol a response came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

impl Protocol {
    /// Every protocol there is a name for.
    pub const ALL: [Self; 3] = [Self::Http10, Self::Http11, Self::Http2];

    /// The name in the `proto` tag.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }

    /// The protocol of a name as people write it: `HTTP/2`, `http/2.0`, `h2` or `2`.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let version = lower.strip_prefix("http/").or_else(|| lower.strip_prefix('h')).unwrap_or(&lower);
        match version {
            "1.0" => Some(Self::Http10),
            "1.1" => Some(Self::Http11),
            "2" | "2.0" => Some(Self::Http2),
            _ => None,
        }
    }
}

/// Where something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureSite {
    /// A request.
    Request(super::RequestId),
    /// A step of a task that is no request: it assigns, branches, repeats or logs.
    Task(super::TaskId),
}

/// What made a request or a step count as failed; the key under which samples are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// No response.
    NoResponse(ErrorKind),
    /// A status of 400 or above where nothing else was expected.
    Status(u16),
    /// An `expect` that did not hold.
    Expectation(super::CheckId),
    /// An `extract` without a match and without a default.
    Extract,
    /// A template that could not be rendered, or an expression that could not be evaluated.
    Template,
    /// A data feed that had no row left.
    Feed,
}

/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IterationEnd {
    /// All its steps ran.
    Completed,
    /// A failure ended it early.
    Failed,
    /// The end of the run or of the user cut it.
    Interrupted,
}
