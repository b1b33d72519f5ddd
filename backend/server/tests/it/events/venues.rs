//! `/api/venues`.

use crate::support::TestApp;
use crate::support::box_office::{items, new_event};
use serde_json::{Value, json};

#[tokio::test]
async fn a_venue_that_moves_takes_its_events_along() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let new = json!({"org": org, "name": "Hall", "address": "Old Street 1"});
    let venue = organizer.post("/api/venues", new).await.good();
    let mut event = new_event(&app, &org, "Launch");
    event["venue"] = venue["id"].clone();
    let both = organizer.post("/api/events", event.clone()).await;
    assert_eq!(both.refused(422, "invalid_field")["field"], "venue");
    event["online_url"] = Value::Null;
    let made = organizer.post("/api/events", event).await.good();
    assert_eq!(made["place"], "Hall, Old Street 1");
    let path = format!("/api/venues/{}", venue["id"].as_str().unwrap());
    let moved = organizer
        .patch(&path, json!({"version": 1, "address": "New Street 2"}))
        .await;
    assert_eq!(moved.good()["version"], 2);
    let event = format!("/api/events/{}", made["id"]);
    let after = organizer.get(&event).await.good();
    assert_eq!(
        (&after["place"], &after["version"]),
        (&json!("Hall, New Street 2"), &json!(2))
    );
    organizer
        .send("DELETE", &path, None)
        .await
        .refused(409, "conflict");
    assert_eq!(organizer.send("DELETE", &event, None).await.status, 204);
    assert_eq!(organizer.send("DELETE", &path, None).await.status, 204);
    organizer.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn venues_are_known_to_their_organization_alone() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let (other, other_org) = app.organizer("eve").await;
    for name in ["Hall", "Barn"] {
        let new = json!({"org": org, "name": name});
        organizer.post("/api/venues", new).await.good();
    }
    let list = format!("/api/venues?org={org}");
    let venues = items(&organizer.get(&list).await.good());
    assert_eq!(venues.len(), 2);
    other.get(&list).await.refused(404, "not_found");
    let path = format!("/api/venues/{}", venues[0]["id"].as_str().unwrap());
    other.get(&path).await.refused(404, "not_found");
    other
        .patch(&path, json!({"name": "Mine"}))
        .await
        .refused(404, "not_found");
    let mut event = new_event(&app, &other_org, "Launch");
    event["venue"] = venues[0]["id"].clone();
    event["online_url"] = Value::Null;
    let error = other
        .post("/api/events", event)
        .await
        .refused(422, "invalid_field");
    assert_eq!(error["field"], "venue");
    organizer
        .get("/api/venues?org=7")
        .await
        .refused(400, "malformed_parameter");
    let unnamed = json!({"org": org, "name": " "});
    organizer
        .post("/api/venues", unnamed)
        .await
        .refused(422, "invalid_field");
}
