//! A request's keys.

use super::{
    check::{Checks, Extracts, grammar},
    http::Redirects,
    quantity::{FilePath, Literal, TemplatedDuration, Text},
    rule::{at_most_one, exactly_one},
};
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::BTreeMap;

const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "request"];
const BODIES: [&str; 5] = ["json", "form", "multipart", "body", "body_file"];

/// An HTTP request.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [
        exactly_one(&METHODS, "a step is one request: make this one a step of its own"),
        at_most_one(&BODIES, "a request has one body: `json`, `form`, `multipart`, `body` or `body_file`")
    ]))]
pub(super) struct Request {
    /// GET this URL: absolute, or a path that is joined to `target`.
    #[schemars(extend("examples" = ["/api/profile", "/api/users/${id}"]))]
    get: Option<Text>,
    /// HEAD of this URL: absolute, or a path that is joined to `target`.
    head: Option<Text>,
    /// POST to this URL: absolute, or a path that is joined to `target`.
    #[schemars(extend("examples" = ["/api/v1/auth/login"]))]
    post: Option<Text>,
    /// PUT to this URL: absolute, or a path that is joined to `target`.
    put: Option<Text>,
    /// PATCH of this URL: absolute, or a path that is joined to `target`.
    patch: Option<Text>,
    /// DELETE this URL: absolute, or a path that is joined to `target`.
    delete: Option<Text>,
    /// OPTIONS of this URL: absolute, or a path that is joined to `target`.
    options: Option<Text>,
    /// A request with any other method.
    request: Option<AnyMethod>,
    /// Name in results and thresholds. By default the method and the URL as written: `GET /users/${id}`.
    name: Option<Literal>,
    /// What is appended to the URL, url-encoded.
    #[schemars(extend("examples" = [{ "page": "${page}" }]))]
    query: Option<BTreeMap<String, Text>>,
    /// Headers of this request; they go over those of `http`.
    #[schemars(extend("examples" = [{ "authorization": "Bearer ${token}" }]))]
    headers: Option<BTreeMap<String, Text>>,
    /// Any value, sent as JSON with its content type. A value that is one whole `${…}` keeps its type.
    json: Option<Value>,
    /// Fields, sent url-encoded as by a form.
    #[schemars(extend("examples" = [{ "user": "${email}" }]))]
    form: Option<BTreeMap<String, Text>>,
    /// Fields, sent as `multipart/form-data` in this order: each a text or a file.
    #[schemars(extend("examples" = [{ "photo": { "file": "photo.jpg", "content_type": "image/jpeg" } }]))]
    multipart: Option<BTreeMap<String, Part>>,
    /// The body as a text, or as bytes in base64.
    body: Option<Body>,
    /// The body as a file's content. A large file is streamed from the disk.
    body_file: Option<FilePath>,
    /// How long the whole exchange may take, with all its redirects. By default that of `http`.
    #[schemars(extend("examples" = ["10s"]))]
    timeout: Option<TemplatedDuration>,
    /// How many redirects are followed, or `false` for none. By default as `http` says.
    #[schemars(extend("examples" = [5, false]))]
    follow_redirects: Option<Redirects>,
    /// Who asks.
    auth: Option<Auth>,
    /// Cookies of this request, over those of the user's jar.
    #[schemars(extend("examples" = [{ "session": "${sid}" }]))]
    cookies: Option<BTreeMap<String, Text>>,
    /// Tags on this request's samples.
    #[schemars(extend("examples" = [{ "area": "checkout" }]))]
    tags: Option<BTreeMap<String, Literal>>,
    #[schemars(extend("description" = concat!(
        "What must hold of the response: the request has failed where one does not. Where none is about `status`, a \
        status of 400 or above has failed as well.",
        grammar!()
    )))]
    expect: Option<Checks>,
    #[schemars(extend("description" = concat!("What is checked and only counted, as in k6.", grammar!())))]
    check: Option<Checks>,
    /// Variables that the response gives a value to: each with a subject such as `json $.id`, `header location`,
    /// `cookie sid`, `regex /id=(\d+)/`, `css input[name=csrf] @value`, or with a map of `from`, `default` and `pick`.
    #[schemars(extend("examples" = [{ "token": "json $.access_token" }]))]
    extract: Option<Extracts>,
    /// What happens when the request has failed. By default `continue` after a failed expectation, and `stop_iteration`
    /// without a response or after a failed `extract`.
    on_failure: Option<OnFailure>,
}

/// A request with any method.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [{ "method": "PURGE", "url": "/cache" }]))]
pub(super) struct AnyMethod {
    /// The HTTP method.
    #[schemars(extend("examples" = ["PURGE"]))]
    method: String,
    /// The URL: absolute, or a path that is joined to `target`.
    url: Text,
}

/// A body: a text, or bytes in base64.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Body {
    Text(Text),
    Bytes(Base64),
}

/// Bytes in base64.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Base64 {
    /// The bytes, in base64.
    base64: Text,
}

/// A field of a multipart body: a text or a file.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Part {
    Text(Text),
    File(FilePart),
}

/// A file in a multipart body.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct FilePart {
    /// The file.
    file: FilePath,
    /// Its content type. By default it follows from the name's end.
    #[schemars(extend("examples" = ["image/jpeg"]))]
    content_type: Option<Text>,
}

/// Who asks.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [exactly_one(&["basic", "bearer", "digest"], "a request has one kind of `auth`")]))]
pub(super) struct Auth {
    /// User and password, sent with the request.
    basic: Option<Credentials>,
    /// A token: `authorization: Bearer TOKEN`.
    #[schemars(extend("examples" = ["${token}"]))]
    bearer: Option<Text>,
    /// User and password, in answer to the server's challenge.
    digest: Option<Credentials>,
}

/// User and password.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("examples" = [{ "user": "test", "password": "${secrets.password}" }])
)]
pub(super) struct Credentials {
    /// The user.
    user: Text,
    /// The password. It belongs into `secrets`: `${secrets.password}`.
    password: Text,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum OnFailure {
    /// Go on with the next step.
    Continue,
    /// End this iteration; it counts as failed.
    StopIteration,
    /// End this user.
    StopUser,
    /// End the run.
    StopRun,
}
