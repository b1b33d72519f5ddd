//! What orders needs from its surroundings.

use super::{Change, Offer, OfferPrice, OnSale, Order, OrderError, Stock};
use crate::shared::{Commit, Consumed, IdempotencyKey, Page, PageRequest, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, OrderStatus};
use gateline_common::ids::{EventId, OrderId, PaymentId, TicketTypeId, UserId};
use serde::{Deserialize, Serialize};

/// What a decision sees, as it stands inside the writing transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The order; `None` while it is being placed.
    pub order: Option<Order>,
    /// Its event, if it is known.
    pub event: Option<OnSale>,
    /// Those of the wished-for types that are known.
    pub offers: Vec<Offer>,
}

/// Decides; `None` leaves the order as it is. May be called more than once (a
/// store that retries its transaction), so it only looks and answers.
pub type Decide = Box<dyn Fn(&View) -> Result<Option<Change>, OrderError> + Send + Sync>;

/// A change to be decided and stored in one transaction.
pub struct Wish {
    /// The time of the change.
    pub now: Timestamp,
    /// Ticket types that the decision wants to see.
    pub types: Vec<TicketTypeId>,
    /// The request's idempotency key.
    pub key: Option<IdempotencyKey>,
    /// The bus event that causes the change.
    pub consumed: Option<Consumed>,
    /// The decision.
    pub decide: Decide,
}

impl Wish {
    /// To decide by `decide` at `now`.
    pub fn new<F>(now: Timestamp, decide: F) -> Self
    where
        F: Fn(&View) -> Result<Option<Change>, OrderError> + Send + Sync + 'static,
    {
        Self {
            now,
            types: Vec::new(),
            key: None,
            consumed: None,
            decide: Box::new(decide),
        }
    }

    /// What is stored with `change` (or with nothing).
    ///
    /// # Errors
    /// When the order has no JSON form.
    pub fn commit(&self, change: Option<&Change>) -> Result<Commit, StoreError> {
        let mut commit = Commit::nothing();
        commit.consumed = self.consumed;
        let Some(change) = change else {
            return Ok(commit);
        };
        for event in &change.events {
            let (aggregate, version) = match event {
                BusEvent::RefundRequested(facts) => (format!("refund:{}", facts.refund), 1),
                BusEvent::OrderCalledOff { order, .. } => {
                    (format!("called_off:{}", order.order), 1)
                }
                _ => (format!("order:{}", change.order.id), change.order.version),
            };
            commit = commit.publishing(aggregate, version, self.now, event.clone());
        }
        if let Some(key) = &self.key {
            commit = commit.answering(Some(key.answer(&change.order, self.now)?));
        }
        Ok(commit)
    }
}

/// Which orders a list holds; all that is `Some` must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderFilter<'a> {
    /// Of this buyer.
    pub buyer: Option<UserId>,
    /// Of this event.
    pub event: Option<EventId>,
    /// In this state.
    pub status: Option<OrderStatus>,
    /// With this short code.
    pub code: Option<&'a str>,
}

/// What an event sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The event.
    pub event: OnSale,
    /// Its types with their stock, by type id.
    pub offers: Vec<(Offer, Stock)>,
}

/// Orders, stock, and the local copy of what is on sale.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// Places an order of `event`: decides inside one writing transaction and
    /// stores order, stock and commit as a whole or not at all.
    ///
    /// A key that was answered before is `AlreadyAnswered` before anything is
    /// decided. A move that would take `held + sold` above the limit is
    /// `SoldOut`, or the change's `instead` is stored. A short code that another
    /// order has is `CodeTaken`. Concurrent placing never oversells and never
    /// conflicts.
    async fn place(&self, event: EventId, wish: Wish) -> Result<Order, OrderError>;
    /// Changes an order in the same way, and returns it as it then stands. An
    /// unknown order is `NotFound`. A decision for `None` stores only the
    /// consumption mark.
    async fn change(&self, order: OrderId, wish: Wish) -> Result<Order, OrderError>;
    /// Takes an event's facts if `version` is higher than the one held. One that
    /// is thereby first known as cancelled has its orders `called_off`.
    async fn learn_event(
        &self,
        event: &OnSale,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Takes a type's facts if `version` is higher than the one held. Of the
    /// stock it sets the limit and nothing else.
    async fn learn_offer(
        &self,
        offer: &Offer,
        limit: u32,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Takes the price that pricing gave a type if `version` is higher than that
    /// of the one held; it is told with the type's offer from then on. The
    /// versions of the type and of its price have nothing to do with each other,
    /// and either may come first.
    async fn learn_price(
        &self,
        price: &OfferPrice,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// A cancelled event whose orders were not all gone through.
    async fn called_off(&self) -> Result<Option<EventId>, StoreError>;
    /// Goes through up to `limit` further orders of such an event, each decided
    /// and stored as by `change`, all in one transaction with how far it has
    /// come. Every order that was there when the event became known as cancelled
    /// has its turn once.
    async fn call_off(&self, event: EventId, limit: u32, wish: Wish) -> Result<(), StoreError>;
    /// One order.
    async fn find(&self, order: OrderId) -> Result<Option<Order>, StoreError>;
    /// Orders, newest first.
    async fn list(
        &self,
        filter: OrderFilter<'_>,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError>;
    /// What `event` sells, deleted types left out.
    async fn sale(&self, event: EventId) -> Result<Option<Sale>, StoreError>;
}

/// What orders asks of the charges before it gives an unpaid order up.
#[async_trait]
pub trait Charges: Send + Sync {
    /// Charges of `order` that have succeeded or whose outcome nobody knows
    /// yet. Ones that the gateway reports as open are not among them.
    async fn taken(&self, order: OrderId) -> Result<Vec<PaymentId>, StoreError>;
    /// From now on no charge of `order` begins for a deadline up to `due`;
    /// returns what `taken` says. Both happen at one moment: a charge that
    /// began before is among them, one that comes after is refused.
    async fn close(&self, order: OrderId, due: Timestamp) -> Result<Vec<PaymentId>, StoreError>;
}
