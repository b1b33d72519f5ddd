//! Prices that follow a policy: by date, by how many tickets were ordered, by
//! demand.
//!
//! Always true: a price is a pure function of its policy, the list price, what
//! was ordered and the time; it is decided in the transaction that stores it
//! with its entry in the history and its news on the bus. A price by demand
//! moves by one step at most in a window, and stays between floor and ceiling.
//!
//! Never here: what a buyer pays. Orders sells at the newest price that it has
//! heard of, and keeps it with the order.

mod consume;
mod demand;
mod error;
mod model;
mod policy;
mod ports;
mod price;
#[cfg(test)]
mod properties;
mod set;
mod settle;
mod simulate;
mod standing;
mod steps;
#[cfg(test)]
mod story;
mod view;
mod work;

pub use consume::KINDS;
pub use error::PricingError;
pub use model::{Change, Entry, EventCopy, Memory, Move, Priced, Seen, TypeCopy, Window};
pub use policy::{CountStep, DateStep, DemandPolicy, Policy, Target, USUAL_TOLERANCE_PERCENT};
pub use ports::{Decide, PricingStore, Wish};
pub use price::{Current, Decision, Market, price};
pub use simulate::{Point, Run, Trial, play};
pub use standing::{Moved, Standing};

use crate::shared::Clock;
use std::sync::Arc;
use tokio::sync::watch;

/// The use cases of pricing.
#[derive(Clone)]
pub struct Pricing {
    store: Arc<dyn PricingStore>,
    clock: Arc<dyn Clock>,
    /// Rises when news of a ticket type arrived.
    news: Arc<watch::Sender<u64>>,
}

impl Pricing {
    /// Over its ports.
    #[must_use]
    pub fn new(store: Arc<dyn PricingStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            news: Arc::new(watch::Sender::new(0)),
        }
    }
}
