//! A collector of traces: takes OTLP over HTTP, and keeps what it got.

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, status::StatusCode as Outcome};
use prost::Message;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running collector; it ends when this is dropped.
#[derive(Debug)]
pub struct Collector {
    url: String,
    bodies: Bodies,
    serving: JoinHandle<()>,
}

type Bodies = Arc<Mutex<Vec<Bytes>>>;

/// One span, as a person who looks for something sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `service.name` of who did it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// The trace, in hex.
    pub trace: String,
    /// Its own id, in hex.
    pub id: String,
    /// That of the span that it is a part of; empty if there is none.
    pub parent: String,
    /// What is said of it.
    pub attributes: BTreeMap<String, String>,
    /// Did it fail?
    pub failed: bool,
}

impl Collector {
    /// One on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// One at this address.
    ///
    /// # Errors
    /// When it is taken.
    pub async fn start_at(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let bodies = Bodies::default();
        let app = Router::new()
            .route("/v1/traces", post(take))
            .layer(DefaultBodyLimit::max(64 << 20))
            .with_state(Arc::clone(&bodies));
        let serving = tokio::spawn(async move {
            // It ends with an error only when the socket is gone.
            drop(axum::serve(listener, app).await);
        });
        Ok(Self {
            url,
            bodies,
            serving,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All that it was sent, as text with what is none left out.
    #[must_use]
    pub fn text(&self) -> String {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = bodies.iter().map(|body| String::from_utf8_lossy(body));
        texts.collect()
    }

    /// Every span so far.
    ///
    /// # Errors
    /// When something is no message of OTLP.
    pub fn steps(&self) -> Result<Vec<Step>> {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let mut steps = Vec::new();
        for body in bodies.iter() {
            let message = ExportTraceServiceRequest::decode(body.clone())?;
            for of_one in message.resource_spans {
                steps.extend(steps_of(of_one)?);
            }
        }
        Ok(steps)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(bodies): State<Bodies>, body: Bytes) -> StatusCode {
    let mut bodies = bodies.lock().unwrap_or_else(PoisonError::into_inner);
    bodies.push(body);
    StatusCode::OK
}

fn steps_of(of_one: ResourceSpans) -> Result<Vec<Step>> {
    let resource = of_one.resource.context("nobody sent it")?;
    let said = attributes(resource.attributes);
    let service = said.get("service.name").context("no service")?;
    let spans = of_one.scope_spans.into_iter().flat_map(|scope| scope.spans);
    Ok(spans.map(|span| step(service, span)).collect())
}

fn step(service: &str, span: Span) -> Step {
    let outcome = span.status.map(|status| status.code);
    Step {
        service: service.to_owned(),
        name: span.name,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        attributes: attributes(span.attributes),
        failed: outcome == Some(Outcome::Error as i32),
    }
}

fn attributes(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let pairs = attributes.into_iter().map(|pair| {
        let value = pair.value.and_then(|value| value.value);
        let value = match value {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            other => format!("{other:?}"),
        };
        (pair.key, value)
    });
    pairs.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
