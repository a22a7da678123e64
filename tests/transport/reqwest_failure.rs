//! From what reqwest's errors hold to a kind of the closed set.

use loadgen::{engine::Failure, model::ErrorKind};
use std::{error::Error, io};

/// Where in the exchange it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before there was a connection.
    Connecting,
    /// Between sending and the response's head, on a connection made for this request.
    New,
    /// The same, on a connection that had served a request before.
    Reused,
    /// While reading the body.
    Body,
}

/// The name of the host could not be resolved; made by our resolver, so that it can be told from the rest.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DnsError(#[source] pub io::Error);

/// Classifies a failed exchange.
pub fn classify(error: &(dyn Error + 'static), phase: Phase) -> Failure {
    let kind = causes(error).find_map(|cause| kind_of(cause, phase)).unwrap_or(ErrorKind::Other);
    // The innermost cause says what the system said; the outer ones repeat where.
    let cause = causes(error).last().map_or_else(String::new, ToString::to_string);
    Failure::new(kind, cause)
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'e (dyn Error + 'static)| error.source())
}

fn kind_of(cause: &(dyn Error + 'static), phase: Phase) -> Option<ErrorKind> {
    if cause.is::<DnsError>() {
        return Some(ErrorKind::Dns);
    }
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(tls_kind(tls));
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        let error = innermost(error);
        // rustls hides in the io::Error that its handshake returns, which `source` does not show.
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        return inner.map(tls_kind).or_else(|| io_kind(error, phase));
    }
    cause.downcast_ref::<hyper::Error>().and_then(|error| hyper_kind(error, phase))
}

/// An io::Error may hold another one, which `source` does not show.
fn innermost(error: &io::Error) -> &io::Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    inner.map_or(error, innermost)
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
    if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) {
        return Some(ErrorKind::LocalFiles);
    }
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorKind::ConnectRefused,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => ErrorKind::LocalPorts,
        io::ErrorKind::TimedOut if phase == Phase::Connecting => ErrorKind::ConnectTimeout,
        io::ErrorKind::TimedOut => ErrorKind::Timeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ErrorKind::Reset,
        io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected => closed(phase),
        io::ErrorKind::UnexpectedEof => closed(phase),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if phase == Phase::Body => {
            ErrorKind::BodyMalformed
        }
        _ => return None,
    })
}

fn hyper_kind(error: &hyper::Error, phase: Phase) -> Option<ErrorKind> {
    // What came before the request was written answers nothing. Only its text tells it from a connection that was closed.
    if error.to_string().contains("unexpected message") {
        return Some(ErrorKind::Protocol);
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        // A cause below may say that it was reset rather than closed.
        let deeper = causes(error).skip(1).find_map(|cause| kind_of(cause, phase));
        return Some(deeper.unwrap_or_else(|| closed(phase)));
    }
    if error.is_parse() {
        return Some(if phase == Phase::Body { ErrorKind::BodyMalformed } else { ErrorKind::Protocol });
    }
    error.is_timeout().then_some(ErrorKind::Timeout)
}

/// The other side closed: what that means depends on when.
fn closed(phase: Phase) -> ErrorKind {
    match phase {
        Phase::Connecting | Phase::New => ErrorKind::ClosedEarly,
        Phase::Reused => ErrorKind::StaleConnection,
        Phase::Body => ErrorKind::BodyTruncated,
    }
}
