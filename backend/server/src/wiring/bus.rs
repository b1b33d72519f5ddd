//! Which bus takes events to consumers.

use super::Engines;
use crate::config::Config;
use anyhow::{Context as _, ensure};
use futures::future::BoxFuture;
use gateline_adapters::bus::rabbitmq::{RabbitBus, RabbitSettings, Wants};
use gateline_adapters::bus::{Disorder, InProcessBus};
use gateline_core::orders::SALE_KINDS;
use gateline_core::shared::{Bus, Consumer};
use gateline_core::{checkin, events, expiration, mail, orders, payments, pricing, tickets};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Forgets what is on sale, in the cache that instances share.
pub(super) const SALE_NEWS: &str = "orders-sales";

/// The consumers of all services. Each process declares the queues of all of them, so
/// that no event is lost whichever starts first.
const EVERYBODY: &[Wants] = &[
    wants("checkin", checkin::KINDS),
    wants("events", events::KINDS),
    wants("expiration", expiration::KINDS),
    wants("mail", mail::KINDS),
    wants("orders", orders::KINDS),
    wants(SALE_NEWS, SALE_KINDS),
    wants("payments", payments::KINDS),
    wants("pricing", pricing::KINDS),
    wants("tickets", tickets::KINDS),
];

/// They, for who looks at their queues.
pub(crate) fn everybody() -> Vec<Wants> {
    EVERYBODY.to_vec()
}

const fn wants(name: &'static str, kinds: &'static [&'static str]) -> Wants {
    Wants { name, kinds }
}

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
    config: &Config,
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
        Engines::Distributed(_) => {
            let url = config.rabbitmq_url.as_deref().context("rabbitmq_url")?;
            let settings = RabbitSettings::new(url, &config.name_prefix);
            check(&consumers)?;
            let bus = RabbitBus::start(&settings, everybody()).context("rabbitmq_url")?;
            let bus = Arc::new(bus);
            let taking = Arc::clone(&bus);
            Ok(Chosen {
                publish: bus,
                consuming: Some(Box::new(move |stop| {
                    Box::pin(async move { taking.consume(consumers, stop).await })
                })),
            })
        }
    }
}

/// A consumer that the others do not declare would miss what is told before it first
/// starts.
fn check(consumers: &[Consumer]) -> anyhow::Result<()> {
    for consumer in consumers {
        let declared = EVERYBODY.iter().find(|known| known.name == consumer.name);
        ensure!(
            declared.is_some_and(|known| known.kinds == consumer.kinds),
            "the consumer `{}` is not the one that every process declares",
            consumer.name
        );
    }
    Ok(())
}
