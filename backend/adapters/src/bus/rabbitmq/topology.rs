//! What is declared at the broker: by every process, at each connection, in the
//! same words.
//!
//! ```text
//! <prefix>.events (topic) ── kinds ──▶ <prefix>.<consumer> (quorum) ──▶ consumer
//!                                        ▲            │ too often delivered
//!              default exchange,         │            ▼
//!              by the routing key        │   <prefix>.<consumer>.dead (quorum)
//!                                        │            ▲ given up, or unreadable
//! <prefix>.retry.<pause> (fanout) ──▶ <prefix>.retry.<pause> (quorum, TTL)
//! ```
//! A pause's name holds its length, so other pauses are other queues. Messages
//! leave a queue by themselves at least once, never at most once: the broker
//! forgets one only after the next queue has confirmed it.

use super::{RabbitError, Retries};
use gateline_core::shared::Consumer;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};
use std::collections::HashSet;
use std::time::Duration;

/// Deliveries that ended with the process or its connection, after which a
/// message is held to be what ends processes.
const MOST_BROKEN_DELIVERIES: i64 = 100;
/// The dead may be looked at as often as one likes. (Newer brokers give up after
/// 20 times where nothing is said.)
const MOST_LOOKS: i64 = 1_000_000;
/// The exchange that knows each queue by its name.
pub(super) const DEFAULT_EXCHANGE: &str = "";

/// A consumer's name, and what kinds of events it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wants {
    /// The consumer.
    pub name: &'static str,
    /// `BusEvent::kind` of what it wants.
    pub kinds: &'static [&'static str],
}

impl From<&Consumer> for Wants {
    fn from(consumer: &Consumer) -> Self {
        Self {
            name: consumer.name,
            kinds: consumer.kinds,
        }
    }
}

/// The names, and what is bound to what.
pub(super) struct Topology {
    prefix: String,
    wants: Vec<Wants>,
    wanted: HashSet<&'static str>,
    pauses: Vec<Duration>,
}

impl Topology {
    pub(super) fn new(prefix: &str, wants: Vec<Wants>, retries: &Retries) -> Self {
        Self {
            prefix: prefix.to_owned(),
            wanted: wants
                .iter()
                .flat_map(|wants| wants.kinds)
                .copied()
                .collect(),
            wants,
            pauses: retries.pauses.iter().map(|(pause, _)| *pause).collect(),
        }
    }

    /// Does any consumer want events of this kind?
    pub(super) fn wanted(&self, kind: &str) -> bool {
        self.wanted.contains(kind)
    }

    /// The names of all consumers.
    pub(super) fn consumers(&self) -> Vec<&'static str> {
        self.wants.iter().map(|wants| wants.name).collect()
    }

    pub(super) fn events(&self) -> String {
        format!("{}.events", self.prefix)
    }

    pub(super) fn queue(&self, consumer: &str) -> String {
        format!("{}.{consumer}", self.prefix)
    }

    pub(super) fn dead(&self, consumer: &str) -> String {
        format!("{}.{consumer}.dead", self.prefix)
    }

    /// The exchange and the queue of a pause.
    pub(super) fn retry(&self, pause: Duration) -> String {
        format!("{}.retry.{}ms", self.prefix, pause.as_millis())
    }

    /// Every queue.
    pub(super) fn queues(&self) -> Vec<String> {
        let consumers = self.wants.iter();
        let consumers = consumers.flat_map(|wants| [self.queue(wants.name), self.dead(wants.name)]);
        let pauses = self.pauses.iter().map(|pause| self.retry(*pause));
        consumers.chain(pauses).collect()
    }

    /// Declares all of it. What is there already stays as it is.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<(), RabbitError> {
        let channel = connection.create_channel().await?;
        exchange(&channel, &self.events(), ExchangeKind::Topic).await?;
        for wants in &self.wants {
            // The dead first: nothing may go there before it is.
            let (name, dead) = (self.queue(wants.name), self.dead(wants.name));
            queue(&channel, &dead, limited(MOST_LOOKS)).await?;
            let mut properties = limited(MOST_BROKEN_DELIVERIES);
            going_to(&mut properties, Some(&dead));
            queue(&channel, &name, properties).await?;
        }
        for pause in &self.pauses {
            let name = self.retry(*pause);
            let mut properties = limited(MOST_LOOKS);
            let ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
            properties.insert("x-message-ttl".into(), AMQPValue::LongLongInt(ms));
            // By its routing key, which is the consumer's queue.
            going_to(&mut properties, None);
            exchange(&channel, &name, ExchangeKind::Fanout).await?;
            queue(&channel, &name, properties).await?;
            bind(&channel, &name, &name, "").await?;
        }
        // Last, so that what is routed has all that it may need.
        for wants in &self.wants {
            for kind in wants.kinds {
                bind(&channel, &self.queue(wants.name), &self.events(), kind).await?;
            }
        }
        channel.close(200, "OK".into()).await?;
        Ok(())
    }
}

fn limited(deliveries: i64) -> FieldTable {
    let mut properties = FieldTable::default();
    let text = |text: &str| AMQPValue::LongString(text.into());
    properties.insert("x-queue-type".into(), text("quorum"));
    let deliveries = AMQPValue::LongLongInt(deliveries);
    properties.insert("x-delivery-limit".into(), deliveries);
    properties
}

/// What leaves the queue by itself goes to `queue`, or by its own routing key.
fn going_to(properties: &mut FieldTable, queue: Option<&str>) {
    let text = |text: &str| AMQPValue::LongString(text.into());
    properties.insert("x-dead-letter-exchange".into(), text(DEFAULT_EXCHANGE));
    if let Some(queue) = queue {
        properties.insert("x-dead-letter-routing-key".into(), text(queue));
    }
    properties.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    properties.insert("x-overflow".into(), text("reject-publish"));
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), RabbitError> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let declared = channel.exchange_declare(name.into(), kind, options, FieldTable::default());
    declared
        .await
        .map_err(|error| refused("the exchange", name, &error))
}

async fn queue(channel: &Channel, name: &str, properties: FieldTable) -> Result<(), RabbitError> {
    let declared = channel.queue_declare(name.into(), QueueDeclareOptions::durable(), properties);
    match declared.await {
        Ok(_) => Ok(()),
        Err(error) => Err(refused("the queue", name, &error)),
    }
}

async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    kind: &str,
) -> Result<(), RabbitError> {
    let options = QueueBindOptions::default();
    let nothing = FieldTable::default();
    let bound = channel.queue_bind(queue.into(), exchange.into(), kind.into(), options, nothing);
    Ok(bound.await?)
}

/// 406 is the broker's word for "it exists, and is not like that".
fn refused(what: &str, name: &str, error: &lapin::Error) -> RabbitError {
    match error.kind() {
        ErrorKind::ProtocolError(said) if said.get_id() == 406 => RabbitError::Declared {
            what: format!("{what} {name}"),
            said: said.get_message().to_string(),
        },
        _ => RabbitError::Broker(format!("{what} {name} cannot be declared: {error}")),
    }
}
