//! A way through a proxy: a tunnel for TLS. What goes without TLS is asked of the proxy itself, and needs none.

use super::{
    body::OutBody,
    failure::{Phase, classify},
    meter::Stream,
    origin::Origin,
};
use crate::{engine::transport::Failure, model::ErrorKind, plan::Proxy};
use ::http::{
    HeaderValue, Method, Request, StatusCode,
    header::{HOST, PROXY_AUTHORIZATION},
};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    pin::pin,
};

/// Has the proxy connect the stream to where the origin is.
pub(super) async fn tunnel(stream: Stream, proxy: &Proxy, origin: &Origin) -> Result<Stream, Failure> {
    let failed = |error: hyper::Error| classify(&error, Phase::Connecting);
    let (mut sender, mut connection) = handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut answer = pin!(sender.send_request(ask(proxy, origin)?));
    let mut is_over = false;
    let answer = poll_fn(|context| {
        // Its end is told to whoever waits for the answer.
        is_over = is_over || connection.poll_without_shutdown(context).is_ready();
        answer.as_mut().poll(context)
    });
    let status = answer.await.map_err(failed)?.status();
    if !status.is_success() {
        return Err(refused(status));
    }
    let parts = connection.into_parts();
    if !parts.read_buf.is_empty() {
        return Err(Failure::new(ErrorKind::Protocol, "the proxy sent something before it was asked"));
    }
    Ok(parts.io.into_inner())
}

fn ask(proxy: &Proxy, origin: &Origin) -> Result<Request<OutBody>, Failure> {
    let place = format!("{}:{}", origin.host, origin.port);
    let unusable = |error: ::http::Error| Failure::new(ErrorKind::Other, error.to_string());
    let mut request = Request::new(OutBody::new(None));
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = place.parse().map_err(|error: ::http::uri::InvalidUri| unusable(error.into()))?;
    let host = HeaderValue::try_from(place).map_err(|error| unusable(error.into()))?;
    request.headers_mut().insert(HOST, host);
    if let Some(authorization) = &proxy.authorization {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
    }
    Ok(request)
}

fn refused(status: StatusCode) -> Failure {
    Failure::new(ErrorKind::ConnectRefused, format!("the proxy does not connect: it answered {status}"))
}
