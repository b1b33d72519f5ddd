//! One delivery: to the consumer's code, and then acknowledged, to be tried
//! again, or among the dead.
//!
//! Always true: it is acknowledged last. A crash before that repeats it, and a
//! crash between the confirmation of the next try and the acknowledgement
//! doubles it.

use super::message::{Message, Received};
use super::pause::Pause;
use super::press::Presses;
use super::retry::Retries;
use super::topology::Topology;
use super::{SYSTEM, traced};
use futures::FutureExt;
use gateline_core::shared::Consumer;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONGEST_HANDLING: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Handling {
    pub(super) consumer: Consumer,
    pub(super) topology: Arc<Topology>,
    pub(super) retries: Retries,
    pub(super) presses: Arc<Presses>,
}

impl Handling {
    pub(super) async fn handle(&self, mut delivery: Delivery) {
        let consumer = self.consumer.name;
        metrics::counter!("gateline_bus_delivered_total", "consumer" => consumer).increment(1);
        let body = std::mem::take(&mut delivery.data);
        let received = Received::new(body, delivery.properties.clone());
        if let Some(next) = self.next_of(received).await
            && !self.publish(next, &delivery).await
        {
            return;
        }
        if let Err(error) = delivery.acker.ack(BasicAckOptions::default()).await {
            tracing::debug!(consumer, %error, "a delivery was dealt with and will come again");
        }
    }

    /// What is to be published before this one may be forgotten.
    async fn next_of(&self, received: Received) -> Option<Message> {
        let consumer = self.consumer.name;
        let event = match received.event() {
            Ok(event) => event,
            Err(error) => {
                let error = format!("it cannot be read: {error}");
                let attempts = received.attempts() + 1;
                return Some(self.dead(received.failed(consumer, attempts, &error), &error));
            }
        };
        let begun = Instant::now();
        let delivering = AssertUnwindSafe(traced::hand_over(SYSTEM, &self.consumer, &event));
        let delivering = delivering.catch_unwind();
        let result = tokio::time::timeout(LONGEST_HANDLING, delivering).await;
        let (outcome, error) = match result {
            Ok(Ok(Ok(()))) => ("done", None),
            Ok(Ok(Err(error))) => ("failed", Some(error.to_string())),
            Ok(Err(_)) => ("panicked", Some("the consumer panicked".to_owned())),
            Err(_) => ("late", Some("the consumer takes too long".to_owned())),
        };
        metrics::histogram!("gateline_bus_handling_seconds",
            "consumer" => consumer, "outcome" => outcome)
        .record(begun.elapsed());
        let error = error?;
        let attempts = received.attempts() + 1;
        let kind = event.body.kind();
        let received = received.failed(consumer, attempts, &error);
        let Some(pause) = self.retries.pause_after(attempts) else {
            return Some(self.dead(received, &error));
        };
        tracing::debug!(consumer, kind, event = %event.id, attempts, error, "event is tried again");
        metrics::counter!("gateline_bus_retried_total", "consumer" => consumer).increment(1);
        Some(Message::again(received, &self.topology, consumer, pause))
    }

    fn dead(&self, received: Received, error: &str) -> Message {
        let consumer = self.consumer.name;
        let (id, kind, attempts) = (received.id(), received.kind(), received.attempts());
        tracing::error!(
            consumer,
            id,
            kind,
            attempts,
            error,
            "an event is given up; see `gateline dead-letters`"
        );
        metrics::counter!("gateline_bus_dead_lettered_total", "consumer" => consumer).increment(1);
        Message::dead(received, &self.topology, consumer)
    }

    /// Publishes until the broker has it. `false` if the delivery is no longer
    /// ours to acknowledge: then it comes again.
    async fn publish(&self, message: Message, delivery: &Delivery) -> bool {
        let mut pause = Pause::from(FIRST_PAUSE);
        while delivery.acker.usable() {
            match self.presses.publish(message.clone()).await {
                Ok(()) => return true,
                Err(error) => {
                    let consumer = self.consumer.name;
                    tracing::debug!(consumer, %error, "a failed event cannot be put aside yet");
                }
            }
            tokio::time::sleep(pause.next()).await;
        }
        false
    }
}
