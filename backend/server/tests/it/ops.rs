//! What operators ask: is it alive, is it ready, what are its figures.

use crate::support::TestApp;

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
