//! What happens to every request around its handler: it is counted, may fail for no reason, and takes its
//! time.
//!
//! Deliberately ignorant of what the routes mean; handlers say what they have to do with the cache, and
//! nothing else of theirs matters here.

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::time::sleep;

use super::{cache::CacheUse, route::Route, state::Api};

const MAX_BODY_BYTES: usize = 1 << 20;

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Attends to a request from its arrival to its answer.
///
/// The handler runs first and the wait comes after it, because only the handler knows whether the answer is
/// cached. `sleep` counts in whole milliseconds and rounds up, so an answer is up to one later than drawn.
pub(super) async fn attend(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = Route::of(request.method(), request.uri().path());
    if route == Route::Stats {
        return next.run(request).await;
    }
    let fate = api.receive(route);
    let mut response = respond(request, next, fate.fails).await;
    let cache_use = response.extensions().get::<CacheUse>().copied();
    let delay = api.delay(fate, cache_use);
    if !delay.is_zero() {
        // If the client gives up, this function ends here: received, but never answered.
        sleep(delay).await;
    }
    api.answer(route, response.status(), cache_use);
    if let Some(value) = cache_use.and_then(x_cache) {
        response.headers_mut().insert(X_CACHE, value);
    }
    response
}

/// Reads the whole request before anything is answered: a body left unread would cost the client its
/// connection, and an injected error or a 401 is not meant to look like a broken one.
async fn respond(request: Request, next: Next, fails: bool) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is broken or larger than 1 MiB");
    };
    if fails {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "injected");
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// An answer that only says what is wrong.
pub(super) fn refuse(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}

fn x_cache(cache_use: CacheUse) -> Option<HeaderValue> {
    match cache_use {
        CacheUse::Hit => Some(HeaderValue::from_static("hit")),
        CacheUse::Miss(_) => Some(HeaderValue::from_static("miss")),
        CacheUse::Invalidates(_) => None,
    }
}
