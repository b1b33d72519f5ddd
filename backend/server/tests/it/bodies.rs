//! How large the body of a request may be, by who sends it.

use crate::connections::{rest, saying};
use crate::openapi::operations;
use crate::support::TestApp;
use futures::StreamExt;
use serde_json::json;

/// The largest body of who is not signed in.
const SMALL: usize = 16 * 1024;
const SIGN_IN: &str = "/api/users/signin";
const GARBAGE: &str = "authorization: Bearer made-up\r\n";

/// What is answered to this head while nothing of the body comes.
async fn answer_to_head(app: &TestApp, method: &str, path: &str, headers: &str) -> String {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    rest(saying(app, &head).await).await
}

/// A body of JSON with so many bytes.
fn sized(bytes: usize) -> String {
    let around = json!({"email": "a@b.example", "password": ""}).to_string();
    let filling = "x".repeat(bytes - around.len());
    json!({"email": "a@b.example", "password": filling}).to_string()
}

#[tokio::test]
async fn a_stranger_that_announces_more_than_16_kib_is_refused_before_it_comes() {
    let app = TestApp::init().await;
    let json = "content-type: application/json\r\n";
    let large = format!("{json}content-length: {}\r\n", SMALL + 1);
    let stale = "cookie: gateline_session=made-up\r\n";
    for shown in ["", GARBAGE, stale] {
        let headers = format!("{shown}{large}");
        for path in [SIGN_IN, "/api/users/signup", "/api/checkin/enrol"] {
            let answer = answer_to_head(&app, "POST", path, &headers).await;
            assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
            assert!(answer.contains("\"too_large\""), "{path}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_stranger_sends_16_kib_and_not_a_byte_more_however_it_is_sent() {
    let app = TestApp::init().await;
    for (bytes, chunked) in [(SMALL, false), (SMALL, true), (SMALL + 1, true)] {
        for token in [None, Some("made-up")] {
            let text = sized(bytes);
            let parts: Vec<_> = text.as_bytes().chunks(1000).map(<[u8]>::to_vec).collect();
            let parts = futures::stream::iter(parts).map(Ok::<_, std::io::Error>);
            let body = match chunked {
                true => reqwest::Body::wrap_stream(parts),
                false => text.clone().into(),
            };
            let request = app.request("POST", SIGN_IN).body(body);
            let request = request.header("content-type", "application/json");
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let answer = app.answer(request).await;
            match bytes {
                SMALL => assert_ne!(answer.status, 413, "{}", answer.text()),
                _ => drop(answer.refused(413, "too_large")),
            }
        }
    }
}

#[tokio::test]
async fn who_is_signed_in_sends_more_and_a_gateway_what_news_need() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let answer = ada.post("/api/events", json!({"x": "x".repeat(200_000)}));
    answer.await.refused(400, "malformed_body");
    let hook = "/api/payments/webhooks/test";
    let news = app.request("POST", hook).body("x".repeat(64 * 1024));
    assert_ne!(app.answer(news).await.status, 413);
    let large = format!("content-length: {}\r\n", 64 * 1024 + 1);
    let answer = answer_to_head(&app, "POST", hook, &large).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn who_may_not_use_a_path_is_refused_before_the_body_is_read() {
    let app = TestApp::init().await;
    let mut asked = 0;
    for operation in operations(&app).await {
        let contents = operation.spec["requestBody"]["content"].as_object();
        let Some(kind) = contents.and_then(|contents| contents.keys().next()) else {
            continue;
        };
        if operation.security().is_empty() {
            continue;
        }
        for shown in ["", GARBAGE] {
            let headers = format!("{shown}content-type: {kind}\r\ncontent-length: 2000\r\n");
            let (method, path) = (&operation.method, operation.filled());
            let answer = answer_to_head(&app, method, &path, &headers).await;
            assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
            asked += 1;
        }
    }
    assert!(asked >= 20, "{asked}");
}
