//! `GET /api/pricing/{event}/{ticket_type}/history`.

use super::{by_count, by_demand, euro};
use crate::shop::{Shop, path_of};
use serde_json::json;

#[tokio::test]
async fn every_change_is_kept_with_its_reason_newest_first_and_paged() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    shop.set_policy(by_count(&[(2, 2_500), (6, 3_000)]))
        .await
        .good();
    let ada = shop.app.user("ada").await;
    shop.order(&ada, &[(1, 2)]).await;
    shop.wait_for_price(2_500).await;
    let given_up = shop.order(&ada, &[(1, 5)]).await;
    shop.wait_for_price(3_000).await;
    // What an order gave up is sold again at the price of before.
    let cancel = format!("{}/cancel", path_of(&given_up));
    ada.post(&cancel, json!({})).await.good();
    shop.wait_for_price(2_500).await;
    shop.set_policy(by_demand(2_800, 4_000)).await.good();
    shop.wait_for_price(2_800).await;
    let removed = shop.organizer.delete(&shop.policy_path()).await;
    assert_eq!(removed.status, 204);
    shop.wait_for_price(2_000).await;

    let changes = shop.changes().await;
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            let minor = |price: &str| change[price]["minor"].as_i64().unwrap();
            let rule = change["reason"]["rule"].as_str().unwrap().to_owned();
            (minor("before"), minor("after"), rule)
        })
        .collect();
    let wanted = [
        (2_000, 2_500, "count_step"),
        (2_500, 3_000, "count_step"),
        (3_000, 2_500, "count_step"),
        (2_500, 2_800, "demand_begins"),
        (2_800, 2_000, "list_price"),
    ];
    assert_eq!(
        told,
        wanted.map(|(from, to, rule)| (from, to, rule.to_owned()))
    );
    let step = json!({"rule": "count_step", "from": 6, "ordered": 7});
    assert_eq!(changes[1]["reason"], step);

    let path = format!("{}/history", shop.policy_path());
    let first = shop.organizer.get(&format!("{path}?limit=2")).await.good();
    assert_eq!(first["items"][0]["after"], euro(2_000));
    let next = first["next"].as_str().unwrap();
    let second = format!("{path}?limit=9&after={next}");
    let second = shop.organizer.get(&second).await.good();
    assert_eq!(second["items"].as_array().unwrap().len(), 3);
    assert_eq!(second["next"], json!(null));
    let odd = shop.organizer.get(&format!("{path}?after=yesterday")).await;
    odd.refused(400, "malformed_parameter");
}
