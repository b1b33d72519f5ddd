//! What buyers see and pay while a price moves.

use super::{by_count, by_demand, euro};
use crate::shop::{Shop, path_of, pay};
use serde_json::json;

#[tokio::test]
async fn a_held_order_keeps_its_price_and_the_next_buyer_pays_the_new_one() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    shop.set_policy(by_count(&[(3, 2_500)])).await.good();
    let ada = shop.app.user("ada").await;
    let held = shop.order(&ada, &[(1, 3)]).await;
    assert_eq!(held["total"], euro(6_000));
    shop.wait_for_price(2_500).await;
    assert_eq!(ada.get(&path_of(&held)).await.good()["total"], euro(6_000));
    // More of what is held costs the same; the order is paid as it was placed.
    let more = json!({"lines": [{"ticket_type": 1, "quantity": 4}]});
    let more = ada.patch(&path_of(&held), more).await.good();
    assert_eq!(more["total"], euro(8_000));
    let paid = pay(&ada, &held, "pays").await.good();
    assert_eq!(paid["amount"], euro(8_000));
    let done = shop.wait_for(&ada, &held, "completed").await;
    assert_eq!(done["lines"][0]["unit_price"], euro(2_000));
    let bob = shop.app.user("bob").await;
    let next = shop.order(&bob, &[(1, 1)]).await;
    assert_eq!(next["lines"][0]["unit_price"], euro(2_500));
}

#[tokio::test]
async fn who_was_shown_another_price_orders_nothing_and_is_told_the_new_one() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    let ada = shop.app.user("ada").await;
    let expecting = |minor: i64| {
        let mut order = shop.wanting(&[(1, 2)]);
        order["lines"][0]["expected_price"] = euro(minor);
        order
    };
    ada.post("/api/orders", expecting(2_000)).await.good();
    shop.set_policy(by_demand(2_200, 3_000)).await.good();
    shop.wait_for_price(2_200).await;
    let refused = ada.post("/api/orders", expecting(2_000)).await;
    let error = refused.refused(409, "price_changed");
    assert_eq!(error["message"], "one ticket of type 1 costs 22.00 EUR");
    assert_eq!(shop.stock(1).await.1, 2);
    let placed = ada.post("/api/orders", expecting(2_200)).await.good();
    assert_eq!(placed["total"], euro(4_400));
    // Who says nothing takes the price as it is; lower prices are told too.
    shop.set_policy(by_count(&[(1, 1_500)])).await.good();
    shop.wait_for_price(1_500).await;
    let refused = ada.post("/api/orders", expecting(2_200)).await;
    refused.refused(409, "price_changed");
    assert_eq!(shop.order(&ada, &[(1, 1)]).await["total"], euro(1_500));
    let line = |expected| json!({"lines": [{"ticket_type": 1, "quantity": 3, "expected_price": euro(expected)}]});
    let grown = ada.patch(&path_of(&placed), line(1_500)).await;
    grown.refused(409, "price_changed");
    ada.patch(&path_of(&placed), line(2_200)).await.good();
}

#[tokio::test]
async fn the_catalogue_shows_what_a_ticket_costs_now_beside_the_list_price() {
    let shop = Shop::open(&[(2_000, 100), (5_000, 10)]).await;
    let path = format!("/api/events/{}", shop.event);
    let type_path = format!("{path}/ticket-types/1");
    let shown = async || {
        let one = shop.app.get(&type_path).await.good();
        let all = shop.app.get(&format!("{path}/ticket-types")).await.good();
        let event = shop.app.get(&path).await.good();
        let found = shop.app.get("/api/events").await.good();
        let sale = format!("/api/orders/availability?event={}", shop.event);
        let sale = shop.app.get(&sale).await.good();
        let list =
            [&one["price"], &sale["ticket_types"][0]["list_price"]].map(|it| it["minor"].clone());
        assert!(list.iter().all(|minor| *minor == list[0]), "{list:?}");
        [
            &one["current_price"],
            &all["items"][0]["current_price"],
            &event["ticket_types"][0]["current_price"],
            &found["items"][0]["lowest_price"],
            &sale["ticket_types"][0]["price"],
        ]
        .map(|price| price["minor"].as_i64().unwrap())
    };
    assert_eq!(shown().await, [2_000; 5]);
    shop.set_policy(by_demand(3_000, 4_000)).await.good();
    let all_show = async |minor: i64| {
        let what = format!("everything shows {minor}");
        let show = async || shown().await == [minor; 5];
        shop.app.wait_until(&what, show).await;
    };
    all_show(3_000).await;
    // A new name changes nothing about the price.
    let renamed = json!({"name": "Front row"});
    let renamed = shop.organizer.patch(&type_path, renamed).await.good();
    assert_eq!(
        (&renamed["price"], &renamed["current_price"]),
        (&euro(2_000), &euro(3_000))
    );
    assert_eq!(shop.organizer.delete(&shop.policy_path()).await.status, 204);
    all_show(2_000).await;
    // From here on the list price counts by itself again.
    let cheaper = json!({"price": euro(1_700)});
    shop.organizer.patch(&type_path, cheaper).await.good();
    shop.wait_for_price(1_700).await;
    all_show(1_700).await;
}
