//! What consumers gave up: to be looked at, tried again, or thrown away.
//!
//! Always true: one that is tried again leaves the dead only after the broker
//! confirmed it for its consumer's own queue, so nobody else gets it once more.
//! While somebody looks, others see none of what is being looked at.

use super::link::Link;
use super::message::{Message, Received};
use super::press::Presses;
use super::topology::{Topology, Wants};
use super::{RabbitError, RabbitSettings, address};
use gateline_common::Timestamp;
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use std::sync::Arc;
use std::time::Duration;

/// As many of one consumer are looked at.
const MOST: u32 = 10_000;
const TO_CONNECT: Duration = Duration::from_secs(10);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Who gave it up.
    pub consumer: &'static str,
    /// The event's id (or one that it got here, if it is no event).
    pub id: String,
    /// The event's kind, if it says so.
    pub kind: Option<String>,
    /// The last error.
    pub error: Option<String>,
    /// How often it failed.
    pub attempts: u32,
    /// When it failed the last time.
    pub failed_at: Option<Timestamp>,
}

/// Which of them; all that is `Some` must fit.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Of this consumer.
    pub consumer: Option<String>,
    /// With this id.
    pub id: Option<String>,
}

/// What becomes of one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Replayed,
    Dropped,
}

/// The dead letters of all consumers.
pub struct DeadLetters {
    topology: Arc<Topology>,
    link: Link,
    presses: Presses,
}

impl DeadLetters {
    /// Connects. `wants` is as for the bus: what is not there yet is declared.
    ///
    /// # Errors
    /// When the broker cannot be used.
    pub async fn open(settings: &RabbitSettings, wants: Vec<Wants>) -> Result<Self, RabbitError> {
        let uri = address(&settings.url)?;
        let topology = Topology::new(&settings.prefix, wants, &settings.retries);
        let topology = Arc::new(topology);
        let link = Link::start("dead letters", uri, Arc::clone(&topology));
        if tokio::time::timeout(TO_CONNECT, link.up()).await.is_err() {
            let why = match link.state() {
                super::State::Down(why) => why.to_string(),
                super::State::Up(_) => "it does not answer in time".to_owned(),
            };
            return Err(RabbitError::Broker(why));
        }
        let presses = Presses::start(&link);
        Ok(Self {
            topology,
            link,
            presses,
        })
    }

    /// Those that fit, by consumer, the older first. They stay where they are.
    ///
    /// # Errors
    /// When the broker fails, or no consumer has the name.
    pub async fn list(&self, which: &Which) -> Result<Vec<DeadLetter>, RabbitError> {
        self.treat(which, Fate::Kept).await
    }

    /// Hands those that fit to their consumers once more, as if they were new.
    /// Returns them.
    ///
    /// # Errors
    /// When the broker fails; what was not replayed stays.
    pub async fn replay(&self, which: &Which) -> Result<Vec<DeadLetter>, RabbitError> {
        self.treat(which, Fate::Replayed).await
    }

    /// Throws those that fit away. Returns them.
    ///
    /// # Errors
    /// When the broker fails; what was not dropped stays.
    pub async fn drop(&self, which: &Which) -> Result<Vec<DeadLetter>, RabbitError> {
        self.treat(which, Fate::Dropped).await
    }

    async fn treat(&self, which: &Which, fate: Fate) -> Result<Vec<DeadLetter>, RabbitError> {
        let all = self.topology.consumers();
        if let Some(name) = &which.consumer
            && !all.contains(&name.as_str())
        {
            let all = all.join(", ");
            let error = format!("there is no consumer `{name}`; there are {all}");
            return Err(RabbitError::Broker(error));
        }
        let mut treated = Vec::new();
        for consumer in all {
            if which
                .consumer
                .as_deref()
                .is_none_or(|name| name == consumer)
            {
                treated.extend(self.treat_those_of(consumer, which, fate).await?);
            }
        }
        Ok(treated)
    }

    async fn treat_those_of(
        &self,
        consumer: &'static str,
        which: &Which,
        fate: Fate,
    ) -> Result<Vec<DeadLetter>, RabbitError> {
        let channel = self.link.up().await.create_channel().await?;
        let queue = self.topology.dead(consumer);
        let mut treated = Vec::new();
        // Not until it is empty: what is replayed may be back at once.
        for _ in 0..waiting(&channel, &queue).await?.min(MOST) {
            let options = BasicGetOptions::default();
            let Some(got) = channel.basic_get(queue.as_str().into(), options).await? else {
                break;
            };
            let mut delivery = got.delivery;
            let body = std::mem::take(&mut delivery.data);
            let received = Received::new(body, delivery.properties.clone());
            let letter = described(consumer, &received);
            if which.id.as_ref().is_none_or(|id| *id == letter.id) {
                self.meet(consumer, received, delivery, fate).await?;
                treated.push(letter);
            }
        }
        // What was not acknowledged goes back to where it was.
        channel.close(200, "OK".into()).await?;
        Ok(treated)
    }

    async fn meet(
        &self,
        consumer: &str,
        received: Received,
        delivery: Delivery,
        fate: Fate,
    ) -> Result<(), RabbitError> {
        match fate {
            Fate::Kept => return Ok(()),
            Fate::Dropped => {}
            Fate::Replayed => {
                let message = Message::replayed(received, &self.topology, consumer);
                let published = self.presses.publish(message).await;
                published.map_err(|error| RabbitError::Broker(error.to_string()))?;
            }
        }
        delivery.acker.ack(BasicAckOptions::default()).await?;
        Ok(())
    }
}

fn described(consumer: &'static str, received: &Received) -> DeadLetter {
    DeadLetter {
        consumer,
        id: received.id().unwrap_or_default(),
        kind: received.kind(),
        error: received.error(),
        attempts: received.attempts(),
        failed_at: received.failed_at(),
    }
}

/// How many there are.
async fn waiting(channel: &Channel, queue: &str) -> Result<u32, RabbitError> {
    let options = QueueDeclareOptions::durable().passive();
    let declared = channel.queue_declare(queue.into(), options, FieldTable::default());
    Ok(declared.await?.message_count())
}
