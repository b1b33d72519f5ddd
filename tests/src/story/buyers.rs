//! The buyers: sign up, order, pay, and look at their tickets.

use super::organizer::{number, text};
use super::{Festival, Sale};
use crate::system::{Api, retrying, wait_until};
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use std::time::Duration;

const TRIES: usize = 5;
const TICKETS_DEADLINE: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 8;

/// What one buyer wants.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) event: u64,
    /// Ticket types and how many of each.
    pub(super) lines: Vec<(u64, u32)>,
}

/// The wishes of `buyers` people: everybody a Standard ticket or two, some VIP,
/// some a Late pass, and two who (also) go to the Winter Ball.
pub(super) fn wishes(festival: &Festival, buyers: usize) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = (0..buyers)
        .map(|index| {
            let mut lines = vec![(festival.standard, 1 + (index % 2) as u32)];
            match index % 4 {
                1 => lines.push((festival.vip, 1)),
                3 => lines.push((festival.late, 1)),
                _ => {}
            }
            Wish {
                name: format!("Buyer {:02}", index + 1),
                event: festival.event,
                lines,
            }
        })
        .collect();
    for index in 0..2 {
        wishes.push(Wish {
            name: format!("Dancer {:02}", index + 1),
            event: festival.other_event,
            lines: vec![(festival.other_type, 1)],
        });
    }
    wishes
}

/// Everybody buys, several at once.
pub(super) async fn buy_all(api: &Api, wishes: &[Wish]) -> Result<Vec<Sale>> {
    let sales: Vec<Vec<Sale>> = stream::iter(wishes)
        .map(|wish| async move {
            buy(api.anonymous(), wish)
                .await
                .with_context(|| format!("{} could not buy", wish.name))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(sales.concat())
}

async fn buy(mut api: Api, wish: &Wish) -> Result<Vec<Sale>> {
    let mailbox = wish.name.replace(' ', ".").to_lowercase();
    api.sign_up(&wish.name, &format!("{mailbox}@guests.example"))
        .await?;
    let lines: Vec<_> = wish
        .lines
        .iter()
        .map(|(ticket_type, quantity)| json!({"ticket_type": ticket_type, "quantity": quantity}))
        .collect();
    let order = json!({"event": wish.event, "lines": lines});
    // The event reaches the order service over the bus: a moment may pass.
    let order = wait_until(
        "the sale to open",
        TICKETS_DEADLINE,
        async || match retrying(TRIES, || api.post_once("/api/orders", "order", &order)).await {
            Ok(order) => Ok(Some(order)),
            Err(error) if error.to_string().contains("not_found") => Ok(None),
            Err(error) => Err(error),
        },
    )
    .await?;
    let order = text(&order, "id")?;
    let payment = json!({"order": order, "method": {"test": "pays"}});
    wait_until(
        "the order to be payable",
        TICKETS_DEADLINE,
        async || match retrying(TRIES, || {
            api.post_once("/api/payments", "payment", &payment)
        })
        .await
        {
            Ok(payment) => Ok(Some(payment)),
            Err(error) if error.to_string().contains("not_found") => Ok(None),
            Err(error) => Err(error),
        },
    )
    .await?;
    let quantity: u32 = wish.lines.iter().map(|(_, quantity)| quantity).sum();
    let tickets = wait_until("the tickets", TICKETS_DEADLINE, async || {
        let list = api.get("/api/tickets?limit=200").await?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        Ok((items.len() >= quantity as usize).then_some(items))
    })
    .await?;
    tickets
        .iter()
        .map(|ticket| {
            Ok(Sale {
                buyer: wish.name.clone(),
                event: number(ticket, "event")?,
                ticket_type: number(ticket, "ticket_type")?,
                serial: text(ticket, "serial")?,
                code: text(ticket, "code")?,
            })
        })
        .collect()
}
