//! `GET /api/users/currentuser`, `POST /api/users/signout`: how sessions end.

use crate::support::{Answer, TestApp, TestUser};
use gateline_server::config::Settings;

const CURRENT: &str = "/api/users/currentuser";

fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().unwrap().to_owned()
}

async fn by_cookie(app: &TestApp, user: &TestUser) -> Answer {
    let cookie = format!("gateline_session={}", user.token);
    let request = app.request("GET", CURRENT).header("cookie", cookie);
    app.answer(request).await
}

#[tokio::test]
async fn without_a_token_nobody_is_signed_in() {
    let app = TestApp::init().await;
    app.get(CURRENT).await.refused(401, "not_authenticated");
}

#[tokio::test]
async fn a_garbage_or_foreign_token_is_refused() {
    let app = TestApp::init().await;
    let other = TestApp::init().await;
    let mut ada = app.user("ada").await;
    let foreign = other.user("ada").await.token;
    let cut = ada.token[..ada.token.len() - 2].to_owned();
    for token in ["garbage", "a.b.c", "", &foreign, &cut] {
        ada.token = token.to_owned();
        ada.get(CURRENT).await.refused(401, "not_authenticated");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_tokens_at_once() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    ada.get(CURRENT).await.good();
    let out = ada.send("POST", "/api/users/signout", None).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    ada.get(CURRENT).await.refused(401, "not_authenticated");
    by_cookie(&app, &ada)
        .await
        .refused(401, "not_authenticated");
}

#[tokio::test]
async fn sessions_and_their_ends_survive_a_restart() {
    let app = TestApp::init().await;
    let mut ada = app.user("ada").await;
    let mut bob = app.user("bob").await;
    bob.send("POST", "/api/users/signout", None).await;
    let app = app.restart().await;
    ada.url.clone_from(&app.url);
    bob.url.clone_from(&app.url);
    assert_eq!(ada.get(CURRENT).await.good()["email"], ada.email);
    bob.get(CURRENT).await.refused(401, "not_authenticated");
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let short = Settings {
        token_ttl_seconds: Some(600),
        ..Settings::default()
    };
    let app = TestApp::with(short).await;
    let ada = app.user("ada").await;
    app.clock.advance_ms(599_000);
    ada.get(CURRENT).await.good();
    app.clock.advance_ms(2_000);
    ada.get(CURRENT).await.refused(401, "not_authenticated");
}

#[tokio::test]
async fn a_cookie_in_its_second_half_is_renewed_while_the_session_lives() {
    let short = Settings {
        token_ttl_seconds: Some(600),
        session_ttl_seconds: Some(1000),
        ..Settings::default()
    };
    let app = TestApp::with(short).await;
    let mut ada = app.user("ada").await;
    assert_eq!(by_cookie(&app, &ada).await.header("set-cookie"), "");
    app.clock.advance_ms(400_000);
    let renewed = by_cookie(&app, &ada).await;
    ada.token = cookie_of(&renewed).split_once('=').unwrap().1.to_owned();
    app.clock.advance_ms(400_000);
    by_cookie(&app, &ada).await.good();
    app.clock.advance_ms(201_000);
    by_cookie(&app, &ada)
        .await
        .refused(401, "not_authenticated");
}
