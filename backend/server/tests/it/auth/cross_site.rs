//! Pages of other sites cannot act through a browser's cookie.

use crate::support::{Answer, TestApp, TestUser};
use serde_json::json;

const PATH: &str = "/api/users/currentuser";

async fn rename(app: &TestApp, user: &TestUser, headers: &[(&str, &str)]) -> Answer {
    let cookie = format!("gateline_session={}", user.token);
    let request = app.request("PATCH", PATH).header("cookie", cookie);
    let request = headers
        .iter()
        .fold(request, |r, (name, value)| r.header(*name, *value));
    app.answer(request.json(&json!({"name": "Eve"}))).await
}

#[tokio::test]
async fn a_foreign_page_cannot_change_anything_by_cookie() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("origin", "https://evil.example")],
        [("origin", "null")],
    ] {
        rename(&app, &ada, &headers).await.refused(403, "forbidden");
    }
    assert_eq!(ada.get(PATH).await.good()["name"], "ada");
}

#[tokio::test]
async fn the_own_page_and_clients_without_a_page_can() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let own = app.url.clone();
    rename(&app, &ada, &[("sec-fetch-site", "same-origin")])
        .await
        .good();
    rename(&app, &ada, &[("origin", &own)]).await.good();
    rename(&app, &ada, &[]).await.good();
}

#[tokio::test]
async fn a_bearer_token_is_no_cookie_and_needs_no_such_fence() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let request = ada
        .request("PATCH", PATH)
        .header("origin", "https://partner.example");
    app.answer(request.json(&json!({"name": "A"}))).await.good();
}

#[tokio::test]
async fn reading_across_sites_with_a_cookie_is_left_to_the_browser() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let cookie = format!("gateline_session={}", ada.token);
    let request = app.request("GET", PATH).header("cookie", cookie);
    app.answer(request.header("sec-fetch-site", "cross-site"))
        .await
        .good();
}
