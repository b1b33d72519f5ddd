//! HTTP of payments and webhooks of gateways.
