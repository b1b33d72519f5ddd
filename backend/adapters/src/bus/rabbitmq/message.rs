//! A message: an event with what is known of its deliveries.

use super::topology::{DEFAULT_EXCHANGE, Topology};
use gateline_common::Timestamp;
use gateline_common::bus::Envelope;
use gateline_core::shared::trace::Place;
use gateline_core::shared::{Clock, ConsumeError, SystemClock, random};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use std::time::Duration;

const ATTEMPTS: &str = "x-gateline-attempts";
/// Messages of programs that counted waits as attempts have none: theirs begin now.
const WAITS: &str = "x-gateline-waits";
const ERROR: &str = "x-gateline-error";
const CONSUMER: &str = "x-gateline-consumer";
const FAILED_AT: &str = "x-gateline-failed-at-ms";
/// W3C Trace Context for AMQP: where in a trace it was sent.
const TRACE: &str = "traceparent";
/// Headers that the broker writes. A message that is sent again is a new one:
/// what it went through before would look like a cycle, and be dropped.
const OF_THE_BROKER: &[&str] = &[
    "x-death",
    "x-first-death",
    "x-last-death",
    "x-delivery-count",
    "x-acquired-count",
];
/// Bytes of an error's text that are kept.
const LONGEST_ERROR: usize = 1_000;
const ON_DISK: u8 = 2;

/// What is published.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) exchange: String,
    pub(super) routing_key: String,
    /// Must it reach a queue?
    pub(super) mandatory: bool,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
}

impl Message {
    /// An event, for all that want it.
    pub(super) fn of_event(
        topology: &Topology,
        event: &Envelope,
        wanted: bool,
    ) -> Result<Self, ConsumeError> {
        let body = serde_json::to_vec(event);
        let properties = BasicProperties::default()
            .with_delivery_mode(ON_DISK)
            .with_content_type("application/json".into())
            .with_app_id("gateline".into())
            .with_message_id(event.id.to_string().into())
            .with_type(event.body.kind().into());
        Ok(Self {
            exchange: topology.events(),
            routing_key: event.body.kind().to_owned(),
            mandatory: wanted,
            body: body.map_err(|error| ConsumeError::Failed(error.to_string()))?,
            properties,
        })
    }

    /// It, sent at this place of a trace.
    pub(super) fn at(mut self, place: &Place) -> Self {
        if let Some(trace) = place.traceparent() {
            let mut headers = self.properties.headers().clone().unwrap_or_default();
            headers.insert(TRACE.into(), AMQPValue::LongString(trace.into()));
            self.properties = self.properties.with_headers(headers);
        }
        self
    }

    /// One that `consumer` gets again after a pause.
    pub(super) fn again(
        received: Received,
        topology: &Topology,
        consumer: &str,
        pause: Duration,
    ) -> Self {
        received.sent(topology.retry(pause), topology.queue(consumer))
    }

    /// One that `consumer` has given up.
    pub(super) fn dead(received: Received, topology: &Topology, consumer: &str) -> Self {
        received.sent(DEFAULT_EXCHANGE.to_owned(), topology.dead(consumer))
    }

    /// One that `consumer` gets as if it were new.
    pub(super) fn replayed(mut received: Received, topology: &Topology, consumer: &str) -> Self {
        for name in [ATTEMPTS, WAITS, ERROR, CONSUMER, FAILED_AT] {
            received.forget(name);
        }
        received.sent(DEFAULT_EXCHANGE.to_owned(), topology.queue(consumer))
    }
}

/// What was delivered.
#[derive(Debug, Clone)]
pub(super) struct Received {
    body: Vec<u8>,
    properties: BasicProperties,
}

impl Received {
    pub(super) fn new(body: Vec<u8>, properties: BasicProperties) -> Self {
        Self { body, properties }
    }

    /// The event in it, caused where it was sent, if it says where that was.
    pub(super) fn event(&self) -> Result<Envelope, serde_json::Error> {
        let mut event: Envelope = serde_json::from_slice(&self.body)?;
        if let Some(sent) = self.text(TRACE) {
            event.trace = Some(sent);
        }
        Ok(event)
    }

    /// How many tries have failed.
    pub(super) fn attempts(&self) -> u32 {
        self.count(ATTEMPTS)
    }

    /// How many tries found that something else must come first.
    pub(super) fn waits(&self) -> u32 {
        self.count(WAITS)
    }

    /// Its id: the event's, where it was published by us.
    pub(super) fn id(&self) -> Option<String> {
        let id = self.properties.message_id().as_ref();
        id.map(ToString::to_string)
    }

    /// The kind of event that it says it is.
    pub(super) fn kind(&self) -> Option<String> {
        let kind = self.properties.kind().as_ref();
        kind.map(ToString::to_string)
    }

    /// Why it failed the last time: our own words, or the broker's.
    pub(super) fn error(&self) -> Option<String> {
        if let Some(error) = self.text(ERROR) {
            return Some(error);
        }
        let reason = self.text("x-first-death-reason")?;
        Some(format!("the broker gave it up: {reason}"))
    }

    /// When it failed the last time.
    pub(super) fn failed_at(&self) -> Option<Timestamp> {
        let at = self.header(FAILED_AT).and_then(AMQPValue::as_long_long_int);
        if let Some(ms) = at {
            return Some(Timestamp(ms));
        }
        let AMQPValue::FieldArray(deaths) = self.header("x-death")? else {
            return None;
        };
        let AMQPValue::FieldTable(death) = deaths.as_slice().first()? else {
            return None;
        };
        let AMQPValue::Timestamp(seconds) = death.inner().get("time")? else {
            return None;
        };
        i64::try_from(*seconds).ok().map(|s| Timestamp(s * 1_000))
    }

    /// The same, after another try that failed.
    #[must_use]
    pub(super) fn failed(self, consumer: &str, error: &str) -> Self {
        let attempts = self.attempts().saturating_add(1);
        self.tried(ATTEMPTS, attempts, consumer, error)
    }

    /// The same, after another try that was too early, which is no failed one.
    #[must_use]
    pub(super) fn waiting(self, consumer: &str, error: &str) -> Self {
        let waits = self.waits().saturating_add(1);
        self.tried(WAITS, waits, consumer, error)
    }

    fn tried(mut self, counter: &str, count: u32, consumer: &str, error: &str) -> Self {
        let cut = error.floor_char_boundary(LONGEST_ERROR.min(error.len()));
        let error = error.get(..cut).unwrap_or_default();
        let now = SystemClock.now();
        self.note(counter, AMQPValue::LongLongInt(i64::from(count)));
        self.note(ERROR, AMQPValue::LongString(error.into()));
        self.note(CONSUMER, AMQPValue::LongString(consumer.into()));
        self.note(FAILED_AT, AMQPValue::LongLongInt(now.0));
        if self.properties.message_id().is_none() {
            let id = random::uuid(now).to_string();
            self.properties = self.properties.with_message_id(id.into());
        }
        self
    }

    fn count(&self, name: &str) -> u32 {
        let count = self.header(name).and_then(AMQPValue::as_long_long_int);
        count.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.header(name)? {
            AMQPValue::LongString(text) => Some(text.to_string()),
            AMQPValue::ShortString(text) => Some(text.to_string()),
            _ => None,
        }
    }

    fn header(&self, name: &str) -> Option<&AMQPValue> {
        self.properties.headers().as_ref()?.inner().get(name)
    }

    fn note(&mut self, name: &str, value: AMQPValue) {
        let mut headers = self.properties.headers().clone().unwrap_or_default();
        headers.insert(name.into(), value);
        self.properties = self.properties.clone().with_headers(headers);
    }

    fn forget(&mut self, name: &str) {
        let kept = self.properties.headers().iter().flatten();
        let kept = kept.filter(|(header, _)| header.as_str() != name);
        let kept: std::collections::BTreeMap<_, _> = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        self.properties = self.properties.clone().with_headers(FieldTable::from(kept));
    }

    fn sent(self, exchange: String, routing_key: String) -> Message {
        let headers = self.properties.headers().iter().flatten();
        let own = headers.filter(|(name, _)| {
            let name = name.as_str();
            !OF_THE_BROKER.iter().any(|of_it| name.starts_with(of_it))
        });
        let own: std::collections::BTreeMap<_, _> = own
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let properties = self.properties.clone();
        Message {
            exchange,
            routing_key,
            mandatory: true,
            body: self.body,
            properties: properties
                .with_delivery_mode(ON_DISK)
                .with_headers(FieldTable::from(own)),
        }
    }
}
