//! Orders and the stock of ticket types.
//!
//! Always true: stock is (limit, held, sold), and `held + sold` only ever rises
//! by an update that is conditional on `held + sold + n <= limit`; a changed
//! limit sets only the limit. Every payment that succeeds either completes its
//! order or is refunded. Each change is decided inside the writing transaction
//! by a pure function of what stands there, so there is nothing to read twice.
//! A line is ordered at the price of that moment, and keeps it.
//!
//! Never here: how a charge is made (payments), when time is up (expiration),
//! what a ticket is (tickets).

mod cached;
mod call_off;
mod cancel;
mod change;
mod consume;
mod error;
#[cfg(test)]
mod examples;
mod expire;
mod lines;
mod list;
mod model;
mod pay;
mod place;
mod ports;
mod refund;
#[cfg(test)]
mod simulation;

pub use cached::{CachedSales, Lease, SALE_KINDS, SaleCache, SaleNews};
pub use consume::KINDS;
pub use error::OrderError;
pub use lines::{Wanted, is_open};
pub use model::{Change, Offer, OfferPrice, OnSale, Order, Refund, Stock, StockMove};
pub use place::PlaceOrder;
pub use ports::{Charges, Decide, OrderFilter, OrderStore, Sale, View, Wish};

use crate::shared::{Answers, Clock};
use std::sync::Arc;
use tokio::sync::watch;

/// The use cases of orders.
#[derive(Clone)]
pub struct Orders {
    store: Arc<dyn OrderStore>,
    charges: Arc<dyn Charges>,
    answers: Arc<dyn Answers>,
    clock: Arc<dyn Clock>,
    hold_ms: i64,
    /// Rises when news of an event or a ticket type arrived.
    news: Arc<watch::Sender<u64>>,
}

impl Orders {
    /// Over its ports; an unpaid order holds its stock for `hold_ms`.
    #[must_use]
    pub fn new(
        store: Arc<dyn OrderStore>,
        charges: Arc<dyn Charges>,
        answers: Arc<dyn Answers>,
        clock: Arc<dyn Clock>,
        hold_ms: i64,
    ) -> Self {
        Self {
            store,
            charges,
            answers,
            clock,
            hold_ms,
            news: Arc::new(watch::Sender::new(0)),
        }
    }
}
