//! Which bus takes events to consumers.

use super::Engines;
use futures::future::BoxFuture;
use gateline_adapters::bus::{Disorder, InProcessBus};
use gateline_core::shared::{Bus, Consumer};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Brings in events until it is told to stop.
type Consuming = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// A bus.
pub(crate) struct Chosen {
    /// Where relays take events.
    pub(crate) publish: Arc<dyn Bus>,
    /// How this process's consumers get theirs, if it is not by `publish`.
    pub(crate) consuming: Option<Consuming>,
}

/// The bus over these consumers.
///
/// # Errors
/// When the broker's address is none.
pub(crate) fn over(
    engines: &Engines,
    consumers: Vec<Consumer>,
    disorder: Option<u64>,
) -> anyhow::Result<Chosen> {
    match engines {
        Engines::Embedded(_) => {
            let bus = match disorder {
                Some(seed) => InProcessBus::with_disorder(consumers, Disorder::new(seed)),
                None => InProcessBus::new(consumers),
            };
            Ok(Chosen {
                publish: Arc::new(bus),
                consuming: None,
            })
        }
    }
}
