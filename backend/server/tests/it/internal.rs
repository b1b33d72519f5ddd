//! What services ask each other: for services only.

use crate::support::TestApp;
use gateline_common::Hash;
use serde_json::{Value, json};

/// The key by which a service of this installation proves that it is one.
fn key_of(app: &TestApp) -> String {
    let secret = std::fs::read_to_string(app.folder().join("token-secret")).unwrap();
    let token = Hash::parse(secret.trim()).unwrap();
    Hash::of(&[b"gateline-services", &token.0]).to_string()
}

async fn ask(app: &TestApp, key: Option<&str>, question: &Value) -> (u16, Value) {
    let mut request = app.request("POST", "/internal/identity").json(question);
    if let Some(key) = key {
        request = request.header("x-gateline-service", key);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn who_does_not_prove_to_be_a_service_is_told_that_there_is_no_such_path() {
    let app = TestApp::init().await;
    let question = json!({"token": "x"});
    let key = key_of(&app);
    let nearly = format!("{}x", &key[..key.len() - 1]);
    for key in [None, Some(""), Some("x"), Some(nearly.as_str())] {
        let (status, body) = ask(&app, key, &question).await;
        assert_eq!(status, 404, "{key:?}");
        assert_eq!(body["errors"][0]["code"], "not_found");
    }
}

#[tokio::test]
async fn a_service_is_told_who_holds_a_token_and_that_a_bad_one_is_nobodys() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let key = key_of(&app);
    let (status, known) = ask(&app, Some(&key), &json!({"token": ada.token})).await;
    assert_eq!(status, 200);
    assert_eq!(known["email"], "ada@example.org");
    let (status, nobody) = ask(&app, Some(&key), &json!({"token": "x"})).await;
    assert_eq!((status, nobody), (200, Value::Null));
}
