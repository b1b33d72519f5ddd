//! The collector.
//!
//! Always true: that it takes nothing is said once, and again after it took something.

use super::{OtlpError, lost};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use std::error::Error;
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(5);

pub(super) struct Collector {
    client: Client,
    traces: Url,
    resource: ResourceAttributesWithSchema,
    is_away: bool,
}

impl Collector {
    /// The one at `url`, that hears of `resource`.
    pub(super) fn at(url: &str, resource: &Resource) -> Result<Self, OtlpError> {
        let mut traces = Url::parse(url).map_err(|_| OtlpError::Url)?;
        if !matches!(traces.scheme(), "http" | "https") || traces.host().is_none() {
            return Err(OtlpError::Url);
        }
        let path = format!("{}/v1/traces", traces.path().trim_end_matches('/'));
        traces.set_path(&path);
        // Fails only when another part of the program installed it before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .timeout(LONGEST)
            .build()
            .map_err(|error| OtlpError::Client(error.to_string()))?;
        Ok(Self {
            client,
            traces,
            resource: resource.into(),
            is_away: false,
        })
    }

    /// Sends these, or loses them.
    pub(super) async fn send(&mut self, spans: Vec<SpanData>) {
        let count = spans.len();
        let sent = self.post(spans).await;
        let was_away = std::mem::replace(&mut self.is_away, sent.is_err());
        match sent {
            Ok(()) if was_away => tracing::info!("traces reach the collector again"),
            Ok(()) => {}
            Err(error) => {
                lost("not_taken", count);
                if !was_away {
                    tracing::warn!(error, "traces do not reach the collector, and are lost");
                }
            }
        }
    }

    async fn post(&self, spans: Vec<SpanData>) -> Result<(), String> {
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        };
        let answer = self
            .client
            .post(self.traces.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(request.encode_to_vec())
            .send()
            .await
            .map_err(|error| reason(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("it answered {status}"));
        }
        let body = answer.bytes().await.map_err(|error| reason(&error))?;
        let taken = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        match taken.partial_success {
            Some(partial) if partial.rejected_spans > 0 => Err(format!(
                "it refused {}: {}",
                partial.rejected_spans, partial.error_message
            )),
            _ => Ok(()),
        }
    }
}

/// What is at the bottom of it; above that stands the address, with its password.
fn reason(error: &reqwest::Error) -> String {
    let mut bottom: &dyn Error = error;
    while let Some(below) = bottom.source() {
        bottom = below;
    }
    bottom.to_string()
}
