//! `PATCH /api/orders/{id}`, `POST /api/orders/{id}/cancel`, expiry.

use crate::shop::{Shop, path_of, pay};
use serde_json::json;

#[tokio::test]
async fn an_unpaid_order_changes_its_lines_and_keeps_its_deadline() {
    let shop = Shop::open(&[(1_000, 4), (500, 4)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 3)]).await;
    let lines =
        json!({"lines": [{"ticket_type": 1, "quantity": 1}, {"ticket_type": 2, "quantity": 4}]});
    let changed = ada.patch(&path_of(&order), lines).await.good();
    assert_eq!(changed["total"]["minor"], 3_000);
    assert_eq!(changed["expires_at"], order["expires_at"]);
    assert_eq!(shop.stock(1).await, (3, 1, 0));
    assert_eq!(shop.stock(2).await, (0, 4, 0));
    let too_many = json!({"lines": [{"ticket_type": 1, "quantity": 5}]});
    let refused = ada.patch(&path_of(&order), too_many).await;
    refused.refused(409, "sold_out");
    assert_eq!(shop.stock(2).await, (0, 4, 0));
}

#[tokio::test]
async fn a_cancelled_order_frees_its_tickets_and_cannot_be_paid() {
    let shop = Shop::open(&[(1_000, 2)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 2)]).await;
    let path = format!("{}/cancel", path_of(&order));
    let cancelled = ada.post(&path, json!({})).await.good();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(ada.post(&path, json!({})).await.good(), cancelled);
    assert_eq!(shop.stock(1).await, (2, 0, 0));
    pay(&ada, &order, "pays").await.refused(409, "order_state");
}

#[tokio::test]
async fn a_paid_order_is_neither_changed_nor_cancelled() {
    let shop = Shop::open(&[(1_000, 4)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 2)]).await;
    pay(&ada, &order, "pays").await.good();
    // Also in the moment before the order has heard of its payment.
    let path = format!("{}/cancel", path_of(&order));
    ada.post(&path, json!({})).await.refused(409, "order_state");
    let lines = json!({"lines": [{"ticket_type": 1, "quantity": 1}]});
    let changed = ada.patch(&path_of(&order), lines).await;
    changed.refused(409, "order_state");
    shop.wait_for(&ada, &order, "completed").await;
    assert_eq!(shop.stock(1).await, (2, 0, 2));
}

#[tokio::test]
async fn an_unpaid_order_expires_frees_its_tickets_and_stays_so_over_a_restart() {
    let shop = Shop::open(&[(1_000, 2)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 2)]).await;
    shop.app.clock.advance_ms(14 * 60_000);
    assert_eq!(shop.stock(1).await, (0, 2, 0));
    let shop = Shop {
        app: shop.app.restart().await,
        ..shop
    };
    let ada = shop.app.as_before(&ada);
    shop.app.clock.advance_ms(60_000);
    shop.wait_for(&ada, &order, "expired").await;
    assert_eq!(shop.stock(1).await, (2, 0, 0));
    pay(&ada, &order, "pays")
        .await
        .refused(409, "order_expired");
}
