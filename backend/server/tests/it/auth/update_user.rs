//! `PATCH /api/users/currentuser`.

use crate::support::{PASSWORD, TestApp};
use serde_json::json;

const PATH: &str = "/api/users/currentuser";

#[tokio::test]
async fn a_name_changes_and_the_new_token_knows() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let changed = ada.patch(PATH, json!({"name": "Ada L."})).await.good();
    assert_eq!(changed["user"]["name"], "Ada L.");
    let current = app.holding(&changed).get(PATH).await.good();
    assert_eq!(current["name"], "Ada L.");
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_ends_other_sessions() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let sign_in = json!({"email": ada.email, "password": PASSWORD});
    let elsewhere = app.post("/api/users/signin", sign_in.clone()).await.good();
    let elsewhere = app.holding(&elsewhere);
    let body = json!({"password": "a new password"});
    let error = ada.patch(PATH, body).await.refused(422, "invalid_field");
    assert_eq!(error["field"], "current_password");
    let body = json!({"password": "a new password", "current_password": "wrong password"});
    ada.patch(PATH, body).await.refused(401, "bad_credentials");
    elsewhere.get(PATH).await.good();
    let body = json!({"password": "a new password", "current_password": PASSWORD});
    ada.patch(PATH, body).await.good();
    ada.get(PATH).await.good();
    elsewhere.get(PATH).await.refused(401, "not_authenticated");
    let old = app.post("/api/users/signin", sign_in).await;
    old.refused(401, "bad_credentials");
    let body = json!({"email": ada.email, "password": "a new password"});
    app.post("/api/users/signin", body).await.good();
}

#[tokio::test]
async fn an_address_changes_with_the_password_and_stays_unique() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let body = json!({"email": bob.email, "current_password": PASSWORD});
    ada.patch(PATH, body).await.refused(409, "email_taken");
    ada.patch(PATH, json!({"email": "lady@example.org"}))
        .await
        .refused(422, "invalid_field");
    let body = json!({"email": "Lady@example.org", "current_password": PASSWORD});
    ada.patch(PATH, body).await.good();
    let body = json!({"email": "lady@example.org", "password": PASSWORD});
    let signed_in = app.post("/api/users/signin", body).await.good();
    assert_eq!(signed_in["user"]["id"], ada.id);
    app.user("ada").await; // the old address is free
}

#[tokio::test]
async fn nobody_becomes_admin_by_taking_a_reserved_address() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let body = json!({"email": "root@example.org", "current_password": PASSWORD});
    ada.patch(PATH, body).await.refused(422, "invalid_field");
    ada.patch(PATH, json!({"admin": true}))
        .await
        .refused(400, "malformed_body");
    assert_eq!(ada.get(PATH).await.good()["admin"], false);
}
