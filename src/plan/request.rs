//! A request, compiled: what does not change is made once.

use super::{
    check::{Check, Extract, header_name},
    json_template::JsonTemplate,
    scope::Scope,
    template::{RenderError, Template, Variables},
    url::{self, UrlTemplate},
};
use crate::{
    model::RequestId,
    scenario::{self, Faults, HttpDefaults, Spanned, Text},
};
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
        })
    }
}

impl Request {
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
    pub http: &'c HttpDefaults,
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
    let headers = headers(request, context.http, scope, faults);
    let body = body(request, scope, faults);
    let method = Method::from_bytes(request.method.as_bytes()).ok();
    let expectations = request.expect.iter().map(|check| (check, true));
    let all = expectations.chain(request.check.iter().map(|check| (check, false)));
    let checks: Vec<Option<Check>> = all
        .map(|(check, expected)| Check::compile(check, check_id(check, expected), expected, scope, faults))
        .collect();
    let extracts: Vec<Option<Extract>> =
        request.extract.iter().map(|extract| Extract::compile(extract, scope, faults)).collect();
    let checks = checks.into_iter().collect::<Option<Vec<_>>>()?;
    let extracts = extracts.into_iter().collect::<Option<Vec<_>>>()?;
    let (fixed_headers, varying_headers) = headers?;
    Some(Request {
        id,
        method: method?,
        url: url?,
        fixed_headers,
        varying_headers,
        body: body?,
        timeout: request.timeout.or(context.http.timeout).unwrap_or(DEFAULT_TIMEOUT),
        reads_body: checks.iter().any(Check::reads_body) || extracts.iter().any(Extract::reads_body),
        expects_status: checks.iter().any(|check| check.is_expectation && check.is_about_status()),
        checks,
        extracts,
    })
}

type Headers = (HeaderMap, Vec<(HeaderName, Template)>);

/// loadgen's own headers, the file's over them, and the request's over those.
fn headers(
    request: &scenario::Request,
    http: &HttpDefaults,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Headers> {
    let mut fixed = HeaderMap::new();
    let mut varying: Vec<(HeaderName, Template)> = Vec::new();
    fixed.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    fixed.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    if matches!(request.body, Some(scenario::Body::Json(_))) {
        fixed.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let mut sound = true;
    for (written, text) in http.headers.iter().chain(&request.headers) {
        // A wrong one does not end it, so that all of them are reported.
        sound &= add_header(written, text, &mut fixed, &mut varying, scope, faults).is_some();
    }
    sound.then_some((fixed, varying))
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
        faults.report(
            text.span,
            format!("this value of the header `{name}` has bytes that no header can have"),
        );
        return None;
    };
    fixed.insert(name, value);
    Some(())
}

fn body(request: &scenario::Request, scope: &Scope<'_>, faults: &mut Faults) -> Option<Body> {
    Some(match &request.body {
        None => Body::Empty,
        Some(scenario::Body::Json(value)) => Body::Json(JsonTemplate::compile(value, scope, faults)?),
        Some(scenario::Body::Text(text)) => {
            let template = scope.template(text, faults)?;
            match template.as_fixed() {
                Some(fixed) => Body::Fixed(Bytes::from(fixed.to_owned())),
                None => Body::Text(template),
            }
        }
    })
}
