//! The organizer: changes limits and prices, stops tickets, pays orders back.

use super::ask::{Person, Request};
use super::journal::Kind;
use super::pool::Pool;
use crate::places::Place;
use anyhow::Result;
use gateline_tests::seed::Rng;
use serde_json::{Value, json};
use std::time::Duration;

/// The organizer at work.
#[derive(Debug)]
pub struct Organizer {
    /// Asks and writes down.
    pub person: Person,
    /// What it chooses by.
    pub rng: Rng,
    /// The event.
    pub event: u64,
    /// The ticket types with the limits that they have.
    pub limits: Vec<(u64, i64)>,
    /// Their list prices, in the smallest unit of the currency.
    pub list_prices: Vec<(u64, i64)>,
    /// The tickets that were sold.
    pub pool: Pool,
}

impl Organizer {
    /// Works until told to end.
    ///
    /// # Errors
    /// When the server does not answer for very long.
    pub async fn run(mut self) -> Result<()> {
        while self.person.may_begin().await {
            match self.rng.below(12) {
                0..=3 => self.change_limit().await?,
                4..=6 => self.act_on_ticket().await?,
                7 | 8 => self.change_price().await?,
                _ => self.refund().await?,
            }
            let pause = Duration::from_millis(40 + self.rng.below(160) as u64);
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// The first type's limit only ever rises, the others' falls now and then.
    async fn change_limit(&mut self) -> Result<()> {
        let index = self.rng.below(self.limits.len());
        let falls = index > 0 && self.rng.chance(30);
        let (ticket_type, limit) = &mut self.limits[index];
        let by = 1 + self.rng.below(6) as i64;
        *limit = (*limit + if falls { -by } else { by }).max(1);
        let (path, body) = (
            format!("/api/events/{}/ticket-types/{ticket_type}", self.event),
            json!({"limit": *limit}),
        );
        let asked = json!({"ticket_type": *ticket_type, "limit": *limit});
        self.person
            .ask(
                Kind::Limit,
                Place::Changing,
                &asked,
                &Request::Patch(path.clone(), body.clone()),
            )
            .await?;
        Ok(())
    }

    /// Prices a type by the number of tickets that are ordered, or at its list price.
    async fn change_price(&mut self) -> Result<()> {
        let (ticket_type, list) = *self.rng.pick(&self.list_prices);
        if list == 0 {
            return Ok(());
        }
        let mut from = 0;
        let mut step = || {
            from += 1 + self.rng.below(12);
            let minor = list + 100 * self.rng.below(20) as i64;
            json!({"from": from, "price": {"minor": minor, "currency": "EUR"}})
        };
        let steps = json!([step(), step(), step()]);
        let body = if self.rng.chance(80) {
            json!({"kind": "count_steps", "steps": steps})
        } else {
            json!({"kind": "fixed"})
        };
        let path = format!("/api/pricing/{}/{ticket_type}", self.event);
        let asked = json!({"ticket_type": ticket_type, "policy": body});
        self.person
            .ask(
                Kind::Policy,
                Place::Changing,
                &asked,
                &Request::Put(path.clone(), body.clone()),
            )
            .await?;
        Ok(())
    }

    async fn act_on_ticket(&mut self) -> Result<()> {
        let Some(ticket) = self.pool.any(&mut self.rng) else {
            return Ok(());
        };
        let action = *self.rng.pick(&["block", "unblock", "unblock", "cancel"]);
        let path = format!("/api/tickets/{}/{}/{action}", self.event, ticket.serial);
        let asked = json!({"serial": ticket.serial, "action": action});
        self.person
            .ask(
                Kind::Ticket,
                Place::Changing,
                &asked,
                &Request::Post(path.clone(), Value::Null),
            )
            .await?;
        Ok(())
    }

    async fn refund(&mut self) -> Result<()> {
        let Some(ticket) = self.pool.any(&mut self.rng) else {
            return Ok(());
        };
        let path = format!("/api/orders/{}/refund", ticket.order);
        let body = json!({"reason": "The organizer changed its mind."});
        let asked = json!({"order": ticket.order});
        self.person
            .ask(
                Kind::Refund,
                Place::Refunding,
                &asked,
                &Request::Post(path.clone(), body.clone()),
            )
            .await?;
        Ok(())
    }
}
