//! How services of different processes ask each other: HTTP below `/internal/`,
//! with a key that all processes of an installation derive from its shared secret.
//!
//! Always true: an answer that did not come is a failure of the store, never a
//! guess. The paths and messages here are the ones that `gateline serve` answers.

mod charges;
mod identity;
mod orders;

pub use charges::{RemoteCharges, Taken};
pub use identity::{Asked, Known, RemoteIdentity};
pub use orders::{Desk, Payment, RemoteOrders};

use gateline_common::Hash;
use gateline_common::ids::OrderId;
use gateline_core::shared::StoreError;
use gateline_core::shared::trace::{KeyValue, Span, SpanKind};
use reqwest::{Client, StatusCode, Url};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(5);
const LONGEST_TO_CONNECT: Duration = Duration::from_secs(1);

/// The header that proves that a service asks.
pub const PROOF: &str = "x-gateline-service";
/// The path of who holds a token.
pub const IDENTITY: &str = "/internal/identity";
/// The path of the charges of an order.
pub const CHARGES: &str = "/internal/payments/charges/{order}";
/// The path of the current state of an order.
pub const ORDER: &str = "/internal/orders/{order}";
/// The path on which the lines of an order are held for a payment.
pub const HOLD: &str = "/internal/orders/{order}/hold";
/// The path on which they are released.
pub const RELEASE: &str = "/internal/orders/{order}/release";

/// A service elsewhere.
#[derive(Debug, Clone)]
pub struct Remote {
    client: Client,
    base: Url,
    key: String,
}

impl Remote {
    /// The service that answers at `url`; `key` proves that it is a service that
    /// asks.
    ///
    /// # Errors
    /// When the address is none.
    pub fn at(url: &str, key: &[u8; 32]) -> Result<Self, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(format!("{url}: {error}"));
        let base = Url::parse(url).map_err(|error| failed(&error))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(failed(&"is no address of a service"));
        }
        // Fails only when another part of the program installed it before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .connect_timeout(LONGEST_TO_CONNECT)
            .timeout(LONGEST)
            .build()
            .map_err(|error| failed(&error))?;
        Ok(Self {
            client,
            base,
            key: Hash(*key).to_string(),
        })
    }

    /// Posts `question` to the path of `template` and reads the answer.
    async fn ask<T: DeserializeOwned>(
        &self,
        template: &'static str,
        order: Option<OrderId>,
        question: &impl Serialize,
    ) -> Result<T, StoreError> {
        let away = |error: reqwest::Error| StoreError::Away(error.without_url().to_string());
        let path = order.map_or_else(|| template.to_owned(), |order| of_order(template, order));
        let failed = |what: &str| StoreError::Failed(format!("{path}: {what}"));
        let url = self.base.join(&path);
        let url = url.map_err(|error| failed(&error.to_string()))?;
        let span = self.asking(template);
        let mut request = self.client.post(url).header(PROOF, &self.key);
        if let Some(place) = span.place().traceparent() {
            request = request.header("traceparent", place);
        }
        let sent = request.json(question).send().await;
        answered(&span, sent.as_ref().map(reqwest::Response::status).ok());
        let answer = sent.map_err(away)?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(StoreError::Away(format!("{path} answered {status}")));
        }
        if !status.is_success() {
            return Err(failed(status.as_str()));
        }
        let answer = answer.bytes().await.map_err(away)?;
        serde_json::from_slice(&answer).map_err(|_| failed("an answer that cannot be read"))
    }

    /// The span of a question, with OpenTelemetry's words for HTTP.
    fn asking(&self, template: &'static str) -> Span {
        let span = Span::begin(SpanKind::Client, format_args!("POST {template}"));
        span.note(|| {
            let host = self.base.host_str().unwrap_or_default().to_owned();
            let port = self.base.port_or_known_default().unwrap_or_default();
            [
                KeyValue::new("http.request.method", "POST"),
                KeyValue::new("url.template", template),
                KeyValue::new("server.address", host),
                KeyValue::new("server.port", i64::from(port)),
            ]
        });
        span
    }
}

fn answered(span: &Span, status: Option<StatusCode>) {
    let Some(status) = status else {
        return span.failed(format_args!("no_answer"));
    };
    let code = status.as_u16();
    span.note(|| [KeyValue::new("http.response.status_code", i64::from(code))]);
    if !status.is_success() {
        span.failed(format_args!("{code}"));
    }
}

/// `path` for this order.
fn of_order(path: &str, order: OrderId) -> String {
    path.replace("{order}", &order.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_of_a_service_is_refused() {
        for bad in ["orders", "ftp://orders", "http://", "/internal", ""] {
            assert!(Remote::at(bad, &[1; 32]).is_err(), "{bad}");
        }
        assert!(Remote::at("http://orders:8080", &[1; 32]).is_ok());
    }
}
