//! Spans of what passes a bus, with OpenTelemetry's words for messaging: the
//! destination is the kind of event, the consumer group the consumer.

use gateline_common::bus::Envelope;
use gateline_core::shared::trace::{KeyValue, Span, SpanKind};
use gateline_core::shared::{ConsumeError, Consumer, StoreError};
use tracing::Instrument;

/// The span of handing `event` to the broker.
pub(super) fn publishing(system: &'static str, event: &Envelope) -> Span {
    following(event, SpanKind::Producer, system, "send")
}

/// Hands `event` to `consumer`, as a part of the event's trace.
pub(super) async fn hand_over(
    system: &'static str,
    consumer: &Consumer,
    event: &Envelope,
) -> Result<(), ConsumeError> {
    let span = following(event, SpanKind::Consumer, system, "process");
    let group = "messaging.consumer.group.name";
    span.note(|| [KeyValue::new(group, consumer.name)]);
    let delivering = consumer.deliver(event).instrument(span.in_log());
    let result = span.place().around(delivering).await;
    if let Err(error) = &result {
        span.failed(format_args!("{}", kind_of(error)));
    }
    result
}

fn following(
    event: &Envelope,
    kind: SpanKind,
    system: &'static str,
    operation: &'static str,
) -> Span {
    let of = event.body.kind();
    let cause = event.trace.as_deref();
    let span = Span::following(cause, kind, format_args!("{operation} {of}"));
    span.note(|| {
        [
            KeyValue::new("messaging.system", system),
            KeyValue::new("messaging.operation.name", operation),
            KeyValue::new("messaging.operation.type", operation),
            KeyValue::new("messaging.destination.name", of),
            KeyValue::new("messaging.message.id", event.id.to_string()),
        ]
    });
    span
}

fn kind_of(error: &ConsumeError) -> &'static str {
    match error {
        ConsumeError::NotYet(_) => "not_yet",
        ConsumeError::Store(StoreError::Conflict) => "conflict",
        ConsumeError::Store(_) => "store",
        ConsumeError::Failed(_) => "failed",
    }
}
