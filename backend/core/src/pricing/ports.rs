//! What pricing needs from its surroundings.

use super::{Change, Entry, EventCopy, PricingError, Seen, Standing};
use crate::shared::{Commit, Consumed, Page, PageRequest, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;
use gateline_common::ids::{EventId, TicketTypeId};

/// Decides; `None` leaves the pricing as it is. May be called more than once (a
/// store that retries its transaction), so it only looks and answers.
pub type Decide = Box<dyn Fn(&Seen) -> Result<Option<Change>, PricingError> + Send + Sync>;

/// A change to be decided and stored in one transaction.
pub struct Wish {
    /// The time of the change.
    pub now: Timestamp,
    /// The bus event that causes it.
    pub consumed: Option<Consumed>,
    /// The decision.
    pub decide: Decide,
}

impl Wish {
    /// To decide by `decide` at `now`.
    pub fn new<F>(now: Timestamp, decide: F) -> Self
    where
        F: Fn(&Seen) -> Result<Option<Change>, PricingError> + Send + Sync + 'static,
    {
        Self {
            now,
            consumed: None,
            decide: Box::new(decide),
        }
    }

    /// What is stored with `changes`.
    #[must_use]
    pub fn commit<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> Commit {
        let mut commit = Commit::nothing();
        commit.consumed = self.consumed;
        for change in changes {
            let Some(news) = &change.news else { continue };
            let aggregate = format!("price:{}/{}", news.event, news.ticket_type);
            let body = BusEvent::PriceChanged(news.clone());
            commit = commit.publishing(aggregate, change.priced.version, self.now, body);
        }
        commit
    }
}

/// The pricing of ticket types, what was ordered of them, and its history.
///
/// Every writing method reads, decides and writes in one transaction, with the
/// commit of what was decided, or changes nothing. A pricing is stored on the
/// condition that it is still at the version that was decided by: whoever is
/// later decides anew.
#[async_trait]
pub trait PricingStore: Send + Sync {
    /// Decides about one type; returns it as it then stands.
    async fn change(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
        wish: Wish,
    ) -> Result<Seen, PricingError>;
    /// Takes an event's facts if they are newer than those held, and then
    /// decides about each type of it that is known.
    async fn learn_event(&self, event: &EventCopy, wish: Wish) -> Result<(), PricingError>;
    /// Takes an order's standing if it is newer than the one held, and then
    /// decides about each type of which it moves the count
    /// ([`Standing::moves`]), with what is moved.
    async fn note_order(&self, order: &Standing, wish: Wish) -> Result<(), PricingError>;
    /// One type with its event, if it was ever heard of.
    async fn find(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<Option<Seen>, StoreError>;
    /// Up to `limit` types that are to be looked at by `now`, earliest first.
    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EventId, TicketTypeId)>, StoreError>;
    /// When the next one is to be looked at.
    async fn next(&self) -> Result<Option<Timestamp>, StoreError>;
    /// The changes of a price, newest first. The position of a page is the
    /// version of its last entry.
    async fn history(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
        page: &PageRequest,
    ) -> Result<Page<Entry>, StoreError>;
}
