//! Traces: what one request sets going, through services and processes, in the words
//! of OpenTelemetry. A process that is to record them says so once, at its start; in
//! any other a span is nothing, and costs a look at a flag.
//!
//! Always true: names and attributes are templates, kinds, counts, or ids that we drew
//! for messages. What people are called, what they send, and what lets them in stands
//! in none of them.

use opentelemetry::Context;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    Tracer,
};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::OnceLock;

pub use opentelemetry::KeyValue;
pub use opentelemetry::trace::SpanKind;

static TRACER: OnceLock<BoxedTracer> = OnceLock::new();

/// Has this process record its spans with `tracer` from now on. The first tracer stays.
pub fn record(tracer: BoxedTracer) {
    drop(TRACER.set(tracer));
}

/// A place in a trace: what is begun there belongs to the span that is under way there.
#[derive(Debug, Clone, Default)]
pub struct Place(Option<Context>);

impl Place {
    /// Where this is called.
    #[must_use]
    pub fn here() -> Self {
        Self(TRACER.get().map(|_| Context::current()))
    }

    /// Does `work` there.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _there = self.0.clone().map(Context::attach);
        work()
    }

    /// Does `work` there.
    pub async fn around<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|task| self.run(|| work.as_mut().poll(task))).await
    }

    /// It in words for other processes: W3C's `traceparent`. `None` where nothing is
    /// recorded.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        let span = self.span_context()?;
        let (trace, id, flags) = (span.trace_id(), span.span_id(), span.trace_flags());
        Some(format!("00-{trace}-{id}-{:02x}", flags.to_u8()))
    }

    fn span_context(&self) -> Option<SpanContext> {
        let span = self.0.as_ref()?.span().span_context().clone();
        span.is_valid().then_some(span)
    }
}

/// Something that is under way, as a part of a trace. It has ended when it is dropped.
#[derive(Debug)]
pub struct Span(Place);

impl Span {
    /// One that nobody records.
    #[must_use]
    pub const fn none() -> Self {
        Self(Place(None))
    }

    /// Begins one at the place where this is called.
    #[must_use]
    pub fn begin(kind: SpanKind, name: fmt::Arguments<'_>) -> Self {
        Self::at(Context::current, kind, name)
    }

    /// Begins one at the place that another process named, or a trace where it named
    /// none.
    #[must_use]
    pub fn following(traceparent: Option<&str>, kind: SpanKind, name: fmt::Arguments<'_>) -> Self {
        let there = || match traceparent.and_then(read) {
            Some(span) => Context::new().with_remote_span_context(span),
            None => Context::new(),
        };
        Self::at(there, kind, name)
    }

    fn at(place: impl FnOnce() -> Context, kind: SpanKind, name: fmt::Arguments<'_>) -> Self {
        let Some(tracer) = TRACER.get() else {
            return Self::none();
        };
        let place = place();
        let builder = SpanBuilder::from_name(name.to_string()).with_kind(kind);
        let span = tracer.build_with_context(builder, &place);
        Self(Place(Some(place.with_span(span))))
    }

    /// The place of what is done in it.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.0
    }

    /// The id of its trace. `None` where nothing is recorded.
    #[must_use]
    pub fn trace_id(&self) -> Option<impl fmt::Display + use<>> {
        Some(self.0.span_context()?.trace_id())
    }

    /// For lines of the log: those within bear the trace's id.
    #[must_use]
    pub fn in_log(&self) -> tracing::Span {
        match self.trace_id() {
            Some(id) => tracing::info_span!("traced", trace_id = %id),
            None => tracing::Span::none(),
        }
    }

    /// Notes these of it.
    pub fn note<const N: usize>(&self, attributes: impl FnOnce() -> [KeyValue; N]) {
        if let Some(place) = &self.0.0
            && place.span().is_recording()
        {
            place.span().set_attributes(attributes());
        }
    }

    /// Notes that it failed, and with what kind of error: the words of one may name
    /// somebody.
    pub fn failed(&self, kind: fmt::Arguments<'_>) {
        self.note(|| [KeyValue::new("error.type", kind.to_string())]);
        if let Some(place) = &self.0.0 {
            place.span().set_status(Status::error(""));
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(place) = &self.0.0 {
            place.span().end();
        }
    }
}

/// How many of its kind a span is about.
#[must_use]
pub fn counted(count: usize) -> KeyValue {
    KeyValue::new("gateline.count", i64::try_from(count).unwrap_or(i64::MAX))
}

/// Reads a `traceparent` (W3C Trace Context, 3.2). What else a later version says is
/// passed over, and so is `tracestate`, which is for other recorders.
fn read(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.splitn(5, '-');
    let mut digits = |count: usize| parts.next().filter(|part| is_hex(part, count));
    let (version, trace) = (digits(2)?, digits(32)?);
    let (span, flags) = (digits(16)?, digits(2)?);
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let sampled = flags & TraceFlags::SAMPLED;
    let span = SpanContext::new(trace, span, sampled, true, TraceState::default());
    span.is_valid().then_some(span)
}

/// So many digits, lower case?
fn is_hex(text: &str, count: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == count && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_and_said_again_as_it_was() {
        let span = read(GOOD).unwrap();
        assert!(span.is_remote() && span.is_sampled());
        let place = Place(Some(Context::new().with_remote_span_context(span)));
        assert_eq!(place.traceparent().as_deref(), Some(GOOD));
        let unsampled = GOOD.replace("-01", "-00");
        assert!(!read(&unsampled).unwrap().is_sampled());
        let later = GOOD.replace("00-0", "cc-0") + "-what-they-think-of";
        assert_eq!(read(&later), read(GOOD));
    }

    #[test]
    fn what_is_no_traceparent_names_no_place() {
        for bad in [
            "",
            "-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-é",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn where_nothing_is_recorded_a_span_is_nothing() {
        let span = Span::following(Some(GOOD), SpanKind::Server, format_args!("GET /"));
        span.note(|| -> [KeyValue; 0] { panic!("nobody asked") });
        assert!(span.trace_id().is_none() && span.in_log().is_none());
        assert_eq!(span.place().traceparent(), None);
        assert_eq!(span.place().run(Place::here).traceparent(), None);
    }
}
