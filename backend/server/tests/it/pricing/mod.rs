//! `/api/pricing`, and what buyers and the catalogue see of it.

mod buyers;
mod history;
mod policies;
mod time;

use crate::shop::Shop;
use crate::support::Answer;
use serde_json::{Value, json};

/// An amount.
fn euro(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

/// Steps by count: (from, price).
fn by_count(steps: &[(u32, i64)]) -> Value {
    let step = |(from, minor): &(u32, i64)| json!({"from": from, "price": euro(*minor)});
    let steps: Vec<_> = steps.iter().map(step).collect();
    json!({"kind": "count_steps", "steps": steps})
}

/// By demand, an hour a window, 10 tickets in each, in steps of 2 EUR.
fn by_demand(floor: i64, ceiling: i64) -> Value {
    json!({
        "kind": "demand", "floor": euro(floor), "ceiling": euro(ceiling), "step": euro(200),
        "window_minutes": 60, "target": {"tickets_per_window": 10},
    })
}

impl Shop {
    /// The path of the policy of type 1.
    fn policy_path(&self) -> String {
        self.policy_path_of(1)
    }

    fn policy_path_of(&self, ticket_type: u64) -> String {
        format!("/api/pricing/{}/{ticket_type}", self.event)
    }

    async fn set_policy(&self, policy: Value) -> Answer {
        let organizer = &self.organizer;
        organizer
            .send("PUT", &self.policy_path(), Some(policy))
            .await
    }

    /// What orders asks for a ticket of type 1.
    async fn price(&self) -> i64 {
        let path = format!("/api/orders/availability?event={}", self.event);
        let sale = self.app.get(&path).await.good();
        sale["ticket_types"][0]["price"]["minor"].as_i64().unwrap()
    }

    /// Waits until orders asks this for a ticket of type 1.
    async fn wait_for_price(&self, minor: i64) {
        let what = format!("a ticket costs {minor}");
        let costs = async || self.price().await == minor;
        self.app.wait_until(&what, costs).await;
    }

    /// The changes of the price, oldest first.
    async fn changes(&self) -> Vec<Value> {
        let path = format!("{}/history?limit=200", self.policy_path());
        let page = self.organizer.get(&path).await.good();
        let mut items = page["items"].as_array().unwrap().clone();
        items.reverse();
        items
    }
}
