//! A request, compiled: what does not change is made once.

use super::{
    body::{self, Body},
    check::{Check, Extract, header_name, scan_where_cheaper},
    files::Files,
    scope::Scope,
    template::{RenderError, Template, Variables},
    url::{self, UrlTemplate},
};
use crate::model::OnFailure;
use crate::{
    model::RequestId,
    scenario::{self, Auth, Faults, HttpDefaults, Span, Spanned, Text},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::{sync::Arc, time::Duration};

/// Timeout of a whole exchange where the scenario names none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Most redirects that are followed where the scenario names no number.
const DEFAULT_REDIRECTS: u32 = 10;
/// Most bytes of a body that are kept where the scenario names no size.
const DEFAULT_MAX_BODY: u64 = 10 * 1024 * 1024;
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
    /// Cookies beside those of the user's jar, over which they go.
    pub cookies: Vec<(String, Template)>,
    /// Who asks, where that is said in answer to a challenge.
    pub digest: Option<Digest>,
    /// Most redirects that are followed; 0 for none.
    pub redirects: u32,
    /// Longest time for the whole exchange, redirects included.
    pub timeout: Duration,
    /// Most bytes of a body that are kept for checks and extracts.
    pub max_body: u64,
    /// Whether bodies are read and counted and nothing of them kept.
    pub discard_body: bool,
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

/// Who asks, for a server that wants digest authentication (RFC 7616).
#[derive(Debug, Clone)]
pub struct Digest {
    /// The user's name.
    pub user: Template,
    /// The password.
    pub password: Template,
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

    /// The names and values of the request's own cookies for a user.
    ///
    /// # Errors
    /// A variable that is not set, or a rendered value that would not be one cookie.
    pub fn own_cookies(&self, variables: &Variables<'_>) -> Result<Vec<(&str, String)>, RenderError> {
        let rendered = self.cookies.iter().map(|(name, template)| {
            let value = template.to_text(variables)?;
            if is_cookie_value(&value) {
                return Ok((name.as_str(), value));
            }
            Err(RenderError::Unusable(format!("the cookie `{name}` has characters that no cookie can have")))
        });
        rendered.collect()
    }
}

/// What requests are compiled with.
pub(super) struct Context<'c> {
    pub base: Option<&'c str>,
    /// Defaults, the strongest first.
    pub http: [&'c HttpDefaults; 2],
    /// The files that bodies may be made of.
    pub files: &'c Arc<dyn Files>,
    /// Seed of every random choice.
    pub seed: u64,
}

impl<'c> Context<'c> {
    /// What the strongest default that says it says.
    fn first<T: 'c>(&self, of: impl Fn(&'c HttpDefaults) -> Option<T>) -> Option<T> {
        self.http.iter().find_map(|http| of(http))
    }
}

/// Whether bodies are read and counted and nothing of them kept.
pub(super) fn discards_bodies(http: &[&HttpDefaults; 2]) -> bool {
    http.iter().find_map(|http| http.discard_bodies).unwrap_or(false)
}

/// Says of a check or extract that what it looks at is not kept.
pub(super) fn report_discarded(span: Span, faults: &mut Faults) {
    faults
        .report(span, "this looks at a body, and `discard_bodies` keeps none")
        .label("there would be nothing to look at")
        .help("leave `discard_bodies` out: a body that nothing looks at is not kept anyway");
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
    let (body, content_type) = body::compile(request, id, context, scope, faults).unzip();
    let headers = headers(request, content_type.flatten(), context, scope, faults);
    let (cookies, digest) = (cookies(request, scope, faults), digest(request, scope, faults));
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
    let discard_body = discards_bodies(&context.http);
    if discard_body {
        let written = request.expect.iter().chain(&request.check);
        let looking =
            written.zip(&checks).filter(|(_, check)| check.reads_body()).map(|(check, _)| check.span);
        let extracting = request.extract.iter().zip(&extracts).filter(|(_, extract)| extract.reads_body());
        looking
            .chain(extracting.map(|(extract, _)| extract.span))
            .for_each(|span| report_discarded(span, faults));
    }
    scan_where_cheaper(&mut checks, &mut extracts);
    let (fixed_headers, varying_headers) = headers?;
    Some(Request {
        id,
        method: method?,
        url: url?,
        fixed_headers,
        varying_headers,
        body: body?,
        cookies: cookies?,
        digest: digest?,
        redirects: request.redirects.or(context.first(|http| http.redirects)).unwrap_or(DEFAULT_REDIRECTS),
        timeout: request.timeout.or(context.first(|http| http.timeout)).unwrap_or(DEFAULT_TIMEOUT),
        max_body: context.first(|http| http.max_body).unwrap_or(DEFAULT_MAX_BODY),
        discard_body,
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
    content_type: Option<HeaderValue>,
    context: &Context<'_>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Headers> {
    let mut fixed = HeaderMap::new();
    let mut varying: Vec<(HeaderName, Template)> = Vec::new();
    fixed.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    fixed.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    if let Some(content_type) = content_type {
        fixed.insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(accepted) = accepted_encodings(context) {
        fixed.insert(header::ACCEPT_ENCODING, accepted);
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
    if let Some(text) = context.first(|http| http.user_agent.as_ref()) {
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

/// The compressions that are asked for, in the file's order.
fn accepted_encodings(context: &Context<'_>) -> Option<HeaderValue> {
    let asked = context.first(|http| http.compression.as_ref()).filter(|asked| !asked.is_empty())?;
    let names: Vec<&str> = asked.iter().map(|compression| compression.name()).collect();
    HeaderValue::from_str(&names.join(", ")).ok()
}

/// The header of basic or bearer authentication; digest authentication has none before it is asked for.
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
        Auth::Digest { .. } => {
            remove_header(&header::AUTHORIZATION, fixed, varying);
            return Some(());
        }
    };
    remove_header(&header::AUTHORIZATION, fixed, varying);
    match template.as_fixed() {
        None => varying.push((header::AUTHORIZATION, template)),
        Some(value) => {
            let span = match auth {
                Auth::Bearer(token) => token.span,
                Auth::Basic { user, .. } | Auth::Digest { user, .. } => user.span,
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

fn remove_header(name: &HeaderName, fixed: &mut HeaderMap, varying: &mut Vec<(HeaderName, Template)>) {
    fixed.remove(name);
    varying.retain(|(known, _)| known != name);
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
    remove_header(&name, fixed, varying);
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

/// `Some(None)` where the request has no digest authentication.
fn digest(request: &scenario::Request, scope: &Scope<'_>, faults: &mut Faults) -> Option<Option<Digest>> {
    let Some(Auth::Digest { user, password }) = &request.auth else { return Some(None) };
    let (user, password) = (scope.template(user, faults), scope.template(password, faults));
    Some(Some(Digest { user: user?, password: password? }))
}

fn cookies(
    request: &scenario::Request,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Vec<(String, Template)>> {
    let compiled: Vec<Option<(String, Template)>> =
        request.cookies.iter().map(|(name, text)| cookie(name, text, scope, faults)).collect();
    compiled.into_iter().collect()
}

fn cookie(
    name: &Spanned<String>,
    text: &Text,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<(String, Template)> {
    // RFC 6265 has the same characters for them as headers have.
    let is_name = HeaderName::try_from(name.value.as_str()).is_ok();
    if !is_name {
        let message = match name.value.as_str() {
            "" => "a cookie's name cannot be empty".to_owned(),
            name => format!("`{name}` cannot be a cookie's name"),
        };
        faults.report(name.span, message).label("letters, digits, `-` and `_`, as in `session_id`");
    }
    let template = scope.template(text, faults)?;
    if template.as_fixed().is_some_and(|value| !is_cookie_value(value)) {
        let message =
            format!("this value of the cookie `{}` has characters that no cookie can have", name.value);
        let fault = faults.report(text.span, message);
        fault.label("no `;` and no line breaks");
        fault.help("such a value is usually sent encoded: `${url_encode(value)}` or `${base64(value)}`");
        return None;
    }
    is_name.then(|| (name.value.clone(), template))
}

/// What a server can read back as one value. RFC 6265 (4.1.1) has fewer characters, servers take these.
fn is_cookie_value(value: &str) -> bool {
    !value.chars().any(|c| c.is_ascii_control() || c == ';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Inputs, Payload, build, requests_of},
        scenario::{Options, parse},
    };

    /// The only request, with these keys beside it, of a file with this `http`.
    fn request(http: &str, keys: &str) -> Request {
        let source = format!(
            "target: http://target.test\nhttp: {http}\nload: {{ users: 1, duration: 1s }}\nflow: [ {{ post: /{keys} }} ]\n"
        );
        let scenario =
            parse(&source, &Options::default()).unwrap_or_else(|faults| panic!("{source}{faults:?}"));
        let plan = build(&scenario, &Inputs::default());
        let plan = plan.unwrap_or_else(|faults| panic!("{source}{faults:?}"));
        requests_of(&plan.workloads[0].tasks[0].steps)[0].clone()
    }

    fn accepted(request: &Request) -> Option<&str> {
        request.fixed_headers.get("accept-encoding").map(|value| value.to_str().unwrap())
    }

    #[test]
    fn defaults_and_what_goes_over_them() {
        let plain = request("{}", "");
        assert_eq!((plain.redirects, plain.max_body, plain.discard_body), (10, 10 * 1024 * 1024, false));
        assert!(plain.cookies.is_empty() && plain.digest.is_none() && accepted(&plain).is_none());
        let http = "{ follow_redirects: 3, max_body: 1KiB, discard_bodies: true, timeout: 9s }";
        let written = request(http, "");
        assert_eq!((written.redirects, written.max_body, written.discard_body), (3, 1024, true));
        assert_eq!(written.timeout, Duration::from_secs(9));
        for (keys, redirects) in
            [(", follow_redirects: 5", 5), (", follow_redirects: false", 0), (", follow_redirects: true", 10)]
        {
            assert_eq!(request(http, keys).redirects, redirects, "{keys}");
        }
    }

    #[test]
    fn compressions_are_asked_for_as_written() {
        for (http, keys, asked) in [
            ("{ compression: [br, gzip] }", "", Some("br, gzip")),
            ("{ compression: [deflate, zstd, br, gzip] }", "", Some("deflate, zstd, br, gzip")),
            ("{ compression: [] }", "", None),
            ("{ compression: [gzip] }", ", headers: { Accept-Encoding: identity }", Some("identity")),
            ("{ compression: [gzip], headers: { accept-encoding: identity } }", "", Some("identity")),
        ] {
            assert_eq!(accepted(&request(http, keys)), asked, "{http} {keys}");
        }
    }

    #[test]
    fn digest_waits_for_the_challenge() {
        let http = "{ headers: { authorization: Bearer x } }";
        let asking = request(http, ", auth: { digest: { user: 'u${vu}', password: p } }");
        let variables = Variables { vu: 3, ..Variables::default() };
        let digest = asking.digest.as_ref().expect("digest authentication");
        assert_eq!(digest.user.to_text(&variables).as_deref(), Ok("u3"));
        assert_eq!(digest.password.to_text(&variables).as_deref(), Ok("p"));
        assert!(!asking.headers(&variables).unwrap().contains_key("authorization"));
    }

    #[test]
    fn cookies_are_rendered_and_refused_where_they_would_be_two() {
        let request = request("{}", ", cookies: { a: b, user: '${vu}' }");
        let variables = Variables { vu: 3, ..Variables::default() };
        let named: Vec<&str> = request.cookies.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(named, ["a", "user"]);
        assert_eq!(
            request.own_cookies(&variables),
            Ok(vec![("a", "b".to_owned()), ("user", "3".to_owned())])
        );
        assert!(!is_cookie_value("p;q") && !is_cookie_value("a\nb") && is_cookie_value("a, b=\"c\""));
    }

    #[test]
    fn a_payload_of_bytes_is_whole() {
        let body = request("{}", ", json: { a: 1 }").body.render(&Variables::default()).unwrap().unwrap();
        assert!(matches!(&body, Payload::Whole(bytes) if &**bytes == b"{\"a\":1}"));
        assert_eq!((body.len(), body.is_empty()), (7, false));
        assert!(request("{}", "").body.render(&Variables::default()).unwrap().is_none());
    }
}
