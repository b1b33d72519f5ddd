//! A buyer: orders, pays in every way that the test gateway knows, gives up, and
//! looks at the tickets.

use super::ask::{Person, Request};
use super::journal::{Answer, Kind};
use super::pool::Pool;
use crate::places::Place;
use anyhow::Result;
use gateline_tests::seed::Rng;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a buyer waits for the server to hear of an order, or for its tickets.
const PATIENCE: Duration = Duration::from_secs(3);

/// One buyer.
#[derive(Debug)]
pub struct Buyer {
    /// Asks and writes down.
    pub person: Person,
    /// The name, which also makes the keys unique.
    pub name: String,
    /// What it chooses by.
    pub rng: Rng,
    /// The event.
    pub event: u64,
    /// The ticket types.
    pub types: Vec<u64>,
    /// Where tickets go.
    pub pool: Pool,
    /// Requests so far.
    pub requests: u64,
}

impl Buyer {
    /// Buys until it is told to end.
    ///
    /// # Errors
    /// When the server does not answer for very long.
    pub async fn run(mut self) -> Result<()> {
        while self.person.may_begin().await {
            if let Some(order) = self.place().await? {
                self.go_on_with(&order).await?;
            }
            let pause = Duration::from_millis(self.rng.below(30) as u64);
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    fn key(&mut self) -> String {
        self.requests += 1;
        format!("{}-{}", self.name, self.requests)
    }

    async fn place(&mut self) -> Result<Option<Value>> {
        let first = *self.rng.pick(&self.types);
        let second = *self.rng.pick(&self.types);
        let mut lines = vec![json!({"ticket_type": first, "quantity": 1 + self.rng.below(3)})];
        if second != first && self.rng.chance(40) {
            lines.push(json!({"ticket_type": second, "quantity": 1}));
        }
        let body = json!({"event": self.event, "lines": lines});
        let key = self.key();
        let asked = json!({"key": key, "body": body});
        let answer = self
            .person
            .ask(
                Kind::Place,
                Place::Placing,
                &asked,
                &Request::PostOnce("/api/orders".into(), key.clone(), body.clone()),
            )
            .await?;
        Ok(match answer {
            Answer::Said(order) => Some(order),
            _ => None,
        })
    }

    async fn go_on_with(&mut self, order: &Value) -> Result<()> {
        let id = order["id"].as_str().unwrap_or_default().to_owned();
        if order["status"] == "completed" {
            return self.collect(&id).await;
        }
        match self.rng.below(100) {
            0..=9 => self.cancel(&id).await,
            10..=17 => Ok(()),
            _ => {
                self.pay(&id).await?;
                match self.rng.below(10) {
                    0 => self.cancel(&id).await,
                    1 => self.pay(&id).await,
                    _ => self.collect(&id).await,
                }
            }
        }
    }

    async fn pay(&mut self, order: &str) -> Result<()> {
        let method = match self.rng.below(20) {
            0 | 1 => "pays_late",
            2 | 3 => "pays_twice",
            4 => "never_pays",
            5 => "declines",
            _ => "pays",
        };
        let body = json!({"order": order, "method": {"test": method}});
        let (key, start) = (self.key(), Instant::now());
        let asked = json!({"key": key, "body": body});
        loop {
            let answer = self
                .person
                .ask(
                    Kind::Pay,
                    Place::Paying,
                    &asked,
                    &Request::PostOnce("/api/payments".into(), key.clone(), body.clone()),
                )
                .await?;
            let not_yet = matches!(&answer, Answer::Refused { status: 404, .. });
            if !not_yet || start.elapsed() > PATIENCE {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn cancel(&mut self, order: &str) -> Result<()> {
        let path = format!("/api/orders/{order}/cancel");
        let asked = json!({"order": order});
        self.person
            .ask(
                Kind::Cancel,
                Place::Cancelling,
                &asked,
                &Request::Post(path.clone(), Value::Null),
            )
            .await?;
        Ok(())
    }

    /// Looks for the order's tickets for a while.
    async fn collect(&mut self, order: &str) -> Result<()> {
        let path = format!("/api/tickets?order={order}&limit=200");
        let start = Instant::now();
        let patience = PATIENCE.mul_f64(self.rng.below(10) as f64 / 10.0);
        loop {
            let asked = json!({"order": order});
            let answer = self
                .person
                .ask(
                    Kind::Tickets,
                    Place::Looking,
                    &asked,
                    &Request::Get(path.clone()),
                )
                .await?;
            if let Answer::Said(page) = answer
                && let Some(items) = page["items"].as_array()
                && !items.is_empty()
            {
                for item in items {
                    let text = |name: &str| item[name].as_str().unwrap_or_default();
                    self.pool.add(order, text("serial"), text("code"));
                }
                return Ok(());
            }
            if start.elapsed() >= patience {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
