//! `POST /api/users/signup`.

use crate::support::{PASSWORD, TestApp};
use gateline_server::config::Settings;
use serde_json::{Value, json};

const PATH: &str = "/api/users/signup";

fn ada() -> Value {
    json!({"email": "Ada@Example.org ", "password": PASSWORD, "name": " Ada "})
}

#[tokio::test]
async fn signing_up_signs_in_by_cookie_and_token() {
    let app = TestApp::init().await;
    let answer = app.post(PATH, ada()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["user"]["email"], "ada@example.org");
    assert_eq!(body["user"]["name"], "Ada");
    assert_eq!(body["user"]["admin"], false);
    assert!(!answer.text().contains("argon2"), "{}", answer.text());
    let cookie = answer.header("set-cookie");
    for part in ["gateline_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let by_token = app.holding(&body).get("/api/users/currentuser").await;
    assert_eq!(by_token.good()["id"], body["user"]["id"]);
    let pair = cookie.split(';').next().unwrap();
    let request = app.request("GET", "/api/users/currentuser");
    let by_cookie = app.answer(request.header("cookie", pair)).await;
    assert_eq!(by_cookie.good()["id"], body["user"]["id"]);
}

#[tokio::test]
async fn one_address_has_one_account_however_it_is_spelled() {
    let app = TestApp::init().await;
    app.post(PATH, ada()).await.good();
    let mut again = ada();
    again["email"] = json!("aDA@example.ORG");
    app.post(PATH, again).await.refused(409, "email_taken");
}

#[tokio::test]
async fn many_sign_ups_of_one_address_at_once_make_one_account() {
    let app = TestApp::init().await;
    let attempts = (0..8).map(|_| app.post(PATH, ada()));
    let answers = futures::future::join_all(attempts).await;
    let made = answers.iter().filter(|a| a.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|a| a.status != 201) {
        answer.refused(409, "email_taken");
    }
}

#[tokio::test]
async fn a_repeated_sign_up_with_its_key_gets_the_same_account() {
    let app = TestApp::init().await;
    let send = async || {
        let request = app.request("POST", PATH).header("idempotency-key", "one");
        app.answer(request.json(&ada())).await
    };
    let answers = futures::future::join_all((0..4).map(|_| send())).await;
    let ids: Vec<Value> = answers
        .iter()
        .map(|a| a.good()["user"]["id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let token = send().await.good();
    app.holding(&token)
        .get("/api/users/currentuser")
        .await
        .good();
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let app = TestApp::init().await;
    let send = async |body: Value| {
        let request = app.request("POST", PATH).header("idempotency-key", "one");
        app.answer(request.json(&body)).await
    };
    send(ada()).await.good();
    let mut other = ada();
    other["password"] = json!("another password");
    send(other).await.refused(422, "idempotency_key_reused");
    let request = app.request("POST", PATH).header("idempotency-key", "");
    let empty = app.answer(request.json(&ada())).await;
    empty.refused(400, "malformed_parameter");
}

#[tokio::test]
async fn a_repeated_sign_up_is_no_way_in_after_the_password_was_changed() {
    let app = TestApp::init().await;
    let send = async || {
        let request = app.request("POST", PATH).header("idempotency-key", "one");
        app.answer(request.json(&ada())).await
    };
    let user = app.holding(&send().await.good());
    send().await.good(); // the answer was lost
    let change = json!({"password": "another password", "current_password": PASSWORD});
    user.patch("/api/users/currentuser", change).await.good();
    send().await.refused(401, "bad_credentials");
}

#[tokio::test]
async fn a_key_tests_no_more_passwords_than_signing_in_does() {
    let app = TestApp::with(Settings {
        sign_in_attempts: Some(3),
        ..Settings::default()
    })
    .await;
    let send = async |password: &str| {
        let request = app.request("POST", PATH).header("idempotency-key", "one");
        let mut body = ada();
        body["password"] = json!(password);
        app.answer(request.json(&body)).await
    };
    send(PASSWORD).await.good();
    for guess in ["first guess", "second guess", "third guess"] {
        send(guess).await.refused(422, "idempotency_key_reused");
    }
    send("fourth guess").await.refused(429, "rate_limited");
    send(PASSWORD).await.refused(429, "rate_limited");
    let sign_in = json!({"email": "ada@example.org", "password": PASSWORD});
    let waits = app.post("/api/users/signin", sign_in).await;
    waits.refused(429, "rate_limited");
}

#[tokio::test]
async fn what_is_no_account_is_refused_and_names_the_field() {
    let app = TestApp::init().await;
    for (field, value) in [
        ("email", "not an address"),
        ("password", "short"),
        ("name", " "),
        ("name", "a\u{7}b"),
    ] {
        let mut body = ada();
        body[field] = json!(value);
        let error = app.post(PATH, body).await.refused(422, "invalid_field");
        assert_eq!(error["field"], field);
    }
    let long = json!("x".repeat(257));
    for field in ["email", "password", "name"] {
        let mut body = ada();
        body[field] = long.clone();
        app.post(PATH, body).await.refused(422, "invalid_field");
    }
    app.post(PATH, ada()).await.good(); // nothing of it was stored
}

#[tokio::test]
async fn malformed_and_oversized_bodies_are_refused() {
    let app = TestApp::init().await;
    let mut unknown = ada();
    unknown["admin"] = json!(true);
    let mut typed = ada();
    typed["name"] = json!(7);
    for body in [unknown, typed, json!([]), json!({"email": "a@b.org"})] {
        app.post(PATH, body).await.refused(400, "malformed_body");
    }
    let request = app.request("POST", PATH);
    let json = request.header("content-type", "application/json");
    let broken = app.answer(json.body("{\"email\":")).await;
    broken.refused(400, "malformed_body");
    let request = app.request("POST", PATH);
    let form = request
        .header("content-type", "text/plain")
        .body(ada().to_string());
    app.answer(form)
        .await
        .refused(415, "unsupported_media_type");
    let mut large = ada();
    large["name"] = json!("x".repeat(300_000));
    app.post(PATH, large).await.refused(413, "too_large");
}
