//! One delivery: to the consumer's code, and then acknowledged, to be tried
//! again, or among the dead. One that waits for something is never given up.
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
use gateline_common::bus::Envelope;
use gateline_core::shared::Consumer;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONGEST_HANDLING: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// After so many tries that only waited, and each time that number has doubled, the
/// log tells it.
const MANY_WAITS: u32 = 32;

/// Why an event is not dealt with.
enum Undone {
    /// Something else must come first.
    Waits(String),
    /// The try failed.
    Failed(String),
}

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
                return Some(self.dead(received.failed(consumer, &error), &error));
            }
        };
        let (received, pause, error) = match self.tried(&event).await? {
            Undone::Waits(error) => {
                let received = received.waiting(consumer, &error);
                tell_of_wait(consumer, &event, received.waits(), &error);
                let pause = self.retries.pause_of_wait(received.waits());
                (received, pause, error)
            }
            Undone::Failed(error) => {
                let received = received.failed(consumer, &error);
                let pause = self.retries.pause_after(received.attempts());
                (received, pause, error)
            }
        };
        let Some(pause) = pause else {
            return Some(self.dead(received, &error));
        };
        let (kind, attempts) = (event.body.kind(), received.attempts());
        tracing::debug!(consumer, kind, event = %event.id, attempts, error, "event is tried again");
        metrics::counter!("gateline_bus_retried_total", "consumer" => consumer).increment(1);
        Some(Message::again(received, &self.topology, consumer, pause))
    }

    /// Has the consumer deal with it; `None` when it has.
    async fn tried(&self, event: &Envelope) -> Option<Undone> {
        let consumer = self.consumer.name;
        let begun = Instant::now();
        let delivering = AssertUnwindSafe(traced::hand_over(SYSTEM, &self.consumer, event));
        let delivering = delivering.catch_unwind();
        let result = tokio::time::timeout(LONGEST_HANDLING, delivering).await;
        let failed = |why: &str| Some(Undone::Failed(why.to_owned()));
        let (outcome, undone) = match result {
            Ok(Ok(Ok(()))) => ("done", None),
            Ok(Ok(Err(error))) if error.is_waiting() => {
                ("waits", Some(Undone::Waits(error.to_string())))
            }
            Ok(Ok(Err(error))) => ("failed", failed(&error.to_string())),
            Ok(Err(_)) => ("panicked", failed("the consumer panicked")),
            Err(_) => ("late", failed("the consumer takes too long")),
        };
        metrics::histogram!("gateline_bus_handling_seconds",
            "consumer" => consumer, "outcome" => outcome)
        .record(begun.elapsed());
        undone
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

fn tell_of_wait(consumer: &str, event: &Envelope, waits: u32, error: &str) {
    if waits >= MANY_WAITS && waits.is_power_of_two() {
        let kind = event.body.kind();
        tracing::warn!(consumer, kind, event = %event.id, waits, error, "an event still waits");
    }
}
