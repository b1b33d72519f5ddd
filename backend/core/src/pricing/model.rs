//! A ticket type's pricing: one aggregate with what it needs to know of others.

use super::{Moved, Policy};
use gateline_common::bus::{EventFacts, EventStatus, TicketTypeFacts};
use gateline_common::ids::{EventId, OrgId, TicketTypeId};
use gateline_common::pricing::{PriceFacts, PriceReason, price_now};
use gateline_common::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// The pricing of a ticket type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// The event.
    pub event: EventId,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// What is known of the type; `None` until it was heard of.
    pub facts: Option<TypeCopy>,
    /// Its policy, if it has one.
    pub policy: Option<Policy>,
    /// The price that stands in for the list price, if one does.
    pub own: Option<Money>,
    /// Why the price is what it is.
    pub reason: PriceReason,
    /// What the policy keeps.
    pub memory: Memory,
    /// Tickets that unpaid orders hold.
    pub held: u32,
    /// Tickets that were paid.
    pub sold: u32,
    /// When it is to be looked at again.
    pub look_at: Option<Timestamp>,
    /// Rises with every change.
    pub version: u64,
}

/// A ticket type, as pricing needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCopy {
    /// Its version.
    pub version: u64,
    /// The organization.
    pub org: OrgId,
    /// The list price.
    pub list: Money,
    /// How many there are.
    pub limit: u32,
    /// Sale begins.
    pub sale_starts: Option<Timestamp>,
    /// Sale ends; `None` is with the event.
    pub sale_ends: Option<Timestamp>,
    /// Gone.
    pub deleted: bool,
}

/// An event, as pricing needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCopy {
    /// The event.
    pub event: EventId,
    /// Its version.
    pub version: u64,
    /// Whether it is on.
    pub status: EventStatus,
    /// Its end.
    pub ends_at: Timestamp,
}

/// What a policy keeps from one decision to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// The window of demand that is under way.
    pub window: Option<Window>,
    /// The step of a count that was reached; 0 is none.
    pub reached: u32,
}

/// A window of demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When it began.
    pub from: Timestamp,
    /// How many had been ordered by then.
    pub ordered: u32,
    /// Where the price moved last.
    pub moved: Option<Move>,
    /// Did the window before say that it should turn?
    pub is_turning: bool,
}

/// Where a price moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// It rises.
    Up,
    /// It falls.
    Down,
}

/// One change of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The aggregate's version after it.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The price before.
    pub before: Money,
    /// The price after.
    pub after: Money,
    /// Why.
    pub reason: PriceReason,
}

/// What a decision sees, as it stands inside the writing transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The pricing of the type; an empty one if it was never heard of.
    pub priced: Priced,
    /// Its event, if it is known.
    pub event: Option<EventCopy>,
    /// What the cause of the decision moves; not in `priced` yet.
    pub moved: Moved,
}

/// A decided change, to be stored as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The pricing after it; its version is one higher.
    pub priced: Priced,
    /// For the history, if the price is another one.
    pub entry: Option<Entry>,
    /// For the bus, if others must hear of it.
    pub news: Option<PriceFacts>,
}

impl Priced {
    /// Of a type that was never heard of.
    #[must_use]
    pub fn unknown(event: EventId, ticket_type: TicketTypeId) -> Self {
        Self {
            event,
            ticket_type,
            facts: None,
            policy: None,
            own: None,
            reason: PriceReason::ListPrice,
            memory: Memory::default(),
            held: 0,
            sold: 0,
            look_at: None,
            version: 0,
        }
    }

    /// How many were ordered: paid, or held by an unpaid order.
    #[must_use]
    pub const fn ordered(&self) -> u32 {
        self.held.saturating_add(self.sold)
    }

    /// The price now; `None` while the type is not known.
    #[must_use]
    pub fn price(&self) -> Option<Money> {
        let list = self.facts.as_ref()?.list;
        Some(price_now(list, self.own))
    }

    pub(super) fn counting(mut self, moved: Moved) -> Self {
        let add = |count: u32, by: i64| {
            let sum = (i64::from(count) + by).max(0);
            u32::try_from(sum).unwrap_or(u32::MAX)
        };
        self.held = add(self.held, moved.held);
        self.sold = add(self.sold, moved.sold);
        self
    }
}

impl TypeCopy {
    /// What `facts` tell, at `version`.
    #[must_use]
    pub const fn of(facts: &TicketTypeFacts, version: u64) -> Self {
        Self {
            version,
            org: facts.org,
            list: facts.price,
            limit: facts.limit,
            sale_starts: facts.sale_starts,
            sale_ends: facts.sale_ends,
            deleted: facts.deleted,
        }
    }
}

impl EventCopy {
    /// What `facts` tell, at `version`.
    #[must_use]
    pub const fn of(facts: &EventFacts, version: u64) -> Self {
        Self {
            event: facts.event,
            version,
            status: facts.status,
            ends_at: facts.ends_at,
        }
    }
}
