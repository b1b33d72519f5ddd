//! The count of what was ordered: each order's newest standing, and the sums per
//! type, moved by the difference. The sums lie on the stripes of the event's gate,
//! which each order that counts passes, and a guarded change closes.

use crate::mongo::db::Tx;
use crate::mongo::documents::{id, state, written};
use crate::mongo::error::MongoError;
use crate::mongo::newest::{self, Replaced};
use crate::mongo::read::Read;
use crate::mongo::stripes;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::events::{Guard, OrderStanding, Stage, TypeSales};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Takes note of an order, if it is newer than what is known.
pub(super) async fn note(tx: &mut Tx, order: &OrderStanding) -> Result<(), MongoError> {
    let fields = doc! {"doc": written(order)?};
    let noted = newest::keep(tx, "orders", id(order.order.0), order.version, fields).await?;
    let Some(Replaced(known)) = noted else {
        return Ok(());
    };
    let known: Option<OrderStanding> = known.map(state).transpose()?;
    let mut moved = BTreeMap::new();
    if let Some(known) = &known {
        count(&mut moved, known, -1);
    }
    count(&mut moved, order, 1);
    for (event, counts) in moved {
        let counts = counts
            .into_iter()
            .map(|(field, by)| (field, Bson::Int64(by)))
            .collect();
        stripes::pass(tx, "sales", event, order.order.0, counts).await?;
    }
    Ok(())
}

/// By how much each counter of each event moves.
type Moved = BTreeMap<EventId, BTreeMap<String, i64>>;

fn count(moved: &mut Moved, order: &OrderStanding, sign: i64) {
    let stage = match order.stage {
        Stage::Held => "held",
        Stage::Sold => "sold",
        Stage::Refunded => "refunded",
        Stage::Gone => return,
    };
    let counters = moved.entry(order.event).or_default();
    for (ticket_type, quantity) in &order.lines {
        let counter = format!("types.{ticket_type}.{stage}");
        *counters.entry(counter).or_default() += sign * i64::from(*quantity);
    }
}

/// What was ordered of each type.
pub(super) async fn of(from: &mut impl Read, event: EventId) -> Result<Vec<TypeSales>, MongoError> {
    let of_event = doc! {"event": i64::from(event.0)};
    let found = from.all("sales", of_event, FindOptions::default());
    sums(found.await?)
}

/// Was anything ordered that the guard protects? If not, nothing is until the
/// transaction ends.
pub(super) async fn is_guarded(
    tx: &mut Tx,
    event: EventId,
    guard: Guard,
) -> Result<bool, MongoError> {
    if guard == Guard::None {
        return Ok(false);
    }
    let sales = of(tx, event).await?;
    let mut ordered = sales.iter().filter(|t| t.held + t.sold + t.refunded > 0);
    let is_guarded = ordered.any(|t| match guard {
        Guard::TypeUnsold(id) => t.ticket_type == id,
        _ => true,
    });
    if !is_guarded {
        stripes::close(tx, "sales", event).await?;
    }
    Ok(is_guarded)
}

#[derive(Deserialize)]
struct Stripe {
    #[serde(default)]
    types: BTreeMap<String, Counts>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    held: i64,
    sold: i64,
    refunded: i64,
}

fn sums(stripes: Vec<Document>) -> Result<Vec<TypeSales>, MongoError> {
    let mut sums: BTreeMap<u16, Counts> = BTreeMap::new();
    for stripe in stripes {
        let stripe: Stripe = mongodb::bson::deserialize_from_document(stripe)?;
        for (ticket_type, counts) in stripe.types {
            let ticket_type = ticket_type
                .parse()
                .map_err(|_| MongoError::Document(format!("{ticket_type} is no ticket type")))?;
            let sum = sums.entry(ticket_type).or_default();
            sum.held += counts.held;
            sum.sold += counts.sold;
            sum.refunded += counts.refunded;
        }
    }
    let whole = |count: i64| u32::try_from(count).unwrap_or(0);
    let sales = sums.into_iter().map(|(ticket_type, sum)| TypeSales {
        ticket_type: TicketTypeId(ticket_type),
        held: whole(sum.held),
        sold: whole(sum.sold),
        refunded: whole(sum.refunded),
    });
    Ok(sales.collect())
}
