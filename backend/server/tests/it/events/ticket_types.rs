//! `/api/events/{event}/ticket-types`.

use crate::support::TestApp;
use crate::support::box_office::{BoxOffice, items, new_event, new_type};
use serde_json::json;

#[tokio::test]
async fn ticket_types_are_made_read_changed_and_deleted_and_ids_never_come_again() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let event = organizer
        .post("/api/events", new_event(&app, &org, "Launch"))
        .await
        .good();
    let path = format!("/api/events/{}/ticket-types", event["id"]);
    let made = organizer.post(&path, new_type("Standing", 10)).await.good();
    assert_eq!(
        (&made["id"], &made["max_per_order"]),
        (&json!(1), &json!(10))
    );
    let seated = organizer.post(&path, new_type("Seated", 5)).await.good();
    assert_eq!(seated["id"], 2);
    app.get(&format!("{path}/1"))
        .await
        .refused(404, "not_found");
    let two = format!("{path}/2");
    let sale =
        json!({"version": seated["version"], "limit": 6, "sale_ends": 2_000_000_000_000_i64});
    let changed = organizer.patch(&two, sale.clone()).await.good();
    assert_eq!(
        (&changed["limit"], &changed["name"]),
        (&json!(6), &json!("Seated"))
    );
    organizer.patch(&two, sale).await.refused(409, "conflict");
    let open = organizer
        .patch(&two, json!({"sale_ends": null}))
        .await
        .good();
    assert_eq!(open["sale_ends"], json!(null));
    assert_eq!(organizer.send("DELETE", &two, None).await.status, 204);
    organizer.get(&two).await.refused(404, "not_found");
    let gone = organizer.send("DELETE", &two, None).await;
    let gone = gone.refused(404, "not_found");
    assert_eq!(gone["message"], "there is no such ticket type");
    let third = organizer.post(&path, new_type("Late", 5)).await.good();
    assert_eq!(third["id"], 3);
    let left = organizer.get(&path).await.good();
    let names: Vec<_> = items(&left).iter().map(|t| t["name"].clone()).collect();
    assert_eq!(names, ["Standing", "Late"]);
}

#[tokio::test]
async fn a_ticket_type_that_makes_no_sense_is_refused() {
    let app = TestApp::init().await;
    let (organizer, org) = app.organizer("ada").await;
    let event = organizer
        .post("/api/events", new_event(&app, &org, "Launch"))
        .await
        .good();
    let path = format!("/api/events/{}/ticket-types", event["id"]);
    organizer.post(&path, new_type("Standing", 10)).await.good();
    for (field, value, blamed) in [
        ("name", json!(""), "name"),
        ("price", json!({"minor": -1, "currency": "EUR"}), "price"),
        ("price", json!({"minor": 1, "currency": "USD"}), "price"),
        ("max_per_order", json!(0), "max_per_order"),
        ("admission", json!({"gates": [1, 9]}), "admission.gates[1]"),
        (
            "admission",
            json!({"max_entries": 0}),
            "admission.max_entries",
        ),
        (
            "admission",
            json!({"valid_from": 2, "valid_until": 1}),
            "admission.valid_until",
        ),
    ] {
        let mut new = new_type("Odd", 1);
        new[field] = value;
        let error = organizer
            .post(&path, new)
            .await
            .refused(422, "invalid_field");
        assert_eq!(error["field"], blamed);
    }
    let mut new = new_type("Odd", 1);
    new["price"]["currency"] = json!("euro");
    organizer
        .post(&path, new)
        .await
        .refused(400, "malformed_body");
    let gates = json!({"admission": {"gates": [2]}});
    organizer.patch(&format!("{path}/1"), gates).await.good();
    let gone = json!({"gates": [{"id": 1, "name": "Main"}]});
    let event = format!("/api/events/{}", event["id"]);
    let error = organizer
        .patch(&event, gone)
        .await
        .refused(422, "invalid_field");
    assert_eq!(error["field"], "gates");
}

#[tokio::test]
async fn a_price_may_change_after_a_sale_but_not_its_currency() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 5).await;
    let buyer = app.user("zoe").await;
    let order = office.order(&app, &buyer, 1).await;
    let sales = format!("{}/sales", office.path);
    app.wait_until("the sale is counted", async || {
        !items(&office.organizer.get(&sales).await.good()).is_empty()
    })
    .await;
    let path = format!("{}/ticket-types/{}", office.path, office.ticket_type);
    let dearer = json!({"price": {"minor": 9900, "currency": "EUR"}, "limit": 1});
    let changed = office.organizer.patch(&path, dearer).await.good();
    assert_eq!(changed["price"]["minor"], 9900);
    let dollars = json!({"price": {"minor": 9900, "currency": "USD"}});
    let refused = office.organizer.patch(&path, dollars).await;
    let error = refused.refused(409, "has_sales");
    assert!(error["message"].as_str().unwrap().contains("currency"));
    let held = buyer
        .get(&format!("/api/orders/{}", order["id"].as_str().unwrap()))
        .await
        .good();
    assert_eq!(held["total"], order["total"]);
}
