//! The price, as a pure function.

use super::{Memory, Policy, demand, steps};
use gateline_common::pricing::PriceReason;
use gateline_common::{Money, Timestamp};

/// What a policy decides by, beside its own memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// The list price.
    pub list: Money,
    /// How many there are.
    pub limit: u32,
    /// How many were ordered: paid, or held by an unpaid order.
    pub ordered: u32,
    /// Can it be ordered now, as far as times and the event go?
    pub is_open: bool,
    /// When the sale begins, if that is known.
    pub opens: Option<Timestamp>,
    /// When it ends.
    pub ends: Timestamp,
}

/// Where the price stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// It.
    pub price: Money,
    /// What its policy keeps.
    pub memory: Memory,
}

/// What the price is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// It.
    pub price: Money,
    /// Is it the list price, and follows it?
    pub is_list: bool,
    /// Why; `None`: it stays, for the reason that it had.
    pub reason: Option<PriceReason>,
    /// What the policy keeps.
    pub memory: Memory,
    /// When it can be another one without anything being ordered.
    pub look_at: Option<Timestamp>,
}

impl Decision {
    pub(super) fn list(market: &Market, reason: PriceReason) -> Self {
        Self {
            price: market.list,
            is_list: true,
            reason: Some(reason),
            memory: Memory::default(),
            look_at: None,
        }
    }
}

/// The price that `policy` makes at `now`; without one, the list price.
#[must_use]
pub fn price(
    policy: Option<&Policy>,
    market: &Market,
    current: &Current,
    now: Timestamp,
) -> Decision {
    let Some(policy) = policy else {
        return Decision::list(market, PriceReason::ListPrice);
    };
    let currency = policy.currency();
    if currency.is_some_and(|currency| currency != market.list.currency) {
        return Decision::list(market, PriceReason::OtherCurrency);
    }
    match policy {
        Policy::Fixed {} => Decision::list(market, PriceReason::ListPrice),
        Policy::DateSteps { steps } => steps::by_date(steps, market, now),
        Policy::CountSteps { steps } => steps::by_count(steps, market, current),
        Policy::Demand(policy) => demand::decide(policy, market, current, now),
    }
}
