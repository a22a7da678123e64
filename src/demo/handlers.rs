//! What each route answers.
//!
//! Deliberately without delays, failures and counts: those happen around the handlers, in `traffic`.

use std::num::NonZeroU32;

use axum::{
    Extension, Json, Router,
    extract::{
        FromRequestParts, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, header, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    accounts::Session,
    cache::{CacheKey, CacheUse},
    route::Route,
    state::Api,
    traffic::{attend, refuse},
};

const CHALLENGES: u32 = 24;
const DEFAULT_LIMIT: u32 = 20;
const TITLES: [&str; 8] = [
    "Run before breakfast",
    "A month without sugar",
    "Ten pages a day",
    "Cold showers",
    "Inbox to zero",
    "Walk to work",
    "Sleep by eleven",
    "One sketch a day",
];

/// The demo as a service.
pub(super) fn router(api: Api) -> Router {
    let served =
        Route::SERVED.into_iter().fold(Router::new(), |router, (route, _, path)| match serve(route) {
            Some(handler) => router.route(path, handler),
            None => router,
        });
    served
        .fallback(async || refuse(StatusCode::NOT_FOUND, "not found"))
        .method_not_allowed_fallback(async || refuse(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"))
        .layer(from_fn_with_state(api.clone(), attend))
        .with_state(api)
}

fn serve(route: Route) -> Option<MethodRouter<Api>> {
    match route {
        Route::Login => Some(post(login)),
        Route::Me => Some(get(me)),
        Route::Challenges => Some(get(challenges)),
        Route::CheckIn => Some(post(check_in)),
        Route::Profile => Some(get(profile)),
        Route::Health => Some(get(async || Json(json!({ "status": "ok" })))),
        Route::Stats => Some(get(async |State(api): State<Api>| Json(api.stats()))),
        Route::WrongMethod | Route::Unknown => None,
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

async fn login(State(api): State<Api>, body: Result<Json<Credentials>, JsonRejection>) -> Response {
    let credentials = match body {
        Ok(Json(credentials)) => credentials,
        Err(rejection) => return unprocessable(&rejection.body_text()),
    };
    if !credentials.email.contains('@') {
        return unprocessable("email: not an email address");
    }
    if credentials.password.is_empty() {
        return unprocessable("password: must not be empty");
    }
    let (token, user) = api.login(&credentials.email);
    let user = json!({ "id": user.id, "email": user.email });
    Json(json!({ "access_token": token, "token_type": "bearer", "user": user })).into_response()
}

async fn me(State(api): State<Api>, session: Session) -> (Extension<CacheUse>, Json<Value>) {
    let user = session.user;
    let body = json!({ "id": user.id, "email": user.email, "name": user.name, "streak": user.streak });
    (Extension(api.look_up(Route::Me, Some(session.login))), Json(body))
}

#[derive(Deserialize)]
struct Page {
    page: Option<NonZeroU32>,
    limit: Option<NonZeroU32>,
}

/// What is cached is the list; pages are cut from it, so they share one entry.
async fn challenges(
    State(api): State<Api>,
    session: Session,
    page: Result<Query<Page>, QueryRejection>,
) -> Response {
    let Query(Page { page, limit }) = match page {
        Ok(page) => page,
        Err(rejection) => return unprocessable(&rejection.body_text()),
    };
    let limit = limit.map_or(DEFAULT_LIMIT, NonZeroU32::get);
    let first = page.map_or(0, |page| page.get() - 1).saturating_mul(limit).min(CHALLENGES);
    let last = first.saturating_add(limit).min(CHALLENGES);
    let items: Vec<Value> = (first..last).map(challenge).collect();
    let cache_use = api.look_up(Route::Challenges, Some(session.login));
    (Extension(cache_use), Json(json!({ "items": items, "total": CHALLENGES }))).into_response()
}

fn challenge(index: u32) -> Value {
    json!({
        "id": format!("challenge-{:03}", index + 1),
        "title": TITLES[index as usize % TITLES.len()],
        "members": 12 + index * 37 % 480,
        "status": if index % 5 == 4 { "finished" } else { "active" },
    })
}

#[derive(Deserialize)]
struct CheckIn {
    challenge_id: String,
    habit_id: String,
    caption: Option<String>,
}

async fn check_in(
    State(api): State<Api>,
    session: Session,
    body: Result<Json<CheckIn>, JsonRejection>,
) -> Response {
    let check_in = match body {
        Ok(Json(check_in)) => check_in,
        Err(rejection) => return unprocessable(&rejection.body_text()),
    };
    let id = format!("checkin-{:06}", api.check_in());
    let location = [(header::LOCATION, format!("/api/v1/checkins/{id}"))];
    let stale = CacheKey { route: Route::Challenges, login: Some(session.login) };
    let body = json!({
        "id": id,
        "challenge_id": check_in.challenge_id,
        "habit_id": check_in.habit_id,
        "caption": check_in.caption,
        // Of the demo's own time: it has no calendar.
        "created_ms": u64::try_from(api.uptime().as_millis()).unwrap_or(u64::MAX),
    });
    (StatusCode::CREATED, location, Extension(CacheUse::Invalidates(stale)), Json(body)).into_response()
}

async fn profile(State(api): State<Api>) -> (Extension<CacheUse>, Json<Value>) {
    let body = json!({
        "id": "user-demo",
        "name": "Demo User",
        "completion_percent": 80,
        "unread_notifications": 3,
    });
    (Extension(api.look_up(Route::Profile, None)), Json(body))
}

impl FromRequestParts<Api> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Response> {
        let Some(token) = bearer(parts) else { return Err(unauthorized("not authenticated")) };
        api.session(token).ok_or_else(|| unauthorized("unknown token"))
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    // RFC 9110, 11.1: the scheme's case does not matter.
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> Response {
    ([(header::WWW_AUTHENTICATE, "Bearer")], refuse(StatusCode::UNAUTHORIZED, detail)).into_response()
}

fn unprocessable(detail: &str) -> Response {
    refuse(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
