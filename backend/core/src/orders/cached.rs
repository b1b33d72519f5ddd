//! What is on sale, read through a cache that instances share. Embedded there is
//! none: the store answers.
//!
//! Always true: nothing is decided by what the cache says; stock is taken in the
//! store. What an instance has changed it no longer reads from the cache, once
//! the change has returned. Others see it at the latest when the entry's time is
//! over, a second or two.

use super::{Offer, OfferPrice, OnSale, Order, OrderError, OrderFilter, OrderStore, Sale, Wish};
use crate::shared::{Commit, ConsumeError, Handler, Page, PageRequest, StoreError};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope};
use gateline_common::ids::{EventId, OrderId};
use std::sync::Arc;

/// The right to fill an entry, as long as it is not forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease(pub String);

/// The cache.
#[async_trait]
pub trait SaleCache: Send + Sync {
    /// What `event` sells, as somebody read it lately; otherwise a lease to read
    /// it and to say so. Where there is no cache, neither.
    async fn find(&self, event: EventId) -> Result<Sale, Option<Lease>>;
    /// Keeps what was read after the lease was given, for a short time; not if
    /// the entry was forgotten since.
    async fn keep(&self, event: EventId, sale: &Sale, lease: Lease);
    /// Something of `event` changed: the entry and all leases are void.
    async fn forget(&self, event: EventId);
}

/// An order store whose sales are cached.
pub struct CachedSales {
    store: Arc<dyn OrderStore>,
    cache: Arc<dyn SaleCache>,
}

impl CachedSales {
    /// Over both.
    #[must_use]
    pub fn new(store: Arc<dyn OrderStore>, cache: Arc<dyn SaleCache>) -> Self {
        Self { store, cache }
    }
}

#[async_trait]
impl OrderStore for CachedSales {
    async fn place(&self, event: EventId, wish: Wish) -> Result<Order, OrderError> {
        let placed = self.store.place(event, wish).await;
        // Also after an error: it may be stored and the answer be lost.
        self.cache.forget(event).await;
        placed
    }

    async fn change(&self, order: OrderId, wish: Wish) -> Result<Order, OrderError> {
        let changed = self.store.change(order, wish).await;
        if let Ok(order) = &changed {
            self.cache.forget(order.event).await;
        }
        changed
    }

    async fn learn_event(
        &self,
        event: &OnSale,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let learned = self.store.learn_event(event, version, commit).await;
        self.cache.forget(event.event).await;
        learned
    }

    async fn learn_offer(
        &self,
        offer: &Offer,
        limit: u32,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let learned = self.store.learn_offer(offer, limit, version, commit).await;
        self.cache.forget(offer.event).await;
        learned
    }

    async fn learn_price(
        &self,
        price: &OfferPrice,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let learned = self.store.learn_price(price, version, commit).await;
        self.cache.forget(price.event).await;
        learned
    }

    async fn called_off(&self) -> Result<Option<EventId>, StoreError> {
        self.store.called_off().await
    }

    async fn call_off(&self, event: EventId, limit: u32, wish: Wish) -> Result<(), StoreError> {
        let called = self.store.call_off(event, limit, wish).await;
        self.cache.forget(event).await;
        called
    }

    async fn find(&self, order: OrderId) -> Result<Option<Order>, StoreError> {
        self.store.find(order).await
    }

    async fn list(
        &self,
        filter: OrderFilter<'_>,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        self.store.list(filter, page).await
    }

    async fn sale(&self, event: EventId) -> Result<Option<Sale>, StoreError> {
        let lease = match self.cache.find(event).await {
            Ok(sale) => {
                count("hit");
                return Ok(Some(sale));
            }
            Err(lease) => lease,
        };
        count("miss");
        let sale = self.store.sale(event).await?;
        if let (Some(sale), Some(lease)) = (&sale, lease) {
            self.cache.keep(event, sale, lease).await;
        }
        Ok(sale)
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("gateline_sale_cache_total", "outcome" => outcome).increment(1);
}

/// The kinds of events that change what is on sale.
pub const SALE_KINDS: &[&str] = &[
    "OrderCreated",
    "OrderUpdated",
    "OrderCancelled",
    "OrderExpired",
    "OrderCompleted",
];

/// Forgets what changed, should the instance that changed it have died before it
/// did.
pub struct SaleNews(pub Arc<dyn SaleCache>);

#[async_trait]
impl Handler for SaleNews {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        if let BusEvent::OrderCreated(facts)
        | BusEvent::OrderUpdated(facts)
        | BusEvent::OrderCancelled(facts)
        | BusEvent::OrderExpired(facts)
        | BusEvent::OrderCompleted(facts) = &event.body
        {
            self.0.forget(facts.event).await;
        }
        Ok(())
    }
}
