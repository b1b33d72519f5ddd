//! `/api/organizations/{org}/members`.

use crate::support::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_new_member_has_the_role_at_once_with_the_old_token() {
    let app = TestApp::init().await;
    let (ada, org) = app.organizer("ada").await;
    let bob = app.user("bob").await;
    let members = format!("/api/organizations/{org}/members");
    bob.get(&members).await.refused(404, "not_found");
    let body = json!({"email": "BOB@example.org", "role": "staff"});
    let added = ada.post(&members, body).await.good();
    assert_eq!(added["user"], bob.id);
    let listed = bob.get(&members).await.good();
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[1]["role"], "staff");
}

#[tokio::test]
async fn staff_see_but_do_not_manage() {
    let app = TestApp::init().await;
    let (ada, org) = app.organizer("ada").await;
    let bob = app.user("bob").await;
    let members = format!("/api/organizations/{org}/members");
    ada.post(&members, json!({"email": bob.email, "role": "staff"}))
        .await
        .good();
    let body = json!({"email": bob.email, "role": "organizer"});
    bob.post(&members, body).await.refused(403, "forbidden");
    let rename = json!({"name": "Mine"});
    let path = format!("/api/organizations/{org}");
    bob.patch(&path, rename).await.refused(403, "forbidden");
    bob.delete(&format!("{members}/{}", ada.id))
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn a_member_who_is_taken_out_loses_everything_at_once() {
    let app = TestApp::init().await;
    let (ada, org) = app.organizer("ada").await;
    let bob = app.user("bob").await;
    let members = format!("/api/organizations/{org}/members");
    ada.post(&members, json!({"email": bob.email, "role": "organizer"}))
        .await
        .good();
    bob.get(&members).await.good();
    let out = ada.delete(&format!("{members}/{}", bob.id)).await;
    assert_eq!(out.status, 204);
    bob.get(&members).await.refused(404, "not_found");
    let again = ada.delete(&format!("{members}/{}", bob.id)).await;
    again.refused(404, "not_found");
}

#[tokio::test]
async fn two_organizers_who_leave_at_once_leave_one_behind() {
    let app = TestApp::init().await;
    let (ada, org) = app.organizer("ada").await;
    let bob = app.user("bob").await;
    let members = format!("/api/organizations/{org}/members");
    ada.post(&members, json!({"email": bob.email, "role": "organizer"}))
        .await
        .good();
    let (own, his) = (
        format!("{members}/{}", ada.id),
        format!("{members}/{}", bob.id),
    );
    let (first, second) = tokio::join!(ada.delete(&own), bob.delete(&his));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}

#[tokio::test]
async fn bad_members_are_refused() {
    let app = TestApp::init().await;
    let (ada, org) = app.organizer("ada").await;
    let members = format!("/api/organizations/{org}/members");
    let body = json!({"email": "nobody@example.org", "role": "staff"});
    let error = ada.post(&members, body).await.refused(422, "invalid_field");
    assert_eq!(error["field"], "email");
    let body = json!({"email": ada.email, "role": "king"});
    ada.post(&members, body)
        .await
        .refused(400, "malformed_body");
    let body = json!({"email": ada.email, "role": "staff"});
    ada.post(&members, body).await.refused(409, "conflict");
}
