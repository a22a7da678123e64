//! The routes of the demo: the one table of methods and paths, from which requests are both routed and
//! counted.
//!
//! Deliberately not what a route answers; that is in `handlers`.

use axum::http::Method;

/// What a request asks for. The order is the order of `GET /stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Route {
    /// Log in.
    Login,
    /// The user who is logged in.
    Me,
    /// The list of challenges.
    Challenges,
    /// Check in to a challenge.
    CheckIn,
    /// The profile anybody may read.
    Profile,
    /// Whether the demo is up.
    Health,
    /// What the demo has counted.
    Stats,
    /// A path of the table with a method it does not have.
    WrongMethod,
    /// A path outside the table. One name for all of them keeps the counts bounded.
    Unknown,
}

impl Route {
    /// The routes that there are, with method and path.
    pub(super) const SERVED: [(Self, Method, &'static str); 7] = [
        (Self::Login, Method::POST, "/api/v1/auth/login"),
        (Self::Me, Method::GET, "/api/v1/users/me"),
        (Self::Challenges, Method::GET, "/api/v1/challenges"),
        (Self::CheckIn, Method::POST, "/api/v1/checkins"),
        (Self::Profile, Method::GET, "/api/profile"),
        (Self::Health, Method::GET, "/health"),
        (Self::Stats, Method::GET, "/stats"),
    ];

    /// The route of a request. HEAD goes with GET, as axum serves it.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        match Self::SERVED.iter().find(|(_, _, served)| *served == path) {
            Some((route, served, _)) if served == method => *route,
            Some(_) => Self::WrongMethod,
            None => Self::Unknown,
        }
    }

    /// How `GET /stats` names it, such as `GET /api/profile`.
    pub(super) fn label(self) -> String {
        match Self::SERVED.iter().find(|(route, _, _)| *route == self) {
            Some((_, method, path)) => format!("{method} {path}"),
            None if self == Self::WrongMethod => "(wrong method)".to_owned(),
            None => "(unknown)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_one_route() {
        for (method, path, label) in [
            (Method::GET, "/api/profile", "GET /api/profile"),
            (Method::HEAD, "/api/profile", "GET /api/profile"),
            (Method::POST, "/api/v1/checkins", "POST /api/v1/checkins"),
            (Method::GET, "/api/v1/checkins", "(wrong method)"),
            (Method::HEAD, "/api/v1/checkins", "(wrong method)"),
            (Method::GET, "/api/v1/checkins/", "(unknown)"),
            (Method::GET, "/", "(unknown)"),
        ] {
            assert_eq!(Route::of(&method, path).label(), label, "{method} {path}");
        }
    }
}
