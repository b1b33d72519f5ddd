//! `/api/payments`, and what payments do to orders.

use crate::shop::{Shop, path_of, pay};
use gateline_server::config::Settings;
use serde_json::{Value, json};

/// Waits until the order's refunds are all completed, and returns the order.
async fn wait_for_refund(shop: &Shop, buyer: &crate::support::TestUser, order: &Value) -> Value {
    let path = path_of(order);
    shop.app
        .wait_until("the money went back", async || {
            let order = buyer.get(&path).await.good();
            let refunds = order["refunds"].as_array().unwrap().clone();
            !refunds.is_empty() && refunds.iter().all(|r| !r["completed_at"].is_null())
        })
        .await;
    buyer.get(&path).await.good()
}

#[tokio::test]
async fn paying_answers_with_the_outcome_and_completes_the_order() {
    let shop = Shop::open(&[(1_500, 5)]).await;
    let (ada, ben) = (shop.app.user("ada").await, shop.app.user("ben").await);
    let order = shop.order(&ada, &[(1, 2)]).await;
    pay(&ben, &order, "pays").await.refused(404, "not_found");
    let paid = pay(&ada, &order, "pays").await;
    assert_eq!(paid.status, 201, "{}", paid.text());
    let payment = paid.json();
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment["amount"]["minor"], 3_000);
    assert_eq!(payment["test"], true);
    pay(&ada, &order, "pays").await.refused(409, "order_state");
    let completed = shop.wait_for(&ada, &order, "completed").await;
    assert_eq!(completed["test"], true);
    let path = format!("/api/payments/{}", payment["id"].as_str().unwrap());
    assert_eq!(ada.get(&path).await.good(), payment);
    ben.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_repeated_payment_with_its_key_charges_once() {
    let shop = Shop::open(&[(1_500, 5)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 1)]).await;
    let body = json!({"order": order["id"], "method": {"test": "pays"}});
    let send = || ada.post_once("/api/payments", body.clone(), "k");
    let answers = futures::future::join_all((0..6).map(|_| send())).await;
    let first = answers[0].good()["id"].clone();
    assert!(answers.iter().all(|a| a.good()["id"] == first));
    let path = format!("/api/payments?order={}", order["id"].as_str().unwrap());
    assert_eq!(
        ada.get(&path).await.good()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_declined_payment_is_402_and_another_may_be_tried() {
    let shop = Shop::open(&[(1_500, 5)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 1)]).await;
    pay(&ada, &order, "declines")
        .await
        .refused(402, "payment_declined");
    let open = pay(&ada, &order, "never_pays").await.good();
    assert_eq!(open["status"], "pending");
    shop.wait_for(&ada, &order, "awaiting_payment").await;
    pay(&ada, &order, "pays").await.good();
    shop.wait_for(&ada, &order, "completed").await;
    // The open one is given up.
    let path = format!("/api/payments/{}", open["id"].as_str().unwrap());
    shop.app
        .wait_until("the open charge is given up", async || {
            ada.get(&path).await.good()["status"] == "failed"
        })
        .await;
}

#[tokio::test]
async fn a_second_charge_goes_back_and_the_tickets_stay() {
    let shop = Shop::open(&[(1_500, 5)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 2)]).await;
    pay(&ada, &order, "pays_twice").await.good();
    let order = wait_for_refund(&shop, &ada, &order).await;
    assert_eq!(order["status"], "completed");
    assert_eq!(order["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(order["refunds"][0]["amount"]["minor"], 3_000);
    assert_eq!(shop.stock(1).await, (3, 0, 2));
}

#[tokio::test]
async fn a_late_payment_takes_the_tickets_again_or_goes_back() {
    let shop = Shop::open(&[(1_500, 3)]).await;
    let ada = shop.app.user("ada").await;
    let lucky = shop.order(&ada, &[(1, 1)]).await;
    let unlucky = shop.order(&ada, &[(1, 2)]).await;
    for order in [&lucky, &unlucky] {
        let open = pay(&ada, order, "pays_late").await.good();
        assert_eq!(open["status"], "pending");
    }
    // Meanwhile there is to be one less than the two need.
    let path = format!("/api/events/{}/ticket-types/1", shop.event);
    let patched = shop.organizer.patch(&path, json!({"limit": 1})).await;
    patched.good();
    let availability = format!("/api/orders/availability?event={}", shop.event);
    shop.app
        .wait_until("the limit is known", async || {
            shop.app.get(&availability).await.good()["ticket_types"][0]["limit"] == 1
        })
        .await;
    let expires = unlucky["expires_at"].as_i64().unwrap();
    let left_ms = expires - unlucky["created_at"].as_i64().unwrap();
    shop.app.clock.advance_ms(left_ms);
    shop.wait_for(&ada, &lucky, "completed").await;
    let unlucky = wait_for_refund(&shop, &ada, &unlucky).await;
    assert_eq!(unlucky["status"], "expired");
    assert_eq!(unlucky["refunds"][0]["amount"]["minor"], 3_000);
    assert_eq!(shop.stock(1).await, (0, 0, 1));
}

#[tokio::test]
async fn a_refunded_order_ends_and_its_tickets_can_be_sold_again() {
    let shop = Shop::open(&[(1_500, 2)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 2)]).await;
    let path = format!("{}/refund", path_of(&order));
    let early = shop.organizer.post(&path, json!({})).await;
    early.refused(409, "order_state");
    pay(&ada, &order, "pays").await.good();
    shop.wait_for(&ada, &order, "completed").await;
    ada.post(&path, json!({})).await.refused(403, "forbidden");
    let reason = json!({"reason": "The band is ill."});
    for _ in 0..2 {
        shop.organizer.post(&path, reason.clone()).await.good();
    }
    let order = shop.wait_for(&ada, &order, "refunded").await;
    assert_eq!(order["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(order["refunds"][0]["reason"], "The band is ill.");
    assert_eq!(shop.stock(1).await, (2, 0, 0));
}

#[tokio::test]
async fn a_webhook_that_the_gateway_did_not_sign_is_refused() {
    let shop = Shop::open(&[(1_500, 2)]).await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 1)]).await;
    let open = pay(&ada, &order, "never_pays").await.good();
    let forged = json!({"key": open["id"], "reference": "x", "succeeded": true,
        "amount": open["amount"]});
    let hook = "/api/payments/webhooks/test";
    shop.app
        .post(hook, forged.clone())
        .await
        .refused(403, "forbidden");
    let request = shop.app.request("POST", hook).json(&forged);
    let request = request.header("gateline-signature", "00".repeat(32));
    shop.app.answer(request).await.refused(403, "forbidden");
    let unknown = shop.app.post("/api/payments/webhooks/other", forged).await;
    unknown.refused(404, "not_found");
    let path = format!("/api/payments/{}", open["id"].as_str().unwrap());
    assert_eq!(ada.get(&path).await.good()["status"], "pending");
}

#[tokio::test]
async fn bad_payments_are_refused() {
    let shop = Shop::with(
        Settings {
            order_hold_seconds: Some(1),
            ..Settings::default()
        },
        &[(1_500, 2)],
    )
    .await;
    let ada = shop.app.user("ada").await;
    let order = shop.order(&ada, &[(1, 1)]).await;
    for method in [
        json!({"test": "steals"}),
        json!("test"),
        json!({"stripe": "pays"}),
    ] {
        let body = json!({"order": order["id"], "method": method});
        let refused = ada.post("/api/payments", body).await;
        refused.refused(400, "malformed_body");
    }
    shop.wait_for(&ada, &order, "expired").await;
    pay(&ada, &order, "pays")
        .await
        .refused(409, "order_expired");
}
