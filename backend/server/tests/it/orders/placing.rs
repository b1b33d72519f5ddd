//! `POST /api/orders`.

use crate::shop::Shop;
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_holds_its_tickets_at_the_price_of_the_moment() {
    let shop = Shop::open(&[(2_050, 10), (0, 5)]).await;
    let ada = shop.app.user("ada").await;
    let placed = ada
        .post("/api/orders", shop.wanting(&[(1, 2), (2, 1), (1, 1)]))
        .await;
    assert_eq!(placed.status, 201, "{}", placed.text());
    let order = placed.json();
    assert_eq!(order["status"], "created");
    assert_eq!(order["total"], json!({"minor": 6_150, "currency": "EUR"}));
    assert_eq!(order["lines"][0]["quantity"], 3);
    assert_eq!(order["code"].as_str().unwrap().len(), 6);
    let held_ms = order["expires_at"].as_i64().unwrap() - order["created_at"].as_i64().unwrap();
    assert_eq!(held_ms, 15 * 60_000);
    assert_eq!(shop.stock(1).await, (7, 3, 0));
    assert_eq!(shop.stock(2).await, (4, 1, 0));
}

#[tokio::test]
async fn a_free_order_is_complete_at_once() {
    let shop = Shop::open(&[(0, 2)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 2)]).await;
    assert_eq!(order["status"], "completed");
    assert_eq!(shop.stock(1).await, (0, 0, 2));
    let more = ada.post("/api/orders", shop.wanting(&[(1, 1)])).await;
    more.refused(409, "sold_out");
}

#[tokio::test]
async fn a_sold_out_line_takes_nothing_of_the_others() {
    let shop = Shop::open(&[(100, 5), (100, 1)]).await;
    let ada = shop.app.user("ada").await;
    let refused = ada.post("/api/orders", shop.wanting(&[(1, 2), (2, 2)]));
    refused.await.refused(409, "sold_out");
    assert_eq!(shop.stock(1).await, (5, 0, 0));
}

#[tokio::test]
async fn a_repeated_request_with_its_key_places_one_order_even_when_it_was_the_last_ticket() {
    let shop = Shop::open(&[(100, 1)]).await;
    let ada = shop.app.user("ada").await;
    let send = || ada.post_once("/api/orders", shop.wanting(&[(1, 1)]), "k");
    let answers = futures::future::join_all((0..6).map(|_| send())).await;
    let first = answers[0].good();
    for answer in &answers {
        assert_eq!((answer.status, answer.good()), (201, first.clone()));
    }
    assert_eq!(shop.stock(1).await, (0, 1, 0));
    let other = ada.post_once("/api/orders", shop.wanting(&[(1, 2)]), "k");
    other.await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn bad_orders_are_refused_and_change_nothing() {
    let shop = Shop::open(&[(100, 50)]).await;
    let ada = shop.app.user("ada").await;
    let refuse = async |body: Value, status: u16, code: &str| {
        ada.post("/api/orders", body).await.refused(status, code)
    };
    refuse(shop.wanting(&[]), 422, "invalid_field").await;
    refuse(shop.wanting(&[(1, 0)]), 422, "invalid_field").await;
    refuse(shop.wanting(&[(1, 4), (1, 3)]), 422, "invalid_field").await;
    let unknown = refuse(shop.wanting(&[(9, 1)]), 422, "invalid_field").await;
    assert_eq!(unknown["field"], "lines");
    let foreign = json!({"event": 1, "lines": [{"ticket_type": 1, "quantity": 1}]});
    refuse(foreign, 404, "not_found").await;
    let event = shop.event;
    for malformed in [
        json!({"event": event}),
        json!({"event": event, "lines": [{"ticket_type": 1, "quantity": -1}]}),
        json!({"event": event, "lines": [{"ticket_type": 1, "quantity": 1, "price": 0}]}),
        json!({"event": "x", "lines": []}),
        json!([]),
    ] {
        ada.post("/api/orders", malformed)
            .await
            .refused(400, "malformed_body");
    }
    let anonymous = shop.app.post("/api/orders", shop.wanting(&[(1, 1)]));
    anonymous.await.refused(401, "not_authenticated");
    assert_eq!(shop.stock(1).await, (50, 0, 0));
}
