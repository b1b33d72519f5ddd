//! Making, reading, changing, publishing, deleting events.

use crate::support::TestApp;
use crate::support::box_office::{BoxOffice, new_event};
use serde_json::json;

#[tokio::test]
async fn a_draft_is_seen_by_its_organization_alone_until_it_is_published() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let stranger = app.user("eve").await;
    let made = organizer
        .post("/api/events", new_event(&app, &org, "Launch"))
        .await
        .good();
    assert_eq!(made["status"], "draft");
    assert_eq!(made["has_supervisor_pin"], false);
    let path = format!("/api/events/{}", made["id"]);
    assert_eq!(organizer.get(&path).await.good(), made);
    app.get(&path).await.refused(404, "not_found");
    stranger.get(&path).await.refused(404, "not_found");
    stranger
        .patch(&path, json!({"title": "x"}))
        .await
        .refused(404, "not_found");
    let publish = format!("{path}/publish");
    stranger
        .post(&publish, json!({}))
        .await
        .refused(404, "not_found");
    for _ in 0..2 {
        let published = organizer.post(&publish, json!({})).await.good();
        assert_eq!(
            (&published["status"], &published["version"]),
            (&json!("published"), &json!(2))
        );
    }
    assert_eq!(app.get(&path).await.good()["title"], "Launch");
    stranger
        .patch(&path, json!({"title": "x"}))
        .await
        .refused(403, "forbidden");
    stranger
        .send("DELETE", &path, None)
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn a_change_names_the_version_that_it_is_based_on() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let made = organizer
        .post("/api/events", new_event(&app, &org, "Launch"))
        .await
        .good();
    let path = format!("/api/events/{}", made["id"]);
    let first = json!({"version": 1, "title": "Lift-off", "supervisor_pin": "4711"});
    let changed = organizer.patch(&path, first.clone()).await.good();
    assert_eq!(changed["version"], 2);
    assert_eq!(changed["has_supervisor_pin"], true);
    assert!(!changed.to_string().contains("4711"));
    organizer.patch(&path, first).await.refused(409, "conflict");
    let same = organizer
        .patch(&path, json!({"title": "Lift-off"}))
        .await
        .good();
    assert_eq!(same["version"], 2);
    let without = organizer
        .patch(&path, json!({"supervisor_pin": null}))
        .await
        .good();
    assert_eq!(without["has_supervisor_pin"], false);
    assert_eq!(without["title"], "Lift-off");
}

#[tokio::test]
async fn what_no_gate_could_decide_by_is_refused_with_the_field_that_is_wrong() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let rule = |condition| json!([{"id": 1, "name": "r", "condition": condition}]);
    let gate = |id, name| json!({"id": id, "name": name});
    let deep = |part| rule(json!({"all": [{"not": part}]}));
    let cases = [
        ("title", json!("  "), "title"),
        ("title", json!("a\u{202e}b"), "title"),
        ("timezone", json!("Europe/Nowhere"), "timezone"),
        ("ends_at", json!(1_000_000_000_000_i64), "ends_at"),
        ("category", json!("séance"), "category"),
        ("online_url", json!("javascript:alert(1)"), "online_url"),
        ("gates", json!([gate(1, "a"), gate(1, "b")]), "gates[1].id"),
        ("gates", json!([gate(0, "a")]), "gates[0].id"),
        (
            "gates",
            json!([gate(1, "North"), gate(2, " north")]),
            "gates[1].name",
        ),
        ("gates", json!([gate(1, "\u{2066}a")]), "gates[0].name"),
        (
            "gates",
            json!([{"id": 1, "name": "a", "zone": 7}]),
            "gates[0].zone",
        ),
        (
            "zones",
            json!([{"id": 1, "name": "a", "parent": 1}]),
            "zones",
        ),
        (
            "zones",
            json!([{"id": 1, "name": "a", "parent": 2}]),
            "zones[0].parent",
        ),
        (
            "rules",
            deep(json!({"gate_in": [1, 9]})),
            "rules[0].condition.all[0].not.gate_in[1]",
        ),
        (
            "rules",
            rule(json!({"type_in": [9]})),
            "rules[0].condition.type_in[0]",
        ),
        ("rules", rule(json!({"weekday": [8]})), "rules"),
        (
            "policy",
            json!({"doors_open": 2_000, "doors_close": 1_000}),
            "policy.doors_close",
        ),
        ("supervisor_pin", json!("12"), "supervisor_pin"),
        ("tags", json!(vec!["x"; 21]), "tags"),
    ];
    for (field, value, at_fault) in cases {
        let mut event = new_event(&app, &org, "Launch");
        event[field] = value;
        let error = organizer
            .post("/api/events", event)
            .await
            .refused(422, "invalid_field");
        assert_eq!(error["field"], at_fault);
    }
    for (field, value) in [
        ("title", json!(7)),
        ("colour", json!("red")),
        ("starts_at", json!("now")),
    ] {
        let mut event = new_event(&app, &org, "Launch");
        event[field] = value;
        organizer
            .post("/api/events", event)
            .await
            .refused(400, "malformed_body");
    }
    let listed = organizer
        .get(&format!("/api/events?org={org}"))
        .await
        .good();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_repeated_creation_makes_one_event() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let event = new_event(&app, &org, "Launch");
    let create = async |body| {
        let request = organizer.request("POST", "/api/events").json(&body);
        app.answer(request.header("idempotency-key", "k1")).await
    };
    let first = create(event.clone()).await.good();
    assert_eq!(create(event).await.good(), first);
    let other = new_event(&app, &org, "Other");
    create(other).await.refused(422, "idempotency_key_reused");
    let listed = organizer
        .get(&format!("/api/events?org={org}"))
        .await
        .good();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_of_another_organization_cannot_be_made_or_changed() {
    let app = TestApp::init().await;
    let (_, org) = app.organizer("ada").await;
    let (other, _) = app.organizer("eve").await;
    other
        .post("/api/events", new_event(&app, &org, "x"))
        .await
        .refused(403, "forbidden");
    app.post("/api/events", new_event(&app, &org, "x"))
        .await
        .refused(401, "not_authenticated");
}

#[tokio::test]
async fn what_was_ordered_cannot_be_deleted_and_what_was_not_can() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 5).await;
    let buyer = app.user("zoe").await;
    office.order(&app, &buyer, 2).await;
    let sales = format!("{}/sales", office.path);
    app.wait_until("the sale is counted", async || {
        let counted = office.organizer.get(&sales).await.good();
        counted["items"][0]["held"] == 2
    })
    .await;
    let types = format!("{}/ticket-types", office.path);
    let one = format!("{types}/{}", office.ticket_type);
    let organizer = &office.organizer;
    organizer
        .send("DELETE", &one, None)
        .await
        .refused(409, "has_sales");
    organizer
        .send("DELETE", &office.path, None)
        .await
        .refused(409, "has_sales");
    buyer.get(&sales).await.refused(404, "not_found");
    let event = new_event(&app, &office.org, "Unsold");
    let unsold = organizer.post("/api/events", event).await.good();
    let path = format!("/api/events/{}", unsold["id"]);
    assert_eq!(organizer.send("DELETE", &path, None).await.status, 204);
    organizer.get(&path).await.refused(404, "not_found");
    organizer
        .send("DELETE", &path, None)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_cancelled_event_stays_as_it_is() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 5).await;
    let cancel = format!("{}/cancel", office.path);
    let cancelled = office.organizer.post(&cancel, json!({})).await.good();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(
        office.organizer.post(&cancel, json!({})).await.good(),
        cancelled
    );
    let publish = format!("{}/publish", office.path);
    office
        .organizer
        .post(&publish, json!({}))
        .await
        .refused(409, "conflict");
    let title = json!({"title": "Back again"});
    office
        .organizer
        .patch(&office.path, title)
        .await
        .refused(409, "conflict");
    assert_eq!(app.get(&office.path).await.good()["status"], "cancelled");
}
