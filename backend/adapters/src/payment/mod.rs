//! Payment gateways.

mod test_gateway;

pub(crate) use test_gateway::refusal;
pub use test_gateway::{Books, DueWebhook, Entry, State, TestGateway, Webhook, WebhookSink};
