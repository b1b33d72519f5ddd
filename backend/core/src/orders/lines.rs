//! The lines of an order: what may be ordered now, and what it costs.

use super::{Offer, OnSale, Order, OrderError, StockMove, View};
use gateline_common::bus::{EventStatus, OrderLine};
use gateline_common::ids::TicketTypeId;
use gateline_common::{Money, Timestamp};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

const MOST_LINES: usize = 50;

/// How many of which type somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The type.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: u32,
    /// What the buyer believes that one costs; `None` takes it as it is.
    pub expected_price: Option<Money>,
}

/// Lines of the same type made one, in order of type.
pub(super) fn merged(wanted: &[Wanted]) -> Result<Vec<Wanted>, OrderError> {
    if wanted.is_empty() {
        return Err(OrderError::field("lines", "order at least one ticket"));
    }
    if wanted.len() > MOST_LINES {
        return Err(OrderError::field(
            "lines",
            format!("an order has at most {MOST_LINES} lines"),
        ));
    }
    let mut merged: BTreeMap<TicketTypeId, Wanted> = BTreeMap::new();
    for line in wanted {
        if line.quantity == 0 {
            return Err(OrderError::field("lines", "a quantity is at least 1"));
        }
        match merged.entry(line.ticket_type) {
            Entry::Vacant(entry) => {
                entry.insert(*line);
            }
            Entry::Occupied(mut entry) => {
                let sum = entry.get_mut();
                sum.quantity = sum.quantity.saturating_add(line.quantity);
                sum.expected_price = agreed(sum.expected_price, line.expected_price)?;
            }
        }
    }
    Ok(merged.into_values().collect())
}

fn agreed(one: Option<Money>, other: Option<Money>) -> Result<Option<Money>, OrderError> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            let message = "two lines of one type expect different prices";
            Err(OrderError::field("lines", message))
        }
        _ => Ok(one.or(other)),
    }
}

/// The lines that `wanted` (merged) makes at `now`, with their sum. What `had`
/// already holds keeps its price, and may shrink after its sale is over. Nobody
/// pays another price than they expect.
pub(super) fn priced(
    wanted: &[Wanted],
    view: &View,
    had: &[OrderLine],
    now: Timestamp,
) -> Result<(Vec<OrderLine>, Money), OrderError> {
    let mut lines = Vec::with_capacity(wanted.len());
    for want in wanted {
        let before = had.iter().find(|line| line.ticket_type == want.ticket_type);
        let kept = before.filter(|line| want.quantity <= line.quantity);
        let line = if let Some(line) = kept {
            OrderLine {
                quantity: want.quantity,
                ..line.clone()
            }
        } else {
            let offer = sellable(want, view, now)?;
            OrderLine {
                ticket_type: want.ticket_type,
                name: offer.name.clone(),
                quantity: want.quantity,
                unit_price: before.map_or(offer.price_now(), |line| line.unit_price),
            }
        };
        if want.expected_price.is_some_and(|it| it != line.unit_price) {
            return Err(OrderError::PriceChanged(want.ticket_type, line.unit_price));
        }
        lines.push(line);
    }
    let total = total(&lines)?;
    Ok((lines, total))
}

fn sellable<'a>(want: &Wanted, view: &'a View, now: Timestamp) -> Result<&'a Offer, OrderError> {
    let event = view.event.as_ref().ok_or(OrderError::NotFound)?;
    match event.status {
        EventStatus::Published => {}
        EventStatus::Draft | EventStatus::Deleted => return Err(OrderError::NotFound),
        EventStatus::Cancelled => return Err(OrderError::NotOnSale("the event is called off")),
    }
    let offer = view
        .offers
        .iter()
        .find(|offer| offer.ticket_type == want.ticket_type && !offer.deleted)
        .ok_or(OrderError::UnknownType(want.ticket_type))?;
    sale_open(event, offer, now)?;
    if want.quantity > offer.max_per_order {
        return Err(OrderError::field(
            "lines",
            format!(
                "an order holds at most {} of \"{}\"",
                offer.max_per_order, offer.name
            ),
        ));
    }
    Ok(offer)
}

fn sale_open(event: &OnSale, offer: &Offer, now: Timestamp) -> Result<(), OrderError> {
    if offer.sale_starts.is_some_and(|starts| now < starts) {
        return Err(OrderError::NotOnSale("the sale has not begun"));
    }
    if now >= offer.sale_ends.unwrap_or(event.ends_at) || now >= event.ends_at {
        return Err(OrderError::NotOnSale("the sale is over"));
    }
    Ok(())
}

/// Is `offer` on sale at `now`, whatever its stock?
#[must_use]
pub fn is_open(event: &OnSale, offer: &Offer, now: Timestamp) -> bool {
    let on = event.status == EventStatus::Published && !offer.deleted;
    on && sale_open(event, offer, now).is_ok()
}

fn total(lines: &[OrderLine]) -> Result<Money, OrderError> {
    let too_much = || OrderError::field("lines", "the sum is too large");
    let mut total: Option<Money> = None;
    for line in lines {
        let sum = line
            .unit_price
            .checked_mul(line.quantity)
            .ok_or_else(too_much)?;
        total = Some(match total {
            None => sum,
            Some(so_far) if so_far.currency != sum.currency => {
                let message = "one order is in one currency: order these types apart";
                return Err(OrderError::field("lines", message));
            }
            Some(so_far) => so_far.checked_add(sum).ok_or_else(too_much)?,
        });
    }
    match total {
        Some(total) if total.minor >= 0 => Ok(total),
        Some(_) => Err(OrderError::field("lines", "the sum is below zero")),
        None => Err(OrderError::field("lines", "order at least one ticket")),
    }
}

/// What the stock must do so that `order` holds `lines` instead of its own.
pub(super) fn difference(order: &Order, lines: &[OrderLine]) -> Vec<StockMove> {
    let mut held: BTreeMap<TicketTypeId, i64> = BTreeMap::new();
    for line in lines {
        *held.entry(line.ticket_type).or_default() += i64::from(line.quantity);
    }
    for line in &order.lines {
        *held.entry(line.ticket_type).or_default() -= i64::from(line.quantity);
    }
    let moves = held.into_iter().filter(|(_, held)| *held != 0);
    moves
        .map(|(ticket_type, held)| StockMove {
            ticket_type,
            held,
            sold: 0,
        })
        .collect()
}
