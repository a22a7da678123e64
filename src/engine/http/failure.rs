//! From an error's chain of typed causes to a kind of the closed set. Texts are kept as samples and never decide.

use super::body::UnsendableBody;
use crate::{engine::transport::Failure, model::ErrorKind};
use std::{error::Error, io};

/// Where in the exchange it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before there was a connection.
    Connecting,
    /// Between sending and the end of the response's head.
    Head {
        /// Whether the connection had served a request before.
        is_reused: bool,
        /// Whether a byte of the response had come.
        has_begun: bool,
    },
    /// While reading the body.
    Body,
}

/// Classifies a failed exchange.
pub(super) fn classify(error: &(dyn Error + 'static), phase: Phase) -> Failure {
    let kind = causes(error).find_map(|cause| kind_of(cause, phase)).unwrap_or(ErrorKind::Other);
    // The innermost cause says what the system said; the outer ones repeat where.
    let cause = causes(error).last().map_or_else(String::new, ToString::to_string);
    let cause = if cause.contains("CaUsedAsEndEntity") { CA_AS_SERVER.to_owned() } else { cause };
    Failure { kind, cause }
}

/// What the TLS library says in a word of its own only, and is what most certificates made by hand suffer from.
const CA_AS_SERVER: &str = "the certificate is that of an authority (`CA:TRUE`), which no server may show; one for the \
                            server itself is made with `basicConstraints=critical,CA:FALSE`";

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'e (dyn Error + 'static)| error.source())
}

fn kind_of(cause: &(dyn Error + 'static), phase: Phase) -> Option<ErrorKind> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(tls_kind(tls));
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return io_kind(error, phase);
    }
    if let Some(error) = cause.downcast_ref::<h2::Error>() {
        return h2_kind(error, phase);
    }
    if cause.is::<UnsendableBody>() {
        return Some(ErrorKind::Other);
    }
    cause.downcast_ref::<hyper::Error>().and_then(|error| hyper_kind(error, phase))
}

fn tls_kind(error: &rustls::Error) -> ErrorKind {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            ErrorKind::TlsCertificate
        }
        _ => ErrorKind::Tls,
    }
}

fn io_kind(error: &io::Error, phase: Phase) -> Option<ErrorKind> {
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    // What rustls and h2 hide in the errors of a stream, `source` does not show.
    let inner = error.get_ref().and_then(|inner| {
        let tls = inner.downcast_ref::<rustls::Error>().map(tls_kind);
        tls.or_else(|| inner.downcast_ref::<h2::Error>().and_then(|error| h2_kind(error, phase)))
    });
    if inner.is_some() {
        return inner;
    }
    if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) {
        return Some(ErrorKind::LocalFiles);
    }
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorKind::ConnectRefused,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => ErrorKind::LocalPorts,
        io::ErrorKind::TimedOut if phase == Phase::Connecting => ErrorKind::ConnectTimeout,
        io::ErrorKind::TimedOut => ErrorKind::Timeout,
        // h2's own word for the end of a connection with streams open; the system's has a number.
        io::ErrorKind::BrokenPipe if error.raw_os_error().is_none() => closed(phase),
        // To write to what the other side has closed is answered with a reset.
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            reset(phase)
        }
        io::ErrorKind::NotConnected | io::ErrorKind::UnexpectedEof => closed(phase),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if phase == Phase::Body => {
            ErrorKind::BodyMalformed
        }
        _ => return None,
    })
}

fn h2_kind(error: &h2::Error, phase: Phase) -> Option<ErrorKind> {
    if let Some(error) = error.get_io() {
        return io_kind(error, phase);
    }
    if !error.is_remote() && error.is_reset() && !error.is_library() {
        // Taken back by this side: its body could not be sent.
        return Some(ErrorKind::Other);
    }
    if !error.is_remote() {
        return Some(if phase == Phase::Body { ErrorKind::BodyMalformed } else { ErrorKind::Protocol });
    }
    Some(if error.is_go_away() { closed(phase) } else { ErrorKind::Reset })
}

fn hyper_kind(error: &hyper::Error, phase: Phase) -> Option<ErrorKind> {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        // A cause below may say that it was reset rather than closed.
        let deeper = causes(error).skip(1).find_map(|cause| kind_of(cause, phase));
        // What came before the request was written answers nothing.
        let spoke_first = error.is_canceled() && matches!(phase, Phase::Head { has_begun: true, .. });
        return Some(deeper.unwrap_or_else(|| if spoke_first { ErrorKind::Protocol } else { closed(phase) }));
    }
    if error.is_parse() {
        return Some(if phase == Phase::Body { ErrorKind::BodyMalformed } else { ErrorKind::Protocol });
    }
    if error.is_timeout() {
        return Some(ErrorKind::Timeout);
    }
    // The connection broke while it was still written to, and hyper does not say of what.
    (phase == Phase::Body && error.source().is_none()).then_some(ErrorKind::Reset)
}

/// The other side closed: what that means depends on when.
fn closed(phase: Phase) -> ErrorKind {
    match phase {
        Phase::Head { is_reused: true, has_begun: false } => ErrorKind::StaleConnection,
        Phase::Connecting | Phase::Head { .. } => ErrorKind::ClosedEarly,
        Phase::Body => ErrorKind::BodyTruncated,
    }
}

/// The other side reset the connection. What had closed an idle connection answers the next request with that.
fn reset(phase: Phase) -> ErrorKind {
    match phase {
        Phase::Head { is_reused: true, has_begun: false } => ErrorKind::StaleConnection,
        _ => ErrorKind::Reset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Phase = Phase::Head { is_reused: false, has_begun: false };
    const IDLE: Phase = Phase::Head { is_reused: true, has_begun: false };
    const BEGUN: Phase = Phase::Head { is_reused: true, has_begun: true };

    #[test]
    fn what_an_error_of_the_system_means_depends_on_when_it_happened() {
        use io::ErrorKind as Io;
        for (kind, phase, expected) in [
            (Io::ConnectionRefused, Phase::Connecting, ErrorKind::ConnectRefused),
            (Io::TimedOut, Phase::Connecting, ErrorKind::ConnectTimeout),
            (Io::AddrNotAvailable, Phase::Connecting, ErrorKind::LocalPorts),
            (Io::ConnectionReset, Phase::Connecting, ErrorKind::Reset),
            (Io::ConnectionReset, NEW, ErrorKind::Reset),
            (Io::ConnectionReset, IDLE, ErrorKind::StaleConnection),
            (Io::BrokenPipe, IDLE, ErrorKind::StaleConnection),
            (Io::ConnectionReset, BEGUN, ErrorKind::Reset),
            (Io::ConnectionReset, Phase::Body, ErrorKind::Reset),
            (Io::UnexpectedEof, NEW, ErrorKind::ClosedEarly),
            (Io::UnexpectedEof, IDLE, ErrorKind::StaleConnection),
            (Io::UnexpectedEof, BEGUN, ErrorKind::ClosedEarly),
            (Io::UnexpectedEof, Phase::Body, ErrorKind::BodyTruncated),
            (Io::InvalidInput, Phase::Body, ErrorKind::BodyMalformed),
            (Io::OutOfMemory, Phase::Body, ErrorKind::Other),
        ] {
            let failure = classify(&io::Error::from(kind), phase);
            assert_eq!(failure.kind, expected, "{kind:?} {phase:?}");
            assert!(!failure.cause.is_empty());
        }
        for number in [23, 24] {
            let failure = classify(&io::Error::from_raw_os_error(number), Phase::Connecting);
            assert_eq!(failure.kind, ErrorKind::LocalFiles);
        }
    }

    #[test]
    fn tls_faults_are_told_from_those_of_certificates() {
        for (error, expected) in [
            (rustls::Error::InvalidCertificate(rustls::CertificateError::Expired), ErrorKind::TlsCertificate),
            (rustls::Error::HandshakeNotComplete, ErrorKind::Tls),
        ] {
            let failure = classify(&io::Error::new(io::ErrorKind::InvalidData, error), Phase::Connecting);
            assert_eq!(failure.kind, expected);
        }
    }
}
