//! What operators ask: is it alive, is it ready, what are its figures.

use crate::connections::{rest, saying};
use crate::support::TestApp;
use futures::StreamExt;
use gateline_server::config::Settings;
use serde_json::json;

#[tokio::test]
async fn a_running_server_is_alive_and_ready_and_shows_metrics() {
    let app = TestApp::init().await;
    assert_eq!(app.get("/healthz").await.status, 200);
    assert_eq!(app.get("/readyz").await.status, 200);
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("gateline_outbox_waiting"));
    assert!(
        metrics
            .text()
            .contains("gateline_http_request_seconds_bucket")
    );
}

#[tokio::test]
async fn methods_that_clients_make_up_do_not_fill_the_metrics() {
    let app = TestApp::init().await;
    for n in 0..50 {
        let answer = app.send(&format!("MADE-UP-{n}"), "/healthz", None).await;
        assert_eq!(answer.status, 405);
    }
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("method=\"other\""));
    assert!(!metrics.contains("MADE-UP"), "{metrics}");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_one_error_format() {
    let app = TestApp::init().await;
    app.get("/api/nothing").await.refused(404, "not_found");
    let answer = app.send("POST", "/healthz", None).await;
    answer.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn every_answer_carries_a_request_id_and_keeps_a_decent_one_of_the_caller() {
    let app = TestApp::init().await;
    let own = app.get("/healthz").await;
    assert!(!own.header("x-request-id").is_empty());
    let request = app.request("GET", "/healthz");
    let given = app.answer(request.header("x-request-id", "trace-7")).await;
    assert_eq!(given.header("x-request-id"), "trace-7");
    let request = app.request("GET", "/healthz");
    let bad = app.answer(request.header("x-request-id", "a b\"")).await;
    assert_ne!(bad.header("x-request-id"), "a b\"");
}

#[tokio::test]
async fn the_front_page_leads_to_the_documentation() {
    let app = TestApp::init().await;
    let page = app.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("swagger"), "{}", page.text());
}

#[tokio::test]
async fn a_request_of_http_1_1_names_one_host_or_is_refused() {
    let app = TestApp::init().await;
    let asked = async |version: &str, hosts: &str| {
        let head = format!("GET /healthz {version}\r\n{hosts}connection: close\r\n\r\n");
        rest(saying(&app, &head).await).await
    };
    for hosts in [
        "",
        "host: x\r\nhost: x\r\n",
        "host: a b\r\n",
        "host: a@b\r\n",
    ] {
        let answer = asked("HTTP/1.1", hosts).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{hosts}: {answer}");
        assert!(answer.contains("\"malformed_parameter\""), "{answer}");
        assert!(answer.contains("\"field\":\"Host\""), "{answer}");
    }
    for host in ["x", "x:8080", "[::1]:8080", ""] {
        let answer = asked("HTTP/1.1", &format!("host: {host}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
    let answer = asked("HTTP/1.0", "").await;
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_refused_with_408() {
    let app = TestApp::with(Settings {
        request_timeout_seconds: Some(1),
        ..Settings::default()
    })
    .await;
    let begun = futures::stream::once(async { Ok::<_, std::io::Error>("{\"email\":") });
    let slow = reqwest::Body::wrap_stream(begun.chain(futures::stream::pending()));
    let request = app.request("POST", "/api/users/signin").body(slow);
    let request = request.header("content-type", "application/json");
    app.answer(request).await.refused(408, "request_timeout");
}

#[tokio::test]
async fn a_refusal_names_the_field_and_nothing_of_the_inside() {
    let app = TestApp::init().await;
    let body = json!({"email": "ada@example.org", "password": 7, "name": "Ada"});
    let refused = app.post("/api/users/signup", body).await;
    let error = refused.refused(400, "malformed_body");
    assert_eq!(error["field"], "password");
    assert_eq!(error["message"], "`password` must be a string");
    let refused = app.get("/api/events/abc").await;
    let error = refused.refused(400, "malformed_parameter");
    assert_eq!(error["field"], "event");
    let words = "`event` must be a whole number from 0 to 4294967295";
    assert_eq!(error["message"], words);
    let ada = app.user("ada").await;
    let refused = ada.get("/api/orders/abc").await;
    let error = refused.refused(400, "malformed_parameter");
    assert_eq!(error["message"], "`id` must be a UUID");
    let refused = ada.get("/api/tickets/1/short").await;
    let error = refused.refused(400, "malformed_parameter");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("the path: ") && message.contains("serial"));
    let refused = app.get("/api/events?limit=many").await;
    let error = refused.refused(400, "malformed_parameter");
    assert_eq!(error["field"], "limit");
}

#[tokio::test]
async fn an_idempotency_key_is_visible_ascii_without_spaces() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let body = json!({"name": "Hall"});
    let path = "/api/organizations";
    for key in ["a b", "", &"k".repeat(256)] {
        let refused = ada.post_once(path, body.clone(), key).await;
        let error = refused.refused(400, "malformed_parameter");
        assert_eq!(error["field"], "Idempotency-Key");
    }
    ada.post_once(path, body, &"k".repeat(255)).await.good();
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_answered_with_those_it_has() {
    let app = TestApp::init().await;
    let answer = app.send("DELETE", "/api/users/signin", None).await;
    answer.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn every_answer_tells_browsers_to_do_no_more_than_was_meant() {
    let app = TestApp::init().await;
    for path in [
        "/healthz",
        "/api/docs/",
        "/api/nothing",
        "/api/orders",
        "/api/events",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
    }
    let ada = app.user("ada").await;
    let private = ada.get("/api/users/currentuser").await;
    assert_eq!(private.header("cache-control"), "no-store");
}

#[tokio::test]
async fn over_tls_cookies_are_of_this_host_alone_and_never_sent_without() {
    let app = TestApp::with(Settings {
        tls_self_signed: Some(true),
        ..Settings::default()
    })
    .await;
    let body = json!({"email": "ada@example.org", "password": "correct horse", "name": "Ada"});
    let made = app.post("/api/users/signup", body).await;
    made.good();
    let cookies: Vec<_> = made.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-gateline_"), "{cookie}");
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
            assert!(cookie.contains(flag), "{cookie} lacks {flag}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let session = made
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let asked = app.request("GET", "/api/users/currentuser");
    app.answer(asked.header("cookie", session)).await.good();
}
