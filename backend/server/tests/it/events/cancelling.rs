//! `/api/events/{event}/cancel`, and what it does to whoever has ordered.

use crate::shop::{Shop, path_of, pay};
use crate::support::box_office::items;
use crate::support::{TestApp, TestUser};
use gateline_server::config::Settings;
use serde_json::{Value, json};

const PAID: u16 = 1;
const FREE: u16 = 2;

/// Sells a type for 15 EUR and one for nothing.
async fn shop() -> Shop {
    Shop::open(&[(1_500, 50), (0, 50)]).await
}

async fn cancel(shop: &Shop) -> Value {
    let path = format!("/api/events/{}/cancel", shop.event);
    shop.organizer.post(&path, json!({})).await.good()
}

/// A completed order whose tickets are issued.
async fn bought(shop: &Shop, buyer: &TestUser, ticket_type: u16, quantity: u32) -> Value {
    let order = shop.order(buyer, &[(ticket_type, quantity)]).await;
    if ticket_type == PAID {
        pay(buyer, &order, "pays").await.good();
    }
    let order = shop.wait_for(buyer, &order, "completed").await;
    wait_for_tickets(&shop.app, buyer, &order, "valid", quantity).await;
    order
}

async fn wait_for_tickets(
    app: &TestApp,
    buyer: &TestUser,
    order: &Value,
    status: &str,
    count: u32,
) {
    let id = order["id"].as_str().unwrap();
    let path = format!("/api/tickets?order={id}&status={status}");
    let what = format!("{count} tickets are {status}");
    app.wait_until(&what, async || {
        items(&buyer.get(&path).await.good()).len() == count as usize
    })
    .await;
}

/// (amount, has it gone back?) of each refund.
fn refunds(order: &Value) -> Vec<(i64, bool)> {
    let refunds = order["refunds"].as_array().unwrap().iter();
    let refund = |r: &Value| {
        let minor = r["amount"]["minor"].as_i64().unwrap();
        (minor, !r["completed_at"].is_null())
    };
    refunds.map(refund).collect()
}

/// The one letter about the order's end.
async fn letter(app: &TestApp, order: &Value) -> String {
    let folder = app.folder().join("mail");
    let name = format!("called-off-{}", order["id"].as_str().unwrap());
    let find = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        paths.find(|path| {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            file.starts_with(&name) && file.ends_with(".eml")
        })
    };
    app.wait_until("the buyer is told", async || find().is_some())
        .await;
    std::fs::read_to_string(find().unwrap()).unwrap()
}

fn count_letters(app: &TestApp, kind: &str) -> usize {
    let entries = std::fs::read_dir(app.folder().join("mail")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with(kind))
        .count()
}

#[tokio::test]
async fn what_was_paid_goes_back_and_the_tickets_end() {
    let shop = shop().await;
    let (ada, ben) = (shop.app.user("ada").await, shop.app.user("ben").await);
    let paid = bought(&shop, &ada, PAID, 2).await;
    let free = bought(&shop, &ben, FREE, 1).await;
    assert_eq!(cancel(&shop).await["status"], "cancelled");
    let refunded = shop.wait_for(&ada, &paid, "refunded").await;
    assert_eq!(refunds(&refunded), [(3_000, true)]);
    let ended = shop.wait_for(&ben, &free, "cancelled").await;
    assert_eq!(refunds(&ended), []);
    wait_for_tickets(&shop.app, &ada, &paid, "refunded", 2).await;
    wait_for_tickets(&shop.app, &ben, &free, "cancelled", 1).await;
    for (buyer, order) in [(&ada, &paid), (&ben, &free)] {
        let id = order["id"].as_str().unwrap();
        let pdf = format!("/api/tickets/orders/{id}/tickets.pdf");
        let refused = buyer.get(&pdf).await.refused(409, "ticket_state");
        assert_eq!(refused["message"], "the event was cancelled");
        let ticket = items(&buyer.get(&format!("/api/tickets?order={id}")).await.good()).remove(0);
        let serial = ticket["serial"].as_str().unwrap();
        let qr = format!("/api/tickets/{}/{serial}/qr.png", shop.event);
        buyer.get(&qr).await.refused(409, "ticket_state");
    }
    assert!(letter(&shop.app, &paid).await.contains("30.00 EUR"));
    let nothing = letter(&shop.app, &free).await;
    assert!(nothing.contains("Nothing was paid"), "{nothing}");
    // The letter about the event said what comes back.
    assert_eq!(count_letters(&shop.app, "refund-"), 0);
    assert_eq!(shop.stock(PAID).await, (50, 0, 0));
}

#[tokio::test]
async fn a_cancellation_with_fields_that_nobody_reads_is_refused() {
    let shop = shop().await;
    let path = format!("/api/events/{}/cancel", shop.event);
    for body in [json!({"refund": false}), json!([1]), json!("no")] {
        let refused = shop.organizer.post(&path, body).await;
        refused.refused(400, "malformed_body");
    }
    let event = format!("/api/events/{}", shop.event);
    assert_eq!(shop.app.get(&event).await.good()["status"], "published");
    let bare = shop.organizer.send("POST", &path, None).await.good();
    assert_eq!(bare["status"], "cancelled");
}

#[tokio::test]
async fn unpaid_orders_end_and_a_charge_in_flight_goes_back_when_it_comes() {
    let shop = shop().await;
    let (ada, ben) = (shop.app.user("ada").await, shop.app.user("ben").await);
    let unpaid = shop.order(&ada, &[(PAID, 1)]).await;
    let late = shop.order(&ben, &[(PAID, 1)]).await;
    assert_eq!(
        pay(&ben, &late, "pays_late").await.good()["status"],
        "pending"
    );
    cancel(&shop).await;
    for (buyer, order) in [(&ada, &unpaid), (&ben, &late)] {
        shop.wait_for(buyer, order, "cancelled").await;
        pay(buyer, order, "pays").await.refused(409, "order_state");
        assert!(letter(&shop.app, order).await.contains("Nothing was paid"));
    }
    // Whether the gateway could still stop it or not: nothing is kept.
    let path = format!("/api/payments?order={}", late["id"].as_str().unwrap());
    shop.app.clock.advance_ms(20 * 60_000);
    shop.app
        .wait_until("the charge is stopped or went back", async || {
            let payments = items(&ben.get(&path).await.good());
            let order = ben.get(&path_of(&late)).await.good();
            payments[0]["status"] == "failed" || refunds(&order) == [(1_500, true)]
        })
        .await;
    assert_eq!(shop.stock(PAID).await, (50, 0, 0));
}

#[tokio::test]
async fn what_went_back_before_does_not_go_back_twice() {
    let shop = shop().await;
    let (ada, ben) = (shop.app.user("ada").await, shop.app.user("ben").await);
    let twice = shop.order(&ada, &[(PAID, 1)]).await;
    pay(&ada, &twice, "pays_twice").await.good();
    shop.app
        .wait_until("the second charge went back", async || {
            let order = ada.get(&path_of(&twice)).await.good();
            order["status"] == "completed" && refunds(&order) == [(1_500, true)]
        })
        .await;
    let before = bought(&shop, &ben, PAID, 1).await;
    let refund = format!("{}/refund", path_of(&before));
    shop.organizer.post(&refund, json!({})).await.good();
    cancel(&shop).await;
    let ada_s = shop.wait_for(&ada, &twice, "refunded").await;
    assert_eq!(refunds(&ada_s), [(1_500, true), (1_500, true)]);
    let ben_s = shop.wait_for(&ben, &before, "refunded").await;
    assert_eq!(refunds(&ben_s), [(1_500, true)]);
}

#[tokio::test]
async fn orders_that_race_with_the_cancellation_end_too() {
    let shop = shop().await;
    let buyers = futures::future::join_all((0..12).map(|n| {
        let name = format!("buyer{n}");
        let shop = &shop;
        async move { shop.app.user(&name).await }
    }));
    let buyers = buyers.await;
    let buying = buyers.iter().enumerate().map(|(n, buyer)| {
        let lines = [(if n % 3 == 0 { FREE } else { PAID }, 1)];
        let shop = &shop;
        async move {
            let placed = buyer.post("/api/orders", shop.wanting(&lines)).await;
            if placed.status != 201 {
                return None;
            }
            let order = placed.json();
            if order["status"] != "completed" {
                drop(pay(buyer, &order, "pays").await);
            }
            Some((buyer, order))
        }
    });
    let (orders, _) = tokio::join!(futures::future::join_all(buying), cancel(&shop));
    for (buyer, order) in orders.into_iter().flatten() {
        shop.app
            .wait_until("the order has ended with all money back", async || {
                let order = buyer.get(&path_of(&order)).await.good();
                let ended = order["status"] == "cancelled" || order["status"] == "refunded";
                ended && refunds(&order).iter().all(|(_, back)| *back)
            })
            .await;
        let id = order["id"].as_str().unwrap();
        let valid = format!("/api/tickets?order={id}&status=valid");
        shop.app
            .wait_until("no ticket is valid", async || {
                items(&buyer.get(&valid).await.good()).is_empty()
            })
            .await;
        letter(&shop.app, &order).await;
    }
    assert_eq!(shop.stock(PAID).await, (50, 0, 0));
    assert_eq!(shop.stock(FREE).await, (50, 0, 0));
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_and_repeats_nothing() {
    let mut shop = shop().await;
    let mut ada = shop.app.user("ada").await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(bought(&shop, &ada, PAID, 1).await);
    }
    cancel(&shop).await;
    for _ in 0..3 {
        shop.app = shop.app.restart_with(Settings::default()).await;
    }
    ada = shop.app.as_before(&ada);
    for order in &orders {
        let order = shop.wait_for(&ada, order, "refunded").await;
        assert_eq!(refunds(&order), [(1_500, true)]);
        wait_for_tickets(&shop.app, &ada, &order, "refunded", 1).await;
        letter(&shop.app, &order).await;
    }
    assert_eq!(count_letters(&shop.app, "called-off-"), 5);
}

#[tokio::test]
async fn a_cancelled_event_can_still_be_read_and_never_comes_back() {
    let shop = shop().await;
    let ada = shop.app.user("ada").await;
    let order = bought(&shop, &ada, PAID, 2).await;
    let cancelled = cancel(&shop).await;
    shop.wait_for(&ada, &order, "refunded").await;
    let path = format!("/api/events/{}", shop.event);
    assert_eq!(shop.app.get(&path).await.good(), cancelled);
    for (method, path) in [
        ("POST", format!("{path}/publish")),
        ("PATCH", path.clone()),
        ("POST", format!("{path}/ticket-types")),
    ] {
        let body = match method {
            "PATCH" => json!({"title": "Back again"}),
            _ if path.ends_with("publish") => json!({}),
            _ => json!({"name": "x", "price": {"minor": 1, "currency": "EUR"}, "limit": 1}),
        };
        let refused = shop.organizer.send(method, &path, Some(body)).await;
        let error = refused.refused(409, "conflict");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("stays cancelled"), "{message}");
    }
    let wanting = shop.wanting(&[(PAID, 1)]);
    let refused = ada.post("/api/orders", wanting).await;
    refused.refused(409, "not_on_sale");
    let sales = format!("{path}/sales");
    shop.app
        .wait_until("the sale counts what went back", async || {
            let sales = shop.organizer.get(&sales).await.good();
            sales["items"][0]["refunded"] == 2 && sales["items"][0]["sold"] == 0
        })
        .await;
    for path in ["figures", "report"] {
        let path = format!("/api/checkin/events/{}/{path}", shop.event);
        shop.organizer.get(&path).await.good();
    }
}
