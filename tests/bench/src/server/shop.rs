//! A server that sells: one event, with one ticket type that everybody wants or
//! with many, and buyers who are signed in.

use super::connection::{Connection, json, request};
use crate::context::Context;
use anyhow::{Context as _, Result, ensure};
use gateline_scanner::clock::{Clock, SystemClock};
use gateline_tests::system::{Api, Form, Shop as Backend, wait_until};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);
const LIMIT: u32 = 10_000_000;
const DAY_MS: i64 = 86_400_000;

/// The server and its sale.
pub(super) struct Shop {
    backend: Backend,
    organizer: Api,
    /// The event.
    pub(super) event: u64,
    /// What it sells.
    types: Vec<u64>,
    /// The buyers' tokens.
    buyers: Vec<String>,
}

impl Shop {
    /// Opens one in the folder `data` with so many ticket types and buyers.
    pub(super) async fn open(
        context: &Context,
        data: &Path,
        types: usize,
        buyers: usize,
    ) -> Result<Self> {
        let backend = Backend::open(&context.binaries, data, Form::Embedded).await?;
        Self::of(backend, types, buyers).await
    }

    /// One in a backend of either form.
    pub(super) async fn of(backend: Backend, types: usize, buyers: usize) -> Result<Self> {
        let mut organizer = backend.api()?;
        organizer
            .sign_up("Olga Organizer", "olga@harbour.example")
            .await?;
        let (event, types) = set_up(&mut organizer, types).await?;
        let mut tokens = Vec::new();
        for n in 0..buyers {
            let mut buyer = backend.api()?;
            let email = format!("buyer{n}@guests.example");
            buyer.sign_up(&format!("Buyer {n}"), &email).await?;
            tokens.push(buyer.token().context("a token")?.to_owned());
        }
        let shop = Self {
            backend,
            organizer,
            event,
            types,
            buyers: tokens,
        };
        shop.wait_for_sale().await?;
        Ok(shop)
    }

    /// The event reaches the order service over the bus.
    async fn wait_for_sale(&self) -> Result<()> {
        let wanted = self.types.len();
        wait_until("the sale to open", DEADLINE, async || {
            let sale = self.availability().await.ok();
            let open = sale
                .as_ref()
                .and_then(|sale| sale["ticket_types"].as_array());
            Ok(open.filter(|open| open.len() == wanted).map(drop))
        })
        .await
    }

    async fn availability(&self) -> Result<Value> {
        let path = format!("/api/orders/availability?event={}", self.event);
        self.organizer.get(&path).await
    }

    /// Tickets that are held and sold, of all types together.
    pub(super) async fn taken(&self) -> Result<u64> {
        let sale = self.availability().await?;
        let types = sale["ticket_types"].as_array().context("ticket types")?;
        let taken = |of: &Value| Some(of["held"].as_u64()? + of["sold"].as_u64()?);
        let taken: Option<u64> = types.iter().map(taken).sum();
        taken.context("held and sold")
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Result<SocketAddr> {
        let url = self.organizer.base();
        Ok(url.trim_start_matches("http://").parse()?)
    }

    /// The process of an embedded one.
    pub(super) fn process(&self) -> Result<u32> {
        let processes = self.backend.processes();
        processes.first().copied().context("the server runs")
    }

    /// The processes of all services.
    pub(super) fn processes(&self) -> Vec<u32> {
        self.backend.processes()
    }

    /// What stands before them.
    pub(super) fn proxy(&self) -> Option<u32> {
        self.backend.proxy()
    }

    /// The organizer's token.
    pub(super) fn organizer(&self) -> Result<&str> {
        self.organizer.token().context("a token")
    }

    /// The buyers, each with a connection.
    pub(super) async fn buyers(&self) -> Result<Vec<Buyer>> {
        let mut buyers = Vec::new();
        for token in &self.buyers {
            buyers.push(Buyer {
                connection: Connection::to(self.address()?).await?,
                token: token.clone(),
                event: self.event,
                types: self.types.clone(),
            });
        }
        Ok(buyers)
    }
}

async fn set_up(organizer: &mut Api, types: usize) -> Result<(u64, Vec<u64>)> {
    let founded = organizer
        .post("/api/organizations", &json!({"name": "Harbour Events"}))
        .await?;
    organizer.take_token(&founded)?;
    let now = SystemClock::default().now();
    let event = json!({
        "org": founded["organization"]["id"], "title": "Harbour Lights", "category": "festival",
        "description": "Two stages, one harbour, and lights until midnight.",
        "online_url": "https://harbour.example/lights", "timezone": "Europe/Berlin",
        "starts_at": now.0 + DAY_MS, "ends_at": now.0 + 2 * DAY_MS,
        "gates": [{"id": 1, "name": "North gate"}, {"id": 2, "name": "South gate"}],
    });
    let event = organizer.post("/api/events", &event).await?;
    let event = event["id"].as_u64().context("an event's id")?;
    let mut ids = Vec::new();
    for n in 0..types {
        let body = json!({
            "name": format!("Day {}", n + 1), "price": {"minor": 3_900, "currency": "EUR"},
            "limit": LIMIT, "max_per_order": 4,
        });
        let path = format!("/api/events/{event}/ticket-types");
        let made = organizer.post(&path, &body).await?;
        ids.push(made["id"].as_u64().context("a ticket type's id")?);
    }
    let path = format!("/api/events/{event}/publish");
    organizer.post(&path, &json!({})).await?;
    Ok((event, ids))
}

/// A buyer.
pub(super) struct Buyer {
    pub(super) connection: Connection,
    token: String,
    event: u64,
    types: Vec<u64>,
}

impl Buyer {
    /// Orders one ticket, of the type whose turn it is at `n`; a repetition
    /// would get the same order. Answers the order's id.
    pub(super) async fn order(&mut self, n: u64) -> Result<String> {
        let turn = usize::try_from(n)? % self.types.len();
        let body = format!(
            r#"{{"event":{},"lines":[{{"ticket_type":{},"quantity":1}}]}}"#,
            self.event, self.types[turn]
        );
        let key = format!("idempotency-key: order-{n}");
        let order = self.post("/api/orders", key, &body).await?;
        id_of(order)
    }

    /// Pays an order with the test gateway.
    pub(super) async fn pay(&mut self, order: &str) -> Result<()> {
        let body = format!(r#"{{"order":"{order}","method":{{"test":"pays"}}}}"#);
        let key = format!("idempotency-key: pay-{order}");
        let payment = self.post("/api/payments", key, &body).await?;
        let paid = contains(payment, br#""status":"succeeded""#);
        ensure!(paid, "not paid: {}", String::from_utf8_lossy(payment));
        Ok(())
    }

    /// How many tickets of an order are there?
    pub(super) async fn tickets(&mut self, order: &str) -> Result<usize> {
        let path = format!("/api/tickets?order={order}");
        let asked = request("GET", &path, Some(&self.token), &[], b"");
        let page: Value = serde_json::from_slice(self.connection.succeed(&asked).await?)?;
        Ok(page["items"].as_array().map_or(0, Vec::len))
    }

    async fn post(&mut self, path: &str, key: String, body: &str) -> Result<&[u8]> {
        let headers = [json(), key];
        let asked = request("POST", path, Some(&self.token), &headers, body.as_bytes());
        self.connection.succeed(&asked).await
    }
}

/// The `id` that an object begins with, without reading all of it.
fn id_of(object: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(object)?;
    let id = text.strip_prefix(r#"{"id":""#);
    let id = id.and_then(|rest| rest.split_once('"'));
    Ok(id.with_context(|| format!("no id: {text}"))?.0.to_owned())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
