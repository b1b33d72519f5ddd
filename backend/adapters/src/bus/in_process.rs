//! The bus of one process: hands each event to every concerned consumer and
//! returns when all have dealt with it. Durability is the outbox's: an event
//! that some consumer failed on, or waits with, stays there and comes again until
//! all are done with it; those that had dealt with it know it by its id.

use super::traced::hand_over;
use async_trait::async_trait;
use futures::future::join_all;
use gateline_common::bus::Envelope;
use gateline_core::shared::{Bus, ConsumeError, Consumer};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What traces call it.
const SYSTEM: &str = "in_process";

/// The in-process bus.
pub struct InProcessBus {
    consumers: Vec<Consumer>,
    disorder: Option<Disorder>,
}

/// Delays and so reorders deliveries, repeats some, and loses the word of others
/// that arrived, so that they come again later; drawn from a seed. Tests run
/// with it, because the bus promises no order and not "once".
#[derive(Debug)]
pub struct Disorder {
    seed: u64,
    drawn: AtomicU64,
}

impl Disorder {
    /// The disorder of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }

    /// The next number of the seed's sequence (SplitMix64).
    fn draw(&self) -> u64 {
        let step = self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut z = self
            .seed
            .wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl InProcessBus {
    /// Delivers to `consumers`.
    #[must_use]
    pub fn new(consumers: Vec<Consumer>) -> Self {
        Self {
            consumers,
            disorder: None,
        }
    }

    /// The same, in disorder.
    #[must_use]
    pub fn with_disorder(consumers: Vec<Consumer>, disorder: Disorder) -> Self {
        Self {
            consumers,
            disorder: Some(disorder),
        }
    }

    async fn deliver(&self, consumer: &Consumer, event: &Envelope) -> Result<(), ConsumeError> {
        let Some(disorder) = &self.disorder else {
            return hand_over(SYSTEM, consumer, event).await;
        };
        let drawn = disorder.draw();
        let delay_ms = match drawn & 15 {
            0 => 20 + (drawn >> 8 & 63),
            1..=7 => drawn >> 8 & 7,
            _ => 0,
        };
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        let first = hand_over(SYSTEM, consumer, event).await;
        match drawn >> 4 & 15 {
            0..=3 => hand_over(SYSTEM, consumer, event).await,
            4 => first.and(Err(ConsumeError::Failed(
                "disorder: the word was lost".into(),
            ))),
            _ => first,
        }
    }
}

#[async_trait]
impl Bus for InProcessBus {
    async fn publish(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let kind = event.body.kind();
        let concerned = self.consumers.iter().filter(|c| c.kinds.contains(&kind));
        let delivering = concerned.map(async |consumer| {
            let result = self.deliver(consumer, event).await;
            if let Err(error) = &result {
                let consumer = consumer.name;
                tracing::debug!(consumer, kind, event = %event.id, %error, "not consumed yet");
            }
            result
        });
        join_all(delivering).await.into_iter().collect()
    }
}
