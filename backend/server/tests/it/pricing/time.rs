//! Prices that change because time passes.

use super::{by_demand, euro};
use crate::shop::{Shop, pay};
use gateline_core::shared::Clock;
use serde_json::json;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn a_date_changes_the_price_also_after_a_restart() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    let now = shop.app.clock.now().0;
    let step = |hours: i64, minor| json!({"from": now + hours * HOUR_MS, "price": euro(minor)});
    let policy = json!({"kind": "date_steps", "steps": [step(1, 2_500), step(3, 3_000)]});
    let set = shop.set_policy(policy).await.good();
    assert_eq!(set["price"], euro(2_000));
    shop.app.clock.advance_ms(HOUR_MS);
    shop.wait_for_price(2_500).await;
    let app = shop.app.restart().await;
    let shop = Shop {
        organizer: app.as_before(&shop.organizer),
        app,
        ..shop
    };
    assert_eq!(shop.price().await, 2_500);
    shop.app.clock.advance_ms(2 * HOUR_MS);
    shop.wait_for_price(3_000).await;
    let changes = shop.changes().await;
    let last = &changes[1];
    assert_eq!(
        (&last["before"], &last["after"]),
        (&euro(2_500), &euro(3_000))
    );
    let reason = json!({"rule": "date_step", "from": now + 3 * HOUR_MS});
    assert_eq!(last["reason"], reason);
}

#[tokio::test]
async fn demand_moves_the_price_by_one_step_a_window_and_the_history_says_by_what() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    shop.set_policy(by_demand(1_700, 2_300)).await.good();
    let ada = shop.app.user("ada").await;
    for _ in 0..3 {
        let order = shop.order(&ada, &[(1, 6)]).await;
        pay(&ada, &order, "pays").await.good();
        shop.wait_for(&ada, &order, "completed").await;
    }
    let ordered = async |count: u64| {
        let pricing = shop.organizer.get(&shop.policy_path()).await.good();
        pricing["ordered"] == count
    };
    let heard = async || ordered(18).await;
    shop.app.wait_until("pricing has heard of 18", heard).await;
    assert_eq!(
        shop.price().await,
        2_000,
        "a window is not over before its end"
    );
    shop.app.clock.advance_ms(HOUR_MS + 60_000);
    shop.wait_for_price(2_200).await;
    // Nothing more is ordered: one quiet window is not enough for a turn.
    shop.app.clock.advance_ms(HOUR_MS);
    let quiet = async || {
        let pricing = shop.organizer.get(&shop.policy_path()).await.good();
        pricing["window"]["ordered"] == 0
            && pricing["window"]["from"].as_i64() > Some(shop.app.clock.now().0 - HOUR_MS)
    };
    shop.app.wait_until("a window is over", quiet).await;
    assert_eq!(shop.price().await, 2_200);
    for (minor, hours) in [(2_000, 1), (1_800, 1), (1_700, 1)] {
        shop.app.clock.advance_ms(hours * HOUR_MS);
        shop.wait_for_price(minor).await;
    }
    let changes = shop.changes().await;
    let prices: Vec<_> = changes
        .iter()
        .map(|change| change["after"]["minor"].as_i64().unwrap())
        .collect();
    assert_eq!(prices, [2_200, 2_000, 1_800, 1_700]);
    let up = &changes[0]["reason"];
    assert_eq!(
        (&up["rule"], &up["ordered"]),
        (&json!("demand"), &json!(18))
    );
    assert_eq!(up["expected_hundredths"], 1_000);
    assert_eq!(
        (&up["ordered_in_all"], &up["limit"]),
        (&json!(18), &json!(100))
    );
    let down = &changes[3]["reason"];
    assert_eq!(down["ordered"], 0);
    let length = down["until"].as_i64().unwrap() - down["from"].as_i64().unwrap();
    assert_eq!(length, HOUR_MS);
}
