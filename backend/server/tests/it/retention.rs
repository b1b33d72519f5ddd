//! What is kept of buyers and guests once their event has been over for as long as the
//! operator wants it kept.

use crate::support::box_office::{BoxOffice, items};
use crate::support::{PASSWORD, TestApp, TestUser};
use gateline_adapters::sqlite::Db;
use gateline_common::time::DAY_MS;
use gateline_server::config::Settings;
use serde_json::{Value, json};

fn keeping(days: u32) -> Settings {
    Settings {
        retain_personal_days: Some(days),
        ..Settings::default()
    }
}

async fn again(app: &TestApp, user: &TestUser) -> TestUser {
    let body = json!({"email": user.email, "password": PASSWORD});
    app.holding(&app.post("/api/users/signin", body).await.good())
}

/// What an organizer sees of the event, but for the names.
struct Seen {
    orders: Vec<Value>,
    tickets: Vec<Value>,
    sales: Value,
    report: Value,
}

impl Seen {
    async fn by(organizer: &TestUser, office: &BoxOffice) -> Self {
        let page = async |what: &str| {
            items(
                &organizer
                    .get(&format!("{}/{what}", office.path))
                    .await
                    .good(),
            )
        };
        let report = format!("/api/checkin/events/{}/report", office.event);
        let mut report = organizer.get(&report).await.good();
        for when in ["made_at", "made_local"] {
            report[when].take();
        }
        Self {
            orders: page("orders").await,
            tickets: page("tickets").await,
            sales: organizer
                .get(&format!("{}/sales", office.path))
                .await
                .good(),
            report,
        }
    }

    fn named(&self) -> bool {
        let orders = self.orders.iter().map(|order| &order["buyer"]["email"]);
        let tickets = self.tickets.iter().map(|ticket| &ticket["owner_email"]);
        orders.chain(tickets).any(|email| email != "")
    }

    /// Without the names.
    fn figures(mut self) -> (Vec<Value>, Vec<Value>, Value, Value) {
        for order in &mut self.orders {
            order["buyer"]["email"].take();
            order["buyer"]["name"].take();
        }
        for ticket in &mut self.tickets {
            ticket["owner_email"].take();
            ticket["attendee_name"].take();
            ticket["version"].take();
        }
        (self.orders, self.tickets, self.sales, self.report)
    }
}

#[tokio::test]
async fn names_and_addresses_go_with_the_time_that_was_set_and_figures_and_tickets_stay() {
    let app = TestApp::with(keeping(30)).await;
    let office = BoxOffice::open(&app, 9).await;
    let ada = app.user("ada").await;
    let tickets = office.buy(&app, &ada, 2).await;
    app.wait_until("all is counted", async || {
        let seen = Seen::by(&office.organizer, &office).await;
        seen.report["expected"] == 2 && seen.sales["items"][0]["sold"] == 2
    })
    .await;
    let before = Seen::by(&office.organizer, &office).await;
    assert!(before.named() && before.tickets[0]["attendee_name"] == "ada");

    app.clock.advance_ms(29 * DAY_MS);
    let app = app.restart_with(keeping(30)).await;
    let organizer = again(&app, &office.organizer).await;
    assert!(Seen::by(&organizer, &office).await.named(), "not yet");

    app.clock.advance_ms(2 * DAY_MS);
    let app = app.restart_with(keeping(30)).await;
    let organizer = again(&app, &office.organizer).await;
    app.wait_until("the people are forgotten", async || {
        !Seen::by(&organizer, &office).await.named()
    })
    .await;
    let after = Seen::by(&organizer, &office).await;
    assert_eq!(after.tickets[0]["attendee_name"], Value::Null);
    assert_eq!(after.orders[0]["buyer"]["name"], "");
    assert_eq!(after.figures(), before.figures());

    // To the buyer it is still theirs, and the money can still go back.
    let ada = again(&app, &ada).await;
    let mine = items(&ada.get("/api/tickets").await.good());
    assert_eq!(mine.len(), 2);
    for ticket in &mine {
        let bought = tickets.iter().find(|it| it["serial"] == ticket["serial"]);
        assert_eq!(ticket["code"], bought.unwrap()["code"]);
    }
    let order = tickets[0]["order"].as_str().unwrap();
    let refund = format!("/api/orders/{order}/refund");
    organizer
        .post(&refund, json!({"reason": "Late."}))
        .await
        .good();
    app.wait_until("the money went back", async || {
        let order = ada.get(&format!("/api/orders/{order}")).await.good();
        order["status"] == "refunded"
    })
    .await;
}

#[tokio::test]
async fn payments_keeps_the_account_of_a_buyer_and_no_name() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let zoe = app.user("zoe").await;
    office.buy(&app, &zoe, 1).await;
    let db = Db::open(&app.folder().join("gateline.db")).unwrap();
    let rows = |sql: &'static str| {
        let db = db.clone();
        async move {
            let count = db.read(move |connection| {
                Ok(connection.query_row(sql, [], |row| row.get::<_, u32>(0))?)
            });
            count.await.unwrap()
        }
    };
    let of_payments = "SELECT count(*) FROM payments_orders WHERE document IS NOT NULL";
    let named = "SELECT count(*) FROM payments_orders WHERE document LIKE '%zoe%'";
    assert_eq!((rows(of_payments).await, rows(named).await), (1, 0));
    let named = "SELECT count(*) FROM tickets_orders WHERE doc LIKE '%zoe%'";
    assert_eq!(
        (
            rows("SELECT count(*) FROM tickets_orders").await,
            rows(named).await
        ),
        (1, 0)
    );
    let named = "SELECT count(*) FROM orders_orders WHERE document LIKE '%zoe@example.org%'";
    assert_eq!(rows(named).await, 1, "the search finds what is there");
}

#[tokio::test]
async fn where_nothing_was_set_names_stay() {
    let app = TestApp::init().await;
    let office = BoxOffice::open(&app, 9).await;
    let ada = app.user("ada").await;
    office.buy(&app, &ada, 1).await;
    app.clock.advance_ms(4000 * DAY_MS);
    let app = app.restart().await;
    let organizer = again(&app, &office.organizer).await;
    let seen = Seen::by(&organizer, &office).await;
    assert!(seen.named() && seen.tickets[0]["attendee_name"] == "ada");
}
