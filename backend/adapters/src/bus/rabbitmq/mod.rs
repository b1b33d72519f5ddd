//! The bus over RabbitMQ.
//!
//! Always true: an event counts as published only after the broker confirmed
//! that it holds it, on disk, in the queue of a consumer that wants it; a
//! delivery is acknowledged only after its consumer has dealt with it, or after
//! the broker confirmed that it holds it for another try or among the dead. So a
//! crash at any point repeats events and loses none.
//!
//! There are two connections: the broker may block one that publishes, when it
//! runs out of memory or disk, and then acknowledgements must still pass.
//! `lapin` could recover connections by itself; it is not let to, because it
//! holds calls until then, while a publisher has to hear at once that the broker
//! is away (the event is safe in its outbox), and because what is declared must
//! be declared anew when the broker comes back without its data.

mod consume;
mod dead_letters;
mod depth;
mod handle;
mod link;
mod message;
mod pause;
mod press;
mod retry;
mod topology;

pub use dead_letters::{DeadLetter, DeadLetters, Which};
pub use retry::Retries;
pub use topology::Wants;

use super::traced;
use async_trait::async_trait;
use gateline_common::bus::Envelope;
use gateline_core::shared::{Bus, ConsumeError, Consumer};
use lapin::uri::AMQPUri;
use link::{Link, State};
use message::Message;
use press::{Presses, Unpublished};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use topology::Topology;

/// What traces call it.
const SYSTEM: &str = "rabbitmq";
/// Seconds of silence after which a connection counts as lost.
const HEARTBEAT_SECONDS: u16 = 10;
const CONNECT_MS: u64 = 5_000;

/// Where the broker is, and how it is used.
#[derive(Debug, Clone)]
pub struct RabbitSettings {
    /// `amqp://user:password@host:port/vhost`, or `amqps://…`.
    pub url: String,
    /// What the names of exchanges and queues begin with.
    pub prefix: String,
    /// How often, and how soon, a failed delivery is tried again.
    pub retries: Retries,
    /// Deliveries of one consumer that this process has in hand at once.
    pub prefetch: u16,
}

impl RabbitSettings {
    /// With the usual retries and prefetch.
    #[must_use]
    pub fn new(url: &str, prefix: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: prefix.to_owned(),
            retries: Retries::default(),
            prefetch: 64,
        }
    }
}

/// What is wrong with the settings, or with the broker.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RabbitError {
    /// The address cannot be read.
    #[error("this is no address of a RabbitMQ server: {0}")]
    Url(String),
    /// The broker cannot be reached, or refuses.
    #[error("RabbitMQ: {0}")]
    Broker(String),
    /// Something exists there with other properties than it is declared with.
    #[error(
        "RabbitMQ has {what} with other properties than this version of Gateline declares it \
         with ({said}). Let its messages be consumed, delete it, and it is made anew; or take \
         another prefix"
    )]
    Declared {
        /// The queue or exchange.
        what: String,
        /// The broker's words.
        said: String,
    },
}

impl From<lapin::Error> for RabbitError {
    fn from(error: lapin::Error) -> Self {
        Self::Broker(error.to_string())
    }
}

/// The bus. Connects in the background, again and again; ends when it is dropped.
pub struct RabbitBus {
    topology: Arc<Topology>,
    retries: Retries,
    prefetch: u16,
    presses: Arc<Presses>,
    publishing: Link,
    consuming: Link,
}

impl RabbitBus {
    /// Begins to connect. `wants` is what all consumers of all services want,
    /// also of those that run elsewhere: an event must find their queues there,
    /// whichever process starts first.
    ///
    /// # Errors
    /// When the address makes no sense. A broker that is away is no error.
    pub fn start(settings: &RabbitSettings, wants: Vec<Wants>) -> Result<Self, RabbitError> {
        let uri = address(&settings.url)?;
        let topology = Topology::new(&settings.prefix, wants, &settings.retries);
        let topology = Arc::new(topology);
        let publishing = Link::start("publishing", uri.clone(), Arc::clone(&topology));
        let consuming = Link::start("consuming", uri, Arc::clone(&topology));
        Ok(Self {
            presses: Arc::new(Presses::start(&publishing)),
            retries: settings.retries.clone(),
            prefetch: settings.prefetch.max(1),
            topology,
            publishing,
            consuming,
        })
    }

    /// Is it connected, both ways? If not, why.
    ///
    /// # Errors
    /// What kept it from connecting.
    pub fn connected(&self) -> Result<(), String> {
        for link in [&self.publishing, &self.consuming] {
            if let State::Down(why) = link.state() {
                return Err(why.to_string());
            }
        }
        Ok(())
    }

    /// Waits until it is connected, both ways.
    pub async fn wait_until_connected(&self) {
        self.publishing.up().await;
        self.consuming.up().await;
    }

    /// Delivers to `consumers` until `stop`; then lets what is under way finish,
    /// for a moment. What does not is delivered again, here or elsewhere.
    pub async fn consume(&self, consumers: Vec<Consumer>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        for consumer in consumers {
            let consuming = consume::Consuming {
                consumer,
                topology: Arc::clone(&self.topology),
                retries: self.retries.clone(),
                prefetch: self.prefetch,
                presses: Arc::clone(&self.presses),
                link: self.consuming.clone(),
            };
            running.spawn(consuming.run(stop.clone()));
        }
        let depth = depth::watch(self.consuming.clone(), Arc::clone(&self.topology));
        let depth = tokio::spawn(depth);
        while running.join_next().await.is_some() {}
        stop.cancelled().await;
        depth.abort();
    }
}

#[async_trait]
impl Bus for RabbitBus {
    async fn publish(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let begun = Instant::now();
        metrics::counter!("gateline_bus_published_total").increment(1);
        let wanted = self.topology.wanted(event.body.kind());
        let span = traced::publishing(SYSTEM, event);
        let message = Message::of_event(&self.topology, event, wanted)?;
        let message = message.at(span.place());
        let result = self.presses.publish(message).await;
        let outcome = match &result {
            Ok(()) => "confirmed",
            Err(Unpublished::Away(_)) => "away",
            Err(Unpublished::Refused(_)) => "refused",
            Err(Unpublished::Unroutable) => "unroutable",
            Err(Unpublished::Late) => "late",
        };
        if result.is_err() {
            span.failed(format_args!("{outcome}"));
        }
        metrics::counter!("gateline_bus_publish_outcomes_total", "outcome" => outcome).increment(1);
        metrics::histogram!("gateline_bus_publish_seconds").record(begun.elapsed());
        if matches!(result, Err(Unpublished::Unroutable)) {
            self.publishing.declare_again();
        }
        result.map_err(|error| ConsumeError::Failed(error.to_string()))
    }
}

/// The broker's address, with a heartbeat that notices a lost connection.
fn address(url: &str) -> Result<AMQPUri, RabbitError> {
    let mut uri: AMQPUri = url.parse().map_err(RabbitError::Url)?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
    uri.query.connection_timeout.get_or_insert(CONNECT_MS);
    Ok(uri)
}
