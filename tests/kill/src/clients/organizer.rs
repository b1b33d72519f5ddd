//! The organizer: changes limits, stops tickets, pays orders back.

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
            match self.rng.below(10) {
                0..=3 => self.change_limit().await?,
                4..=6 => self.act_on_ticket().await?,
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
