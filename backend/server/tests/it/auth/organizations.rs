//! `/api/organizations`.

use crate::support::TestApp;
use serde_json::json;

#[tokio::test]
async fn who_makes_an_organization_is_its_organizer() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let made = ada
        .post("/api/organizations", json!({"name": "Hall"}))
        .await;
    assert_eq!(made.status, 201);
    assert!(made.header("set-cookie").starts_with("gateline_session="));
    let org = made.json()["organization"]["id"].clone();
    let current = ada.get("/api/users/currentuser").await.good();
    assert_eq!(
        current["memberships"],
        json!([{"org": org, "role": "organizer"}])
    );
    let list = ada.get("/api/organizations").await.good();
    assert_eq!(list["items"][0]["name"], "Hall");
    assert_eq!(list["next"], json!(null));
}

#[tokio::test]
async fn a_repeated_request_with_its_key_makes_one_organization() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let send = || ada.post_once("/api/organizations", json!({"name": "Hall"}), "k");
    let answers = futures::future::join_all((0..6).map(|_| send())).await;
    let first = answers[0].good()["organization"].clone();
    assert!(answers.iter().all(|a| a.good()["organization"] == first));
    let list = ada.get("/api/organizations").await.good();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let other = ada
        .post_once("/api/organizations", json!({"name": "Club"}), "k")
        .await;
    other.refused(422, "idempotency_key_reused");
    // Another user's key of the same text is another key.
    let bob = app.user("bob").await;
    let own = bob
        .post_once("/api/organizations", json!({"name": "Club"}), "k")
        .await;
    assert_eq!(own.good()["organization"]["name"], "Club");
}

#[tokio::test]
async fn organizers_rename_and_strangers_do_not_even_see() {
    let app = TestApp::init().await;
    let (ada, org) = app.organizer("ada").await;
    let bob = app.user("bob").await;
    let path = format!("/api/organizations/{org}");
    let renamed = ada.patch(&path, json!({"name": "Arena"})).await.good();
    assert_eq!(renamed["name"], "Arena");
    bob.get(&path).await.refused(404, "not_found");
    bob.patch(&path, json!({"name": "Mine"}))
        .await
        .refused(404, "not_found");
    bob.get(&format!("{path}/members"))
        .await
        .refused(404, "not_found");
    assert_eq!(
        bob.get("/api/organizations").await.good()["items"],
        json!([])
    );
    assert_eq!(ada.get(&path).await.good()["name"], "Arena");
    ada.patch(&path, json!({"name": ""}))
        .await
        .refused(422, "invalid_field");
}

#[tokio::test]
async fn ids_that_are_none_are_refused() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    let answer = ada.get("/api/organizations/7").await;
    answer.refused(400, "malformed_parameter");
    let unknown = "/api/organizations/018f0000-0000-7000-8000-000000000000";
    ada.get(unknown).await.refused(404, "not_found");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let app = TestApp::init().await;
    let mut ada = app.user("ada").await;
    for name in ["a", "b", "c"] {
        ada.organization(name).await;
    }
    let first = ada.get("/api/organizations?limit=2").await.good();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let rest = ada
        .get(&format!("/api/organizations?limit=2&after={next}"))
        .await;
    let rest = rest.good();
    assert_eq!(rest["items"][0]["name"], "c");
    assert_eq!(rest["next"], json!(null));
    let answer = ada.get("/api/organizations?limit=many").await;
    answer.refused(400, "malformed_parameter");
    let answer = ada.get("/api/organizations?page=2").await;
    answer.refused(400, "malformed_parameter");
}
