//! `multipart/form-data` (RFC 7578), written as browsers write it.

use super::{
    body::{BodyFile, Payload, Piece, file},
    files::Files,
    scope::Scope,
    template::{RenderError, Template, Variables},
};
use crate::{
    model::RequestId,
    scenario::{Faults, FieldContent, MultipartField, Spanned},
};
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, sync::Arc};

/// Content types by the ends of files' names; what is not there is only bytes.
const CONTENT_TYPES: [(&str, &str); 16] = [
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];
const ANY_CONTENT: &str = "application/octet-stream";

/// A stretch of a multipart body.
#[derive(Debug, Clone)]
pub(super) enum Segment {
    /// The same bytes every time.
    Bytes(Bytes),
    /// The value of a field.
    Text(Template),
    /// A file that is too large to be held.
    File(Arc<BodyFile>),
}

/// What the boundary of a body follows from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Boundary {
    pub seed: u64,
    pub request: RequestId,
}

impl Boundary {
    /// One that occurs in none of the texts: 128 bits, so that it does not occur in what is not known yet, either.
    fn absent_from(self, segments: &[Segment]) -> String {
        let mut attempt = 0_u64;
        loop {
            let text = self.text(attempt);
            let occurs = segments.iter().any(|segment| match segment {
                Segment::Bytes(bytes) => bytes.windows(text.len()).any(|part| part == text.as_bytes()),
                _ => false,
            });
            if !occurs {
                return text;
            }
            attempt += 1;
        }
    }

    fn text(self, attempt: u64) -> String {
        let mut digest = Sha256::new();
        digest.update(self.seed.to_le_bytes());
        digest.update(self.request.0.to_le_bytes());
        digest.update(attempt.to_le_bytes());
        let mut text = "loadgen".to_owned();
        for byte in &digest.finalize()[..16] {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// A body's segments, and its content type.
pub(super) fn compile(
    fields: &[MultipartField],
    boundary: Boundary,
    files: &Arc<dyn Files>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<(Vec<Segment>, HeaderValue)> {
    let parts: Vec<Option<(String, Segment)>> =
        fields.iter().map(|field| part(field, files, scope, faults)).collect();
    let (heads, contents): (Vec<String>, Vec<Segment>) =
        parts.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
    let boundary = boundary.absent_from(&contents);
    let mut segments = Segments::default();
    for (head, content) in heads.iter().zip(contents) {
        segments.add_text(&format!("--{boundary}\r\n{head}\r\n"));
        segments.add(content);
        segments.add_text("\r\n");
    }
    segments.add_text(&format!("--{boundary}--\r\n"));
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}")).ok()?;
    Some((segments.finish(), content_type))
}

/// What stands above a field's value, and the value.
fn part(
    field: &MultipartField,
    files: &Arc<dyn Files>,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<(String, Segment)> {
    let mut head = format!("content-disposition: form-data; name=\"{}\"", quoted(&field.name.value));
    let content = match &field.content {
        FieldContent::Text(text) => {
            head.push_str("\r\n");
            let template = scope.template(text, faults)?;
            let fixed = template.as_fixed().map(|fixed| Segment::Bytes(Bytes::from(fixed.to_owned())));
            fixed.unwrap_or(Segment::Text(template))
        }
        FieldContent::File { path, content_type } => {
            let (found, content_type) =
                (file(path, files, faults), content_type_of(path, content_type, faults));
            let name = path.value.rsplit('/').next().unwrap_or(&path.value);
            let _ = write!(head, "; filename=\"{}\"\r\ncontent-type: {}\r\n", quoted(name), content_type?);
            match found? {
                Piece::Bytes(bytes) => Segment::Bytes(bytes),
                Piece::File(file) => Segment::File(file),
            }
        }
    };
    Some((head, content))
}

fn content_type_of(
    path: &Spanned<String>,
    written: &Option<Spanned<String>>,
    faults: &mut Faults,
) -> Option<String> {
    let Some(written) = written else { return Some(usual_content_type(&path.value).to_owned()) };
    if written.value.is_empty() || HeaderValue::from_str(&written.value).is_err() {
        let message = match written.value.as_str() {
            "" => "a content type cannot be empty".to_owned(),
            other => format!("`{}` is not a content type", other.escape_debug()),
        };
        faults.report(written.span, message).label("for example `image/jpeg`");
        return None;
    }
    Some(written.value.clone())
}

fn usual_content_type(path: &str) -> &'static str {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    CONTENT_TYPES
        .iter()
        .find(|(known, _)| *known == end)
        .map_or(ANY_CONTENT, |(_, content_type)| content_type)
}

/// A name between quotes, as browsers write it (WHATWG HTML, multipart/form-data encoding algorithm).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// The body for a user.
pub(super) fn render(segments: &[Segment], variables: &Variables<'_>) -> Result<Payload, RenderError> {
    let mut pieces = Vec::new();
    let mut joined = BytesMut::new();
    for segment in segments {
        match segment {
            Segment::Bytes(bytes) => joined.extend_from_slice(bytes),
            Segment::Text(template) => joined.extend_from_slice(template.to_text(variables)?.as_bytes()),
            Segment::File(file) => {
                pieces.push(Piece::Bytes(joined.split().freeze()));
                pieces.push(Piece::File(Arc::clone(file)));
            }
        }
    }
    if pieces.is_empty() {
        return Ok(Payload::Whole(joined.freeze()));
    }
    pieces.push(Piece::Bytes(joined.freeze()));
    Ok(Payload::Pieces(pieces))
}

/// Segments in which neighbouring bytes are one.
#[derive(Default)]
struct Segments {
    list: Vec<Segment>,
    open: BytesMut,
}

impl Segments {
    fn add_text(&mut self, text: &str) {
        self.open.extend_from_slice(text.as_bytes());
    }

    fn add(&mut self, segment: Segment) {
        if let Segment::Bytes(bytes) = &segment {
            self.open.extend_from_slice(bytes);
            return;
        }
        self.list.push(Segment::Bytes(self.open.split().freeze()));
        self.list.push(segment);
    }

    fn finish(mut self) -> Vec<Segment> {
        self.list.push(Segment::Bytes(self.open.freeze()));
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Body, Files, Inputs, Request, build, requests_of},
        scenario::{Diagnostic, Options, parse},
    };
    use std::{
        collections::BTreeMap,
        io::{Cursor, Read},
        sync::atomic::{AtomicUsize, Ordering},
    };

    const LARGE: usize = 64 * 1024 + 1;

    /// Files of these sizes, and how often one was opened.
    #[derive(Debug, Default)]
    struct Counted(BTreeMap<&'static str, Vec<u8>>, AtomicUsize);

    impl Files for Counted {
        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
            self.1.fetch_add(1, Ordering::Relaxed);
            let bytes = self.0.get(path).ok_or("there is no such file")?;
            Ok(Box::new(Cursor::new(bytes.clone())))
        }

        fn size(&self, path: &str) -> Result<u64, String> {
            self.0.get(path).map(|bytes| bytes.len() as u64).ok_or_else(|| "there is no such file".to_owned())
        }
    }

    fn files() -> Arc<Counted> {
        let files = [
            ("note.txt", b"a note".to_vec()),
            ("folder/a \"b\".PNG", vec![0xFF, 0, b'\n']),
            ("limit", vec![b'l'; LARGE - 1]),
            ("large", vec![b'x'; LARGE]),
        ];
        Arc::new(Counted(files.into(), AtomicUsize::new(0)))
    }

    fn request(keys: &str, seed: u64, files: &Arc<Counted>) -> Result<Request, Vec<Diagnostic>> {
        let source = format!(
            "target: http://target.test\nload: {{ users: 1, duration: 1s }}\nflow:\n  - get: /first\n  - post: /\n    {keys}\n"
        );
        let files: Arc<dyn Files> = files.clone();
        let plan =
            build(&parse(&source, &Options::default())?, &Inputs { seed, files, ..Inputs::default() })?;
        Ok(requests_of(&plan.workloads[0].tasks[0].steps)[1].clone())
    }

    fn content_type(request: &Request) -> String {
        request.fixed_headers["content-type"].to_str().unwrap().to_owned()
    }

    fn boundary(request: &Request) -> String {
        content_type(request).strip_prefix("multipart/form-data; boundary=").unwrap().to_owned()
    }

    /// All bytes, those of files included.
    fn bytes(payload: &Payload) -> Vec<u8> {
        let pieces = match payload {
            Payload::Whole(bytes) => vec![Piece::Bytes(bytes.clone())],
            Payload::Pieces(pieces) => pieces.clone(),
        };
        let mut all = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Bytes(bytes) => all.extend_from_slice(&bytes),
                Piece::File(file) => drop(file.open().unwrap().read_to_end(&mut all).unwrap()),
            }
        }
        assert_eq!(payload.len(), all.len() as u64);
        assert_eq!(payload.is_empty(), all.is_empty());
        all
    }

    #[test]
    fn fields_are_written_as_browsers_do() {
        let files = files();
        let keys = "multipart: { z: 'user ${vu}', \"a \\\"b\\\"\\r\\n\": é, note: { file: note.txt }, \
                    picture: { file: 'folder/a \"b\".PNG' }, raw: { file: note.txt, content_type: x/y } }";
        let request = request(keys, 7, &files).unwrap();
        let b = boundary(&request);
        let variables = Variables { vu: 12, ..Variables::default() };
        let payload = request.body.render(&variables).unwrap().unwrap();
        let expected = format!(
            "--{b}\r\ncontent-disposition: form-data; name=\"z\"\r\n\r\nuser 12\r\n\
             --{b}\r\ncontent-disposition: form-data; name=\"a %22b%22%0D%0A\"\r\n\r\né\r\n\
             --{b}\r\ncontent-disposition: form-data; name=\"note\"; filename=\"note.txt\"\r\ncontent-type: text/plain\r\n\r\na note\r\n\
             --{b}\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a %22b%22.PNG\"\r\ncontent-type: image/png\r\n\r\n"
        );
        let expected = [
            expected.as_bytes(),
            &[0xFF, 0, b'\n'],
            format!("\r\n--{b}\r\ncontent-disposition: form-data; name=\"raw\"; filename=\"note.txt\"\r\ncontent-type: x/y\r\n\r\na note\r\n--{b}--\r\n").as_bytes(),
        ]
        .concat();
        assert_eq!(String::from_utf8_lossy(&bytes(&payload)), String::from_utf8_lossy(&expected));
        assert!(payload.as_whole().is_some(), "small files are held");
    }

    #[test]
    fn large_files_stay_on_the_disk_and_small_ones_are_read_once() {
        let files = files();
        let variables = Variables::default();
        for (keys, opened_before, large) in [
            ("body_file: limit", 1, 0),
            ("body_file: large", 0, 1),
            ("multipart: { a: { file: limit }, b: { file: note.txt } }", 2, 0),
            (
                "multipart: { a: { file: large }, b: '${vu}', c: { file: large }, d: { file: note.txt } }",
                1,
                2,
            ),
        ] {
            files.1.store(0, Ordering::Relaxed);
            let request = request(keys, 1, &files).unwrap();
            let payloads = [0, 1].map(|_| request.body.render(&variables).unwrap().unwrap());
            assert_eq!(files.1.load(Ordering::Relaxed), opened_before, "{keys}");
            assert_eq!(request.body.files().len(), large, "{keys}");
            let of_file = |piece: &Piece| matches!(piece, Piece::File(file) if file.bytes == LARGE as u64);
            let found = match &payloads[0] {
                Payload::Whole(_) => 0,
                Payload::Pieces(pieces) => pieces.iter().filter(|piece| of_file(piece)).count(),
            };
            assert_eq!(found, large, "{keys}");
            assert_eq!(bytes(&payloads[0]), bytes(&payloads[1]), "{keys}");
        }
    }

    #[test]
    fn a_file_as_the_body_is_sent_as_it_is() {
        let files = files();
        let rendered = |keys: &str| {
            let request = request(keys, 1, &files).unwrap();
            (bytes(&request.body.render(&Variables::default()).unwrap().unwrap()), content_type(&request))
        };
        let octets = "application/octet-stream".to_owned();
        assert_eq!(rendered("body_file: note.txt"), (b"a note".to_vec(), octets.clone()));
        assert_eq!(rendered("body_file: large"), (vec![b'x'; LARGE], octets));
        assert_eq!(rendered("body_file: note.txt\n    headers: { Content-Type: text/x }").1, "text/x");
    }

    #[test]
    fn a_body_that_never_changes_is_made_once() {
        let files = files();
        let fixed = request("multipart: { a: b, c: { file: note.txt } }", 1, &files).unwrap();
        assert!(matches!(fixed.body, Body::Fixed(_)), "{:?}", fixed.body);
        assert!(matches!(request("multipart: {}", 1, &files).unwrap().body, Body::Fixed(_)));
        let fixed = request("body_file: note.txt", 1, &files).unwrap();
        assert!(matches!(fixed.body, Body::Fixed(_)), "{:?}", fixed.body);
    }

    #[test]
    fn boundaries_follow_from_the_seed_and_occur_in_no_field() {
        let files = files();
        let of = |keys: &str, seed| boundary(&request(keys, seed, &files).unwrap());
        let plain = of("multipart: { a: b }", 1);
        assert_eq!(plain.len(), "loadgen".len() + 32);
        assert_eq!(plain, of("multipart: { a: other }", 1), "the same again");
        assert_ne!(plain, of("multipart: { a: b }", 2));
        let other = of(&format!("multipart: {{ a: 'x{plain}x' }}"), 1);
        assert_ne!(plain, other, "it stands in a field");
    }
}
