//! Setting, reading, trying out and removing a policy.

use super::{by_count, by_demand, euro};
use crate::shop::Shop;
use serde_json::json;

#[tokio::test]
async fn a_policy_is_set_read_replaced_and_removed() {
    let shop = Shop::open(&[(2_000, 100), (700, 5)]).await;
    let path = shop.policy_path();
    shop.organizer.get(&path).await.refused(404, "not_found");
    let set = shop.set_policy(by_demand(1_000, 3_000)).await.good();
    assert_eq!(set["policy"]["tolerance_percent"], 20);
    assert_eq!(
        (&set["price"], &set["list_price"], &set["ordered"]),
        (&euro(2_000), &euro(2_000), &json!(0))
    );
    assert_eq!(set["reason"]["rule"], "list_price");
    assert!(set["window"]["from"].is_i64());
    let again = shop.set_policy(by_demand(1_000, 3_000)).await.good();
    assert_eq!(again["window"], set["window"]);
    let steps = by_count(&[(1, 2_500), (50, 3_000)]);
    let replaced = shop.set_policy(steps.clone()).await.good();
    assert_eq!(
        (&replaced["policy"], &replaced["window"]),
        (&steps, &json!(null))
    );
    assert_eq!(shop.organizer.get(&path).await.good(), replaced);
    assert_eq!(shop.organizer.delete(&path).await.status, 204);
    let gone = shop.organizer.delete(&path).await;
    let gone = gone.refused(404, "not_found");
    assert_eq!(gone["message"], "this ticket type has no pricing policy");
    let fixed = shop.set_policy(json!({"kind": "fixed"})).await.good();
    assert_eq!(fixed["price"], euro(2_000));
    // The other type is as it was.
    let other = shop.policy_path_of(2);
    shop.organizer.get(&other).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_policy_that_makes_no_sense_is_refused_and_changes_nothing() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    let with = |field: &str, value| {
        let mut policy = by_demand(1_000, 3_000);
        policy[field] = value;
        policy
    };
    for (policy, field) in [
        (with("floor", euro(-1)), "floor"),
        (with("ceiling", euro(1_000)), "ceiling"),
        (with("step", euro(0)), "step"),
        (with("window_minutes", json!(0)), "window_minutes"),
        (with("tolerance_percent", json!(101)), "tolerance_percent"),
        (
            with("floor", json!({"minor": 1, "currency": "USD"})),
            "floor",
        ),
        (
            with("target", json!({"sell_through_percent": 101})),
            "target.sell_through_percent",
        ),
        (by_count(&[]), "steps"),
        (by_count(&[(0, 100)]), "steps[0].from"),
        (by_count(&[(9, 100), (9, 200)]), "steps[1].from"),
    ] {
        let refused = shop.set_policy(policy).await;
        assert_eq!(refused.refused(422, "invalid_field")["field"], field);
    }
    for policy in [
        json!({"kind": "whim"}),
        json!({"kind": "fixed", "price": euro(1)}),
        with("speed", json!(1)),
        with("target", json!({"tickets_per_day": 1})),
        with("floor", json!({"minor": 1.5, "currency": "EUR"})),
    ] {
        let refused = shop.set_policy(policy).await;
        refused.refused(400, "malformed_body");
    }
    let path = shop.policy_path();
    shop.organizer.get(&path).await.refused(404, "not_found");
    assert_eq!(shop.price().await, 2_000);
}

#[tokio::test]
async fn only_organizers_of_the_event_price_it() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    shop.set_policy(by_demand(1_000, 3_000)).await.good();
    let path = shop.policy_path();
    let event = format!("/api/events/{}", shop.event);
    let org = shop.app.get(&event).await.good()["org"].clone();
    let members = format!("/api/organizations/{}/members", org.as_str().unwrap());
    let (stranger, _) = shop.app.organizer("mallory").await;
    let staff = shop.app.user("sam").await;
    let role = json!({"email": staff.email, "role": "staff"});
    shop.organizer.post(&members, role).await.good();
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("PUT", path.clone(), Some(json!({"kind": "fixed"}))),
        ("DELETE", path.clone(), None),
        (
            "POST",
            format!("{path}/preview"),
            Some(json!({"kind": "fixed"})),
        ),
        ("GET", format!("{path}/history"), None),
    ] {
        let strange = stranger.send(method, &path, body.clone()).await;
        strange.refused(404, "not_found");
        let ours = staff.send(method, &path, body.clone()).await;
        ours.refused(403, "forbidden");
        let nobody = shop.app.send(method, &path, body).await;
        nobody.refused(401, "not_authenticated");
    }
    let kept = shop.organizer.get(&path).await.good();
    assert_eq!(kept["policy"]["kind"], "demand");
}

#[tokio::test]
async fn a_preview_says_what_the_price_would_be_and_changes_nothing() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    let path = format!("{}/preview", shop.policy_path());
    let seen = shop.organizer.post(&path, by_demand(2_500, 3_000)).await;
    let seen = seen.good();
    assert_eq!(seen["price"], euro(2_500));
    assert_eq!(seen["reason"]["rule"], "demand_begins");
    let wrong = shop.organizer.post(&path, by_count(&[])).await;
    wrong.refused(422, "invalid_field");
    let policy = shop.organizer.get(&shop.policy_path()).await;
    policy.refused(404, "not_found");
    assert_eq!((shop.price().await, shop.changes().await.len()), (2_000, 0));
}

#[tokio::test]
async fn a_policy_may_follow_right_behind_its_ticket_type_and_ends_with_its_event() {
    let shop = Shop::open(&[(2_000, 100)]).await;
    let types = format!("/api/events/{}/ticket-types", shop.event);
    let late = json!({"name": "Late", "price": euro(900), "limit": 5});
    let made = shop.organizer.post(&types, late).await.good();
    let path = shop.policy_path_of(made["id"].as_u64().unwrap());
    let steps = by_count(&[(3, 1_200)]);
    let set = shop.organizer.send("PUT", &path, Some(steps.clone())).await;
    assert_eq!(set.good()["price"], euro(900));
    let cancel = format!("/api/events/{}/cancel", shop.event);
    shop.organizer.post(&cancel, json!({})).await.good();
    shop.app
        .wait_until("pricing knows that the event is off", async || {
            let set = shop.set_policy(steps.clone()).await;
            set.status == 409
        })
        .await;
    shop.set_policy(steps).await.refused(409, "conflict");
}
