//! A server with one published event that sells, for tests of selling.

use crate::support::{Answer, TestApp, TestUser};
use gateline_core::shared::{Clock, SystemClock};
use gateline_server::config::Settings;
use serde_json::{Value, json};

/// The shop.
pub(crate) struct Shop {
    pub(crate) app: TestApp,
    pub(crate) organizer: TestUser,
    pub(crate) event: u64,
}

impl Shop {
    /// Sells types 1, 2, … with these (price in cents, limit).
    pub(crate) async fn open(types: &[(i64, u32)]) -> Self {
        Self::with(Settings::default(), types).await
    }

    /// The same with other settings.
    pub(crate) async fn with(settings: Settings, types: &[(i64, u32)]) -> Self {
        let app = TestApp::with(settings).await;
        let (organizer, org) = app.organizer("olga").await;
        let now = SystemClock.now().0;
        let event = json!({
            "org": org, "title": "An evening", "category": "concert",
            "online_url": "https://example.org/live", "timezone": "Europe/Vienna",
            "starts_at": now + 10 * 86_400_000, "ends_at": now + 11 * 86_400_000,
        });
        let made = organizer.post("/api/events", event).await.good();
        let event = made["id"].as_u64().unwrap();
        let shop = Self {
            app,
            organizer,
            event,
        };
        for (at, (minor, limit)) in types.iter().enumerate() {
            shop.add_type(at, *minor, *limit).await;
        }
        let path = format!("/api/events/{event}/publish");
        shop.organizer.post(&path, json!({})).await.good();
        shop.app
            .wait_until("the types are on sale", async || {
                let answer = shop.app.get(&shop.availability_path()).await;
                let known = answer.status == 200 && shop.types_of(&answer).len() == types.len();
                known && shop.types_of(&answer).iter().all(|t| t["on_sale"] == true)
            })
            .await;
        shop
    }

    async fn add_type(&self, at: usize, minor: i64, limit: u32) {
        let body = json!({
            "name": format!("Type {}", at + 1), "limit": limit, "max_per_order": 6,
            "price": {"minor": minor, "currency": "EUR"},
        });
        let path = format!("/api/events/{}/ticket-types", self.event);
        let made = self.organizer.post(&path, body).await.good();
        assert_eq!(made["id"], at + 1, "{made}");
    }

    fn availability_path(&self) -> String {
        format!("/api/orders/availability?event={}", self.event)
    }

    fn types_of(&self, answer: &Answer) -> Vec<Value> {
        answer.json()["ticket_types"].as_array().unwrap().clone()
    }

    /// (left, held, sold) of a type.
    pub(crate) async fn stock(&self, ticket_type: u16) -> (u64, u64, u64) {
        let answer = self.app.get(&self.availability_path()).await;
        answer.good();
        let types = self.types_of(&answer);
        let found = types.iter().find(|t| t["ticket_type"] == ticket_type);
        let found = found.unwrap();
        let number = |name: &str| found[name].as_u64().unwrap();
        (number("left"), number("held"), number("sold"))
    }

    /// The body of an order.
    pub(crate) fn wanting(&self, lines: &[(u16, u32)]) -> Value {
        let lines = lines.iter().map(
            |(ticket_type, quantity)| json!({"ticket_type": ticket_type, "quantity": quantity}),
        );
        json!({"event": self.event, "lines": lines.collect::<Vec<_>>()})
    }

    /// Orders, which must work.
    pub(crate) async fn order(&self, buyer: &TestUser, lines: &[(u16, u32)]) -> Value {
        let placed = buyer.post("/api/orders", self.wanting(lines)).await;
        placed.good()
    }

    /// Waits until the order is in this state, and returns it.
    pub(crate) async fn wait_for(&self, buyer: &TestUser, order: &Value, status: &str) -> Value {
        let path = path_of(order);
        let what = format!("the order is {status}");
        self.app
            .wait_until(&what, async || {
                buyer.get(&path).await.good()["status"] == status
            })
            .await;
        buyer.get(&path).await.good()
    }
}

/// The path of an order.
pub(crate) fn path_of(order: &Value) -> String {
    format!("/api/orders/{}", order["id"].as_str().unwrap())
}

/// Pays by a method of the test gateway.
pub(crate) async fn pay(buyer: &TestUser, order: &Value, method: &str) -> Answer {
    let body = json!({"order": order["id"], "method": {"test": method}});
    buyer.post("/api/payments", body).await
}
