//! `POST /api/users/signin`.

use crate::support::{PASSWORD, TestApp};
use gateline_server::config::Settings;
use serde_json::json;

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

#[tokio::test]
async fn after_too_many_failures_even_the_right_password_waits() {
    let few = Settings {
        sign_in_attempts: Some(3),
        ..Settings::default()
    };
    let app = TestApp::with(few).await;
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    for _ in 0..3 {
        let body = json!({"email": ada.email, "password": "wrong password"});
        app.post(PATH, body).await.refused(401, "bad_credentials");
    }
    let right = json!({"email": ada.email, "password": PASSWORD});
    app.post(PATH, right.clone())
        .await
        .refused(429, "rate_limited");
    let other = json!({"email": bob.email, "password": PASSWORD});
    app.post(PATH, other).await.good();
    app.clock.advance_ms(15 * 60 * 1000);
    app.post(PATH, right).await.good();
}
