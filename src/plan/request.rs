//! A request, compiled: what does not change is made once.

use super::{
    check::{Check, Extract, header_name, scan_where_cheaper},
    json_template::JsonTemplate,
    scope::Scope,
    template::{RenderError, Template, Variables},
    url::{self, UrlTemplate},
};
use crate::model::OnFailure;
use crate::{
    model::RequestId,
    scenario::{self, Auth, Faults, HttpDefaults, Pairs, Spanned, Text},
};
use ::url::form_urlencoded;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::time::Duration;

/// Timeout of a whole exchange where the scenario names none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const USER_AGENT: &str = concat!("loadgen/", env!("CARGO_PKG_VERSION"));

/// A compiled request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// The HTTP method.
    pub method: Method,
    /// The URL.
    pub url: UrlTemplate,
    /// The headers that are always the same.
    pub fixed_headers: HeaderMap,
    /// Those that are rendered each time.
    pub varying_headers: Vec<(HeaderName, Template)>,
    /// The body.
    pub body: Body,
    /// Longest time for the whole exchange.
    pub timeout: Duration,
    /// Expectations and checks, expectations first.
    pub checks: Vec<Check>,
    /// What is kept of the response.
    pub extracts: Vec<Extract>,
    /// Whether any of them needs the body.
    pub reads_body: bool,
    /// Whether an expectation is about the status; where none is, 400 and above have failed.
    pub expects_status: bool,
    /// Whether a later step looks at the response.
    pub keeps_response: bool,
    /// What a failure ends, where the file says so.
    pub on_failure: Option<OnFailure>,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(JsonTemplate),
    /// The same bytes every time.
    Fixed(Bytes),
    /// A text.
    Text(Template),
    /// Bytes, written as base64.
    Base64(Template),
    /// Names and values, url-encoded.
    Form(Vec<(String, Template)>),
}

impl Body {
    /// The bytes for a user; `None` where there is no body.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn render(&self, variables: &Variables<'_>) -> Result<Option<Bytes>, RenderError> {
        Ok(match self {
            Self::Empty => None,
            Self::Json(template) => Some(template.render(variables)?),
            Self::Fixed(bytes) => Some(bytes.clone()),
            Self::Text(template) => Some(Bytes::from(template.to_text(variables)?)),
            Self::Base64(template) => Some(decode_base64(&template.to_text(variables)?)?),
            Self::Form(fields) => {
                let mut encoder = form_urlencoded::Serializer::new(String::new());
                for (name, template) in fields {
                    encoder.append_pair(name, &template.to_text(variables)?);
                }
                Some(Bytes::from(encoder.finish()))
            }
        })
    }
}

impl Request {
    /// Whether a check or extract, or a later step, may look at the URL.
    pub fn looks_at_url(&self) -> bool {
        let looked_at =
            self.checks.iter().any(Check::reads_url) || self.extracts.iter().any(Extract::reads_url);
        self.keeps_response || looked_at
    }

    /// The headers for a user.
    ///
    /// # Errors
    /// A variable that is not set, or a rendered value with bytes that no header can have.
    pub fn headers(&self, variables: &Variables<'_>) -> Result<HeaderMap, RenderError> {
        let mut headers = self.fixed_headers.clone();
        for (name, template) in &self.varying_headers {
            let text = template.to_text(variables)?;
            let value = HeaderValue::try_from(text).map_err(|_| {
                RenderError::Unusable(format!("the header `{name}` has bytes no header can have"))
            })?;
            headers.insert(name.clone(), value);
        }
        Ok(headers)
    }
}

/// What requests are compiled with.
pub(super) struct Context<'c> {
    pub base: Option<&'c str>,
    /// Defaults, the strongest first.
    pub http: [&'c HttpDefaults; 2],
}

impl Context<'_> {
    fn timeout(&self) -> Option<Duration> {
        self.http.iter().find_map(|http| http.timeout)
    }

    fn user_agent(&self) -> Option<&Text> {
        self.http.iter().find_map(|http| http.user_agent.as_ref())
    }
}

/// Compiles a request; its checks take the numbers `check_ids` gives.
pub(super) fn compile(
    request: &scenario::Request,
    id: RequestId,
    context: &Context<'_>,
    scope: &mut Scope<'_>,
    mut check_id: impl FnMut(&scenario::Check, bool) -> crate::model::CheckId,
    faults: &mut Faults,
) -> Option<Request> {
    let url = url::compile(&request.url, &request.query, context.base, scope, faults);
    let headers = headers(request, context, scope, faults);
    let body = body(request, scope, faults);
    let method = Method::from_bytes(request.method.as_bytes()).ok();
    let expectations = request.expect.iter().map(|check| (check, true));
    let all = expectations.chain(request.check.iter().map(|check| (check, false)));
    let checks: Vec<Option<Check>> = all
        .map(|(check, expected)| Check::compile(check, check_id(check, expected), expected, scope, faults))
        .collect();
    let extracts: Vec<Option<Extract>> =
        request.extract.iter().map(|extract| Extract::compile(extract, scope, faults)).collect();
    let mut checks = checks.into_iter().collect::<Option<Vec<_>>>()?;
    let mut extracts = extracts.into_iter().collect::<Option<Vec<_>>>()?;
    scan_where_cheaper(&mut checks, &mut extracts);
    let (fixed_headers, varying_headers) = headers?;
    Some(Request {
        id,
        method: method?,
        url: url?,
        fixed_headers,
        varying_headers,
        body: body?,
        timeout: request.timeout.or(context.timeout()).unwrap_or(DEFAULT_TIMEOUT),
        reads_body: checks.iter().any(Check::reads_body) || extracts.iter().any(Extract::reads_body),
        expects_status: checks.iter().any(|check| check.is_expectation && check.is_about_status()),
        checks,
        extracts,
        keeps_response: false,
        on_failure: request.on_failure,
    })
}

/// Most headers of a request, its defaults included.
const MOST_HEADERS: usize = 1_000;

type Headers = (HeaderMap, Vec<(HeaderName, Template)>);

/// loadgen's own headers, the file's over them, and the request's over those.
fn headers(
    request: &scenario::Request,
    context: &Context<'_>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Headers> {
    let mut fixed = HeaderMap::new();
    let mut varying: Vec<(HeaderName, Template)> = Vec::new();
    fixed.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    fixed.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let content_type = match request.body {
        Some(scenario::Body::Json(_)) => Some("application/json"),
        Some(scenario::Body::Form(_)) => Some("application/x-www-form-urlencoded"),
        _ => None,
    };
    if let Some(content_type) = content_type {
        fixed.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    let mut sound = true;
    let mut add = |name: &Spanned<String>, text: &Text, faults: &mut Faults| {
        // A wrong one does not end it, so that all of them are reported.
        sound &= add_header(name, text, &mut fixed, &mut varying, scope, faults).is_some();
    };
    let defaults = context.http.iter().map(|http| http.headers.len()).sum::<usize>();
    if defaults + request.headers.len() > MOST_HEADERS {
        let place = request.headers.first().map_or(request.url.span, |(name, _)| name.span);
        faults.report(place, "this request has too many headers").label(format!("at most {MOST_HEADERS}"));
        return None;
    }
    if let Some(text) = context.user_agent() {
        add(&Spanned::new(header::USER_AGENT.as_str().to_owned(), text.span), text, faults);
    }
    let defaults = context.http.iter().rev().flat_map(|http| &http.headers);
    for (name, text) in defaults.chain(&request.headers) {
        add(name, text, faults);
    }
    if let Some(auth) = &request.auth {
        sound &= authorization(auth, &mut fixed, &mut varying, scope, faults).is_some();
    }
    sound.then_some((fixed, varying))
}

/// The header of basic or bearer authentication.
fn authorization(
    auth: &Auth,
    fixed: &mut HeaderMap,
    varying: &mut Vec<(HeaderName, Template)>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<()> {
    let template = match auth {
        Auth::Bearer(token) => Template::joined("Bearer ", scope.template(token, faults)?),
        Auth::Basic { user, password } => {
            let (user, password) = (scope.template(user, faults), scope.template(password, faults));
            Template::basic(user?, password?)
        }
    };
    fixed.remove(header::AUTHORIZATION);
    varying.retain(|(known, _)| *known != header::AUTHORIZATION);
    match template.as_fixed() {
        None => varying.push((header::AUTHORIZATION, template)),
        Some(value) => {
            let span = match auth {
                Auth::Bearer(token) => token.span,
                Auth::Basic { user, .. } => user.span,
            };
            let Ok(value) = HeaderValue::from_str(value) else {
                let fault = faults.report(span, "these credentials have characters that no header can have");
                fault.label("one line, without control characters");
                return None;
            };
            fixed.insert(header::AUTHORIZATION, value);
        }
    }
    Some(())
}

fn add_header(
    written: &Spanned<String>,
    text: &Text,
    fixed: &mut HeaderMap,
    varying: &mut Vec<(HeaderName, Template)>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<()> {
    let (name, template) = (header_name(written, faults), scope.template(text, faults));
    let (name, template) = (name?, template?);
    fixed.remove(&name);
    varying.retain(|(known, _)| *known != name);
    let Some(value) = template.as_fixed() else {
        varying.push((name, template));
        return Some(());
    };
    let Ok(value) = HeaderValue::from_str(value) else {
        let wrong = value.chars().find(|c| *c != '\t' && c.is_ascii_control());
        let message = match wrong {
            Some('\n' | '\r') => format!("this value of the header `{name}` has a line break"),
            Some(c) => format!("this value of the header `{name}` has `{}`", c.escape_default()),
            None => format!("this value of the header `{name}` has characters that no header can have"),
        };
        let fault = faults.report(text.span, message);
        fault.label("it is one line, without control characters");
        fault.help("such a value is usually sent encoded: `${url_encode(value)}` or `${base64(value)}`");
        return None;
    };
    fixed.insert(name, value);
    Some(())
}

fn body(request: &scenario::Request, scope: &Scope<'_>, faults: &mut Faults) -> Option<Body> {
    Some(match &request.body {
        None | Some(scenario::Body::Later) => Body::Empty,
        Some(scenario::Body::Json(value)) => Body::Json(JsonTemplate::compile(value, scope, faults)?),
        Some(scenario::Body::Form(pairs)) => form(pairs, scope, faults)?,
        Some(scenario::Body::Base64(text)) => base64_body(text, scope, faults)?,
        Some(scenario::Body::Text(text)) => {
            let template = scope.template(text, faults)?;
            match template.as_fixed() {
                Some(fixed) => Body::Fixed(Bytes::from(fixed.to_owned())),
                None => Body::Text(template),
            }
        }
    })
}

fn form(pairs: &Pairs, scope: &Scope<'_>, faults: &mut Faults) -> Option<Body> {
    let fields: Vec<Option<(String, Template)>> =
        pairs.iter().map(|(name, text)| Some((name.value.clone(), scope.template(text, faults)?))).collect();
    let fields = fields.into_iter().collect::<Option<Vec<_>>>()?;
    let body = Body::Form(fields);
    // One that is always the same is encoded once.
    let fixed = match &body {
        Body::Form(fields) if fields.iter().all(|(_, value)| value.as_fixed().is_some()) => {
            body.render(&Variables::default()).ok().flatten()
        }
        _ => None,
    };
    Some(fixed.map_or(body, Body::Fixed))
}

fn base64_body(text: &Text, scope: &Scope<'_>, faults: &mut Faults) -> Option<Body> {
    let template = scope.template(text, faults)?;
    let Some(fixed) = template.as_fixed() else { return Some(Body::Base64(template)) };
    match decode_base64(fixed) {
        Ok(bytes) => Some(Body::Fixed(bytes)),
        Err(error) => {
            faults.report(text.span, error.to_string()).label("expected base64");
            None
        }
    }
}

/// Base64 with or without line breaks.
fn decode_base64(text: &str) -> Result<Bytes, RenderError> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let decoded = BASE64_STANDARD.decode(compact);
    decoded.map(Bytes::from).map_err(|error| RenderError::Unusable(format!("this is not base64: {error}")))
}
