//! URLs: parsed once where nothing in them changes.

use super::{
    scope::Scope,
    template::{RenderError, Template, Variables},
};
use crate::scenario::{Faults, Pairs, Span, Text};
use url::Url;

/// A compiled URL.
#[derive(Debug, Clone)]
pub enum UrlTemplate {
    /// The same every time.
    Fixed(Url),
    /// Rendered for each request.
    Varying {
        /// The base URL without a slash at its end, for paths.
        base: Option<String>,
        /// Path or absolute URL.
        text: Template,
        /// Query parameters to append.
        query: Vec<(String, Template)>,
        /// Hosts it may name.
        hosts: Vec<String>,
    },
}

/// Why there is no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// A template failed, or what it rendered is not a URL.
    #[error("{0}")]
    Render(#[from] RenderError),
    /// The rendered URL names a host that the scenario does not.
    #[error("the URL names the host `{0}`, which the scenario does not")]
    HostNotAllowed(String),
}

impl UrlTemplate {
    /// The URL for a user.
    ///
    /// # Errors
    /// A variable that is not set, a text that is not a URL, or a host that the scenario does not name.
    pub fn render(&self, variables: &Variables<'_>) -> Result<Url, UrlError> {
        let (base, text, query, hosts) = match self {
            Self::Fixed(url) => return Ok(url.clone()),
            Self::Varying { base, text, query, hosts } => (base, text, query, hosts),
        };
        let rendered = text.to_text(variables)?;
        let mut url = join(base.as_deref(), &rendered).map_err(RenderError::Unusable)?;
        for (name, value) in query {
            let value = value.to_text(variables)?;
            url.query_pairs_mut().append_pair(name, &value);
        }
        let host = url.host_str().unwrap_or_default();
        if !hosts.iter().any(|allowed| allowed == host) {
            return Err(UrlError::HostNotAllowed(host.to_owned()));
        }
        Ok(url)
    }

    /// The host, where it is known before the run.
    pub fn fixed_host(&self) -> Option<&str> {
        match self {
            Self::Fixed(url) => url.host_str(),
            Self::Varying { .. } => None,
        }
    }

    /// Allows a varying URL to name these hosts.
    pub(super) fn allow(&mut self, allowed: &[String]) {
        if let Self::Varying { hosts, .. } = self {
            *hosts = allowed.to_vec();
        }
    }
}

/// A URL of the target's: absolute ones as they are, paths behind the base, whose own path they keep.
fn join(base: Option<&str>, text: &str) -> Result<Url, String> {
    let absolute = text.starts_with("http://") || text.starts_with("https://");
    let joined = match base {
        _ if absolute => text.to_owned(),
        Some(base) if text.starts_with('/') || text.starts_with('?') => format!("{base}{text}"),
        Some(base) => format!("{base}/{text}"),
        None => return Err(format!("`{text}` is a path, and the file has no `target` to join it to")),
    };
    parse_http(&joined)
}

fn parse_http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` is not an HTTP URL"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("`{text}` names no host"));
    }
    Ok(url)
}

/// The base URL from `target`, without a slash at its end.
pub(super) fn base(text: &str, span: Span, faults: &mut Faults) -> Option<String> {
    let read = parse_http(text).and_then(|url| {
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("`{text}` has a query or fragment, which a base URL cannot have"));
        }
        Ok(url.as_str().trim_end_matches('/').to_owned())
    });
    read.map_err(|problem| {
        faults.report(span, problem).help("for example `target: http://127.0.0.1:8080`, or `target: demo`");
    })
    .ok()
}

/// Compiles a request's URL.
pub(super) fn compile(
    text: &Text,
    query: &Pairs,
    base: Option<&str>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<UrlTemplate> {
    let template = scope.template(text, faults);
    let pairs: Vec<Option<(String, Template)>> = query
        .iter()
        .map(|(name, value)| Some((name.value.clone(), scope.template(value, faults)?)))
        .collect();
    let (template, query) = (template?, pairs.into_iter().collect::<Option<Vec<_>>>()?);
    let fixed_query: Option<Vec<(&str, &str)>> =
        query.iter().map(|(name, value)| Some((name.as_str(), value.as_fixed()?))).collect();
    match (template.as_fixed(), fixed_query) {
        (Some(fixed), Some(pairs)) => match join(base, fixed) {
            Ok(mut url) => {
                if !pairs.is_empty() {
                    url.query_pairs_mut().extend_pairs(pairs);
                }
                Some(UrlTemplate::Fixed(url))
            }
            Err(problem) => {
                faults.report(text.span, problem);
                None
            }
        },
        _ => {
            if base.is_none() && template.prefix().starts_with('/') {
                faults.report(text.span, "a path needs a `target` to be joined to, and the file has none");
                return None;
            }
            let base = base.map(str::to_owned);
            Some(UrlTemplate::Varying { base, text: template, query, hosts: Vec::new() })
        }
    }
}
