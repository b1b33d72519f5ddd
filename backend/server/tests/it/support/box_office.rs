//! Events with ticket types, and people who buy: what most tests of sold things
//! begin with.

use super::{TestApp, TestUser};
use serde_json::{Value, json};

/// A published event of an organizer.
pub(crate) struct BoxOffice {
    pub(crate) organizer: TestUser,
    pub(crate) org: String,
    /// `/api/events/{event}`.
    pub(crate) path: String,
    pub(crate) event: u64,
    pub(crate) ticket_type: u64,
}

/// A new event of `org`, one hour from now, online.
pub(crate) fn new_event(app: &TestApp, org: &str, title: &str) -> Value {
    use gateline_core::shared::Clock;
    let starts_at = app.clock.now().plus_ms(3_600_000).0;
    json!({
        "org": org, "title": title, "category": "concert",
        "online_url": "https://example.org/stream", "timezone": "Europe/Vienna",
        "starts_at": starts_at, "ends_at": starts_at + 7_200_000,
        "gates": [{"id": 1, "name": "Main"}, {"id": 2, "name": "Side"}],
    })
}

/// A new ticket type for 12.50 EUR.
pub(crate) fn new_type(name: &str, limit: u32) -> Value {
    json!({"name": name, "price": {"minor": 1250, "currency": "EUR"}, "limit": limit})
}

impl BoxOffice {
    /// Opens one with a ticket type of `limit` tickets.
    pub(crate) async fn open(app: &TestApp, limit: u32) -> Self {
        let (organizer, org) = app.organizer("hall").await;
        let event = new_event(app, &org, "Ärger im Café");
        let event = organizer.post("/api/events", event).await.good();
        let event = event["id"].as_u64().unwrap();
        let path = format!("/api/events/{event}");
        let types = format!("{path}/ticket-types");
        let made = organizer
            .post(&types, new_type("Standing", limit))
            .await
            .good();
        organizer
            .post(&format!("{path}/publish"), json!({}))
            .await
            .good();
        Self {
            organizer,
            org,
            path,
            event,
            ticket_type: made["id"].as_u64().unwrap(),
        }
    }

    /// Orders, once the ticket type is known to orders.
    pub(crate) async fn order(&self, app: &TestApp, buyer: &TestUser, quantity: u32) -> Value {
        let availability = format!("/api/orders/availability?event={}", self.event);
        app.wait_until("the type is on sale", async || {
            let answer = buyer.get(&availability).await;
            answer.status == 200 && answer.text().contains("\"ticket_type\"")
        })
        .await;
        let lines = json!([{"ticket_type": self.ticket_type, "quantity": quantity}]);
        let order = json!({"event": self.event, "lines": lines});
        buyer.post("/api/orders", order).await.good()
    }

    /// Orders, pays through the test gateway, and waits for the tickets.
    pub(crate) async fn buy(&self, app: &TestApp, buyer: &TestUser, quantity: u32) -> Vec<Value> {
        let order = self.order(app, buyer, quantity).await;
        let payment = json!({"order": order["id"], "method": {"test": "pays"}});
        buyer.post("/api/payments", payment).await.good();
        let path = format!("/api/tickets?order={}", order["id"].as_str().unwrap());
        app.wait_until("the tickets are issued", async || {
            !items(&buyer.get(&path).await.good()).is_empty()
        })
        .await;
        items(&buyer.get(&path).await.good())
    }
}

/// The items of a page.
pub(crate) fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().clone()
}
