//! What pricing tells others: the price of a ticket type, and why it is what it
//! is. Who sells or shows a ticket type goes by the newest of these.

use crate::ids::{EventId, OrgId, TicketTypeId};
use crate::money::Money;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The price of a ticket type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFacts {
    /// The event.
    pub event: EventId,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// The organization.
    pub org: OrgId,
    /// Price of one from now on.
    pub price: Money,
    /// Is it the list price? Then it follows the ticket type's own from now on.
    pub is_list_price: bool,
    /// Why.
    pub reason: PriceReason,
}

impl PriceFacts {
    /// The price that stands in for the type's own; `None` is the type's own.
    #[must_use]
    pub fn own_price(&self) -> Option<Money> {
        (!self.is_list_price).then_some(self.price)
    }
}

/// The price of a type whose list price is `list` and whose pricing said `own`.
/// A price in another currency is from before the type changed its own.
#[must_use]
pub fn price_now(list: Money, own: Option<Money>) -> Money {
    own.filter(|own| own.currency == list.currency)
        .unwrap_or(list)
}

/// Which rule made a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum PriceReason {
    /// There is no policy, its first step is not reached, or it keeps to the
    /// list price.
    ListPrice,
    /// The list price is in another currency than the policy, which is set
    /// aside.
    OtherCurrency,
    /// The step of a date is reached.
    DateStep {
        /// From then on.
        from: Timestamp,
    },
    /// The step of a count is reached (or left, if `from` is lower than before).
    CountStep {
        /// From so many tickets on.
        from: u32,
        /// So many were ordered.
        ordered: u32,
    },
    /// A policy of demand was set: it begins within its floor and ceiling.
    DemandBegins,
    /// More was ordered in a window than was to be, or less.
    Demand {
        /// The window began.
        from: Timestamp,
        /// It ended.
        until: Timestamp,
        /// Tickets ordered in it, less those that came back.
        ordered: i64,
        /// Tickets that were to be ordered in it, in hundredths.
        expected_hundredths: u64,
        /// Tickets ordered by its end, in all.
        ordered_in_all: u32,
        /// Tickets that there are.
        limit: u32,
    },
}

impl PriceReason {
    /// The name of the variant, as metrics have it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ListPrice => "list_price",
            Self::OtherCurrency => "other_currency",
            Self::DateStep { .. } => "date_step",
            Self::CountStep { .. } => "count_step",
            Self::DemandBegins => "demand_begins",
            Self::Demand { .. } => "demand",
        }
    }
}
