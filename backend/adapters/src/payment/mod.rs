//! Payment gateways.

mod test_gateway;

pub use test_gateway::{SCHEMA as TEST_GATEWAY_SCHEMA, TestGateway, WebhookSink};
