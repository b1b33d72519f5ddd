//! What holds of any requests, by anybody: no answer is of the 5xx kind, each is
//! one that the API's document knows, a refusal is in the one error format, and
//! no job of the server ends.
//!
//! The fuzz target and a test of `gateline-server` both play this.

use super::case::{self, Request};
use super::house::House;
use axum::body::Body;
use axum::http::{self, Response, header};
use gateline_common::sync::CONTENT_TYPE;
use serde_json::Value;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Cases that one house is good for: they cancel its event and sign people out.
const CASES_PER_HOUSE: usize = 256;
/// Of an answer, so much is read.
const MOST_BYTES: usize = 4 << 20;
/// Answers that go on are left after this.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../../docs/openapi.json");
    serde_json::from_str(text).expect("JSON")
});

/// Plays cases, each against a house that is not too worn.
pub(crate) struct Play {
    runtime: Runtime,
    house: Option<House>,
    played: usize,
}

impl Default for Play {
    fn default() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build();
        Self {
            runtime: runtime.expect("a runtime"),
            house: None,
            played: 0,
        }
    }
}

impl Play {
    /// Panics when something does not hold of the case `data`.
    pub(crate) fn hold(&mut self, data: &[u8]) {
        let requests = case::read(data);
        if requests.is_empty() {
            return;
        }
        if self.played.is_multiple_of(CASES_PER_HOUSE) {
            let _guard = self.runtime.enter();
            self.house = None;
            self.house = Some(self.runtime.block_on(House::open()));
        }
        self.played += 1;
        let house = self.house.as_mut().expect("a house was opened");
        self.runtime.block_on(async {
            for request in &requests {
                hold(house, request).await;
            }
        });
        if let Some(job) = house.has_lost_a_job() {
            panic!("the job {job} ended");
        }
    }
}

async fn hold(house: &mut House, asked: &Request) {
    let Some(request) = built(house, asked) else {
        return;
    };
    let path = request.uri().path().to_owned();
    let answer = tokio::time::timeout(LONG_ENOUGH, house.send(request)).await;
    let answer = answer.unwrap_or_else(|_| panic!("no answer: {asked:?}"));
    let status = answer.status().as_u16();
    assert!(status < 500, "{status}: {asked:?}");
    if let Some(responses) = documented(&asked.method, &path) {
        assert!(
            responses[status.to_string()].is_object(),
            "{status} is undocumented: {asked:?}"
        );
    }
    if asked.method == "HEAD" {
        return; // an answer without a body
    }
    if status >= 400 {
        let body = axum::body::to_bytes(answer.into_body(), MOST_BYTES).await;
        let body: Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
        assert!(body["errors"][0]["code"].is_string(), "{body}: {asked:?}");
    } else {
        read(answer).await;
    }
}

/// Reads it, unless it goes on as long as the server does.
async fn read(answer: Response<Body>) {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return;
    }
    let body = axum::body::to_bytes(answer.into_body(), MOST_BYTES);
    tokio::time::timeout(LONG_ENOUGH, body)
        .await
        .expect("the answer ends")
        .expect("the answer does not break off");
}

/// The request as it goes over the wire; `None` when no client could send it.
fn built(house: &mut House, asked: &Request) -> Option<http::Request<Body>> {
    let mut path = asked.path.clone();
    let mut body = asked.body.clone();
    let mut kind = "application/json";
    for (name, value) in &house.things {
        let bare = value.to_string();
        path = path.replace(name, bare.trim_matches('"'));
        body = replaced(body, format!("\"{name}\"").as_bytes(), bare.as_bytes());
    }
    if ["/api/checkin/device/scans", "/api/checkin/device/confirm"].contains(&path.as_str()) {
        kind = CONTENT_TYPE;
        if asked.who == "gate" {
            body = house.gate.as_mut()?.message(&path, &body)?;
        }
    }
    let mut request = http::Request::builder()
        .method(asked.method.as_str())
        .uri(path);
    if let Some(token) = house.tokens.get(asked.who.as_str()) {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    request.body(Body::from(body)).ok()
}

fn replaced(body: Vec<u8>, what: &[u8], with: &[u8]) -> Vec<u8> {
    let Some(at) = body.windows(what.len()).position(|window| window == what) else {
        return body;
    };
    let (before, after) = (&body[..at], &body[at + what.len()..]);
    let rest = replaced(after.to_vec(), what, with);
    [before, with, &rest].concat()
}

/// What the document says of the answers to an operation, if it is one.
fn documented(method: &str, path: &str) -> Option<&'static Value> {
    if method.contains(|letter: char| !letter.is_ascii_uppercase()) {
        return None; // methods are told apart by case
    }
    let matching = DOCUMENT["paths"].as_object()?.iter();
    let matching = matching.filter(|(template, _)| is_like(path, template));
    let (_, item) = matching.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method.to_lowercase())?.get("responses")
}

fn is_like(path: &str, template: &str) -> bool {
    let (parts, wanted) = (path.split('/'), template.split('/'));
    parts.clone().count() == wanted.clone().count()
        && parts
            .zip(wanted)
            .all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
}
