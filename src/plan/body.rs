//! What requests carry: what does not change is made once, and large files stay on the disk.

use super::{
    files::Files,
    json_template::JsonTemplate,
    multipart::{self, Segment},
    request::Context,
    scope::Scope,
    template::{RenderError, Template, Variables},
};
use crate::{
    model::RequestId,
    scenario::{self, Faults, Pairs, Spanned, Text},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::HeaderValue;
use std::{fmt, io::Read, sync::Arc};
use url::form_urlencoded;

/// Largest file that is read before the run and held, in bytes; a larger one is read for each request.
const MOST_HELD: u64 = 64 * 1024;

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
    /// Fields and files.
    Multipart(Multipart),
    /// A file that is too large to be held.
    File(Arc<BodyFile>),
}

/// The fields of a multipart body, with all that stands around them.
#[derive(Debug, Clone)]
pub struct Multipart(Vec<Segment>);

/// A body, rendered.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Bytes.
    Whole(Bytes),
    /// One piece after the other.
    Pieces(Vec<Piece>),
}

/// A piece of a body.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Bytes.
    Bytes(Bytes),
    /// The content of a file.
    File(Arc<BodyFile>),
}

/// A file that is sent, read anew for each request.
#[derive(Clone)]
pub struct BodyFile {
    /// Its path, as written.
    pub path: String,
    /// Its bytes when the plan was made.
    pub bytes: u64,
    /// Where it is opened.
    pub files: Arc<dyn Files>,
}

impl fmt::Debug for BodyFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BodyFile")
            .field("path", &self.path)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl BodyFile {
    /// Opens it from its start.
    ///
    /// # Errors
    /// Why it cannot be read any more, with its path.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, String> {
        self.files.open(&self.path).map_err(|reason| format!("`{}` cannot be read: {reason}", self.path))
    }
}

impl Payload {
    /// Bytes of it; those of files as they were when the plan was made.
    pub fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Pieces(pieces) => pieces.iter().map(Piece::len).sum(),
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, where none of them are in a file.
    pub fn as_whole(&self) -> Option<&Bytes> {
        if let Self::Whole(bytes) = self { Some(bytes) } else { None }
    }
}

impl Piece {
    /// Bytes of it.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.bytes,
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Body {
    /// The body for a user; `None` where there is none.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn render(&self, variables: &Variables<'_>) -> Result<Option<Payload>, RenderError> {
        let bytes = match self {
            Self::Empty => return Ok(None),
            Self::Multipart(Multipart(segments)) => return multipart::render(segments, variables).map(Some),
            Self::File(file) => return Ok(Some(Payload::Pieces(vec![Piece::File(Arc::clone(file))]))),
            Self::Json(template) => template.render(variables)?,
            Self::Fixed(bytes) => bytes.clone(),
            Self::Text(template) => Bytes::from(template.to_text(variables)?),
            Self::Base64(template) => decode_base64(&template.to_text(variables)?)?,
            Self::Form(fields) => {
                let mut encoder = form_urlencoded::Serializer::new(String::new());
                for (name, template) in fields {
                    encoder.append_pair(name, &template.to_text(variables)?);
                }
                Bytes::from(encoder.finish())
            }
        };
        Ok(Some(Payload::Whole(bytes)))
    }

    /// The files that are read for each request.
    pub fn files(&self) -> Vec<&BodyFile> {
        match self {
            Self::File(file) => vec![file],
            Self::Multipart(Multipart(segments)) => segments
                .iter()
                .filter_map(|segment| if let Segment::File(file) = segment { Some(&**file) } else { None })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// A body and the content type that follows from it.
pub(super) type Typed = (Body, Option<HeaderValue>);

pub(super) fn compile(
    request: &scenario::Request,
    id: RequestId,
    context: &Context<'_>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Typed> {
    let typed = |body: Body, content_type: &'static str| (body, Some(HeaderValue::from_static(content_type)));
    Some(match &request.body {
        None => (Body::Empty, None),
        Some(scenario::Body::Json(value)) => {
            typed(Body::Json(JsonTemplate::compile(value, scope, faults)?), "application/json")
        }
        Some(scenario::Body::Form(pairs)) => {
            typed(form(pairs, scope, faults)?, "application/x-www-form-urlencoded")
        }
        Some(scenario::Body::Base64(text)) => (base64_body(text, scope, faults)?, None),
        Some(scenario::Body::Text(text)) => {
            let template = scope.template(text, faults)?;
            let fixed = template.as_fixed().map(|fixed| Body::Fixed(Bytes::from(fixed.to_owned())));
            (fixed.unwrap_or(Body::Text(template)), None)
        }
        Some(scenario::Body::Multipart(fields)) => {
            let boundary_of = multipart::Boundary { seed: context.seed, request: id };
            let (segments, content_type) =
                multipart::compile(fields, boundary_of, context.files, scope, faults)?;
            let body = match segments.as_slice() {
                [Segment::Bytes(all)] => Body::Fixed(all.clone()),
                _ => Body::Multipart(Multipart(segments)),
            };
            (body, Some(content_type))
        }
        Some(scenario::Body::File(path)) => {
            let body = match file(path, context.files, faults)? {
                Piece::Bytes(bytes) => Body::Fixed(bytes),
                Piece::File(file) => Body::File(file),
            };
            typed(body, "application/octet-stream")
        }
    })
}

/// A file: its bytes where they are few.
pub(super) fn file(path: &Spanned<String>, files: &Arc<dyn Files>, faults: &mut Faults) -> Option<Piece> {
    let found = files.size(&path.value).and_then(|bytes| {
        if bytes > MOST_HELD {
            return Ok(Piece::File(Arc::new(BodyFile {
                path: path.value.clone(),
                bytes,
                files: Arc::clone(files),
            })));
        }
        let mut content = Vec::new();
        let read = files.open(&path.value)?.take(MOST_HELD).read_to_end(&mut content);
        read.map_err(|error| error.to_string())?;
        Ok(Piece::Bytes(Bytes::from(content)))
    });
    found
        .map_err(|reason| {
            let fault = faults.report(path.span, format!("`{}` cannot be read: {reason}", path.value));
            fault.label("paths are relative to the scenario's file");
        })
        .ok()
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
    let fixed = fixed.as_ref().and_then(Payload::as_whole);
    Some(fixed.map_or(body.clone(), |bytes| Body::Fixed(bytes.clone())))
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
