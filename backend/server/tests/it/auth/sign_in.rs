//! `POST /api/users/signin`.

use crate::support::{Answer, PASSWORD, TestApp};
use gateline_server::config::Settings;
use serde_json::{Value, json};

const PATH: &str = "/api/users/signin";

#[tokio::test]
async fn the_right_password_signs_in_and_a_wrong_one_tells_nothing() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let body = json!({"email": "ADA@example.org", "password": PASSWORD});
    let signed_in = app.post(PATH, body).await.good();
    assert_eq!(signed_in["user"]["id"], ada.id);
    let body = json!({"email": ada.email, "password": "wrong password"});
    let wrong = app.post(PATH, body).await.refused(401, "bad_credentials");
    let body = json!({"email": "nobody@example.org", "password": PASSWORD});
    let unknown = app.post(PATH, body).await.refused(401, "bad_credentials");
    assert_eq!(wrong, unknown);
    let body = json!({"email": "no address", "password": PASSWORD});
    assert_eq!(
        app.post(PATH, body).await.refused(401, "bad_credentials"),
        wrong
    );
}

/// Three failures, and clients that come through a proxy which tells their
/// addresses.
fn behind_a_proxy() -> Settings {
    Settings {
        sign_in_attempts: Some(3),
        trusted_proxies: Some(vec!["127.0.0.1".parse().unwrap()]),
        ..Settings::default()
    }
}

/// Signs in from an address, with the cookies of a browser.
async fn sign_in(app: &TestApp, from: &str, cookie: &str, body: &Value) -> Answer {
    let request = app.request("POST", PATH).header("x-forwarded-for", from);
    app.answer(request.header("cookie", cookie).json(body))
        .await
}

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// The `gateline_device` that an answer sets.
fn device_cookie(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").into_iter();
    let mut lines = set.map(|value| value.to_str().unwrap());
    let line = lines.find(|line| line.starts_with("gateline_device="));
    let line = line.expect("a device cookie");
    assert!(
        line.contains("HttpOnly") && line.contains("SameSite=Lax"),
        "{line}"
    );
    line.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn after_too_many_failures_even_the_right_password_waits() {
    let app = TestApp::with(behind_a_proxy()).await;
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let wrong = credentials(&ada.email, "wrong password");
    for _ in 0..3 {
        let refused = sign_in(&app, "192.0.2.1", "", &wrong).await;
        refused.refused(401, "bad_credentials");
    }
    let right = credentials(&ada.email, PASSWORD);
    let waits = sign_in(&app, "192.0.2.1", "", &right).await;
    waits.refused(429, "rate_limited");
    let seconds: u32 = waits.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
    let other = credentials(&bob.email, PASSWORD);
    sign_in(&app, "192.0.2.1", "", &other).await.good();
    app.clock.advance_ms(15 * 60 * 1000);
    sign_in(&app, "192.0.2.1", "", &right).await.good();
}

#[tokio::test]
async fn a_stranger_locks_out_neither_other_networks_nor_devices_nor_sessions() {
    let app = TestApp::with(behind_a_proxy()).await;
    let ada = app.user("ada").await;
    let (right, wrong) = (
        credentials(&ada.email, PASSWORD),
        credentials(&ada.email, "wrong password"),
    );
    let known = device_cookie(&sign_in(&app, "192.0.2.7", "", &right).await);
    for _ in 0..3 {
        let refused = sign_in(&app, "192.0.2.1", "", &wrong).await;
        refused.refused(401, "bad_credentials");
    }
    let stranger = sign_in(&app, "192.0.2.1", "", &wrong).await;
    stranger.refused(429, "rate_limited");
    sign_in(&app, "192.0.2.2", "", &right).await.good();
    sign_in(&app, "192.0.2.1", &known, &right).await.good();
    // Guesses from so many networks that every stranger has to wait.
    for n in 0..30 {
        sign_in(&app, &format!("198.51.100.{n}"), "", &wrong).await;
    }
    let late = sign_in(&app, "203.0.113.1", "", &right).await;
    late.refused(429, "rate_limited");
    sign_in(&app, "203.0.113.1", &known, &right).await.good();
    ada.get("/api/users/currentuser").await.good();
    let change = json!({"password": "another password", "current_password": PASSWORD});
    let changed = ada.patch("/api/users/currentuser", change).await;
    changed.good();
    // The mark ends with the password; the change gives a new one.
    let right = credentials(&ada.email, "another password");
    let stale = sign_in(&app, "203.0.113.1", &known, &right).await;
    stale.refused(429, "rate_limited");
    let fresh = device_cookie(&changed);
    sign_in(&app, "203.0.113.1", &fresh, &right).await.good();
}

#[tokio::test]
async fn a_known_device_that_guesses_waits_too_and_its_mark_is_good_for_its_account_alone() {
    let app = TestApp::with(behind_a_proxy()).await;
    let ada = app.user("ada").await;
    let mallory = app.user("mallory").await;
    let signed_in = sign_in(
        &app,
        "192.0.2.1",
        "",
        &credentials(&mallory.email, PASSWORD),
    )
    .await;
    let foreign = device_cookie(&signed_in);
    let wrong = credentials(&ada.email, "wrong password");
    for _ in 0..3 {
        let refused = sign_in(&app, "192.0.2.1", &foreign, &wrong).await;
        refused.refused(401, "bad_credentials");
    }
    let waits = sign_in(&app, "192.0.2.1", &foreign, &wrong).await;
    waits.refused(429, "rate_limited");
    let own = credentials(&mallory.email, "wrong password");
    for _ in 0..3 {
        let refused = sign_in(&app, "192.0.2.9", &foreign, &own).await;
        refused.refused(401, "bad_credentials");
    }
    let waits = sign_in(&app, "192.0.2.9", &foreign, &own).await;
    waits.refused(429, "rate_limited");
}
