//! What every service's wiring builds upon.

use crate::config::Config;
use gateline_core::auth::Identify;
use gateline_core::shared::Clock;
use gateline_core::shared::printing::TicketPrinter;
use gateline_core::shared::rate::RateLimits;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The surroundings that all services of this process share.
#[derive(Clone)]
pub struct Context {
    /// The configuration.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who holds a token.
    pub identity: Arc<dyn Identify>,
    /// How much each account and device has asked.
    pub rates: Arc<dyn RateLimits>,
    /// Draws tickets.
    pub printer: Arc<dyn TicketPrinter>,
    /// Secrets of this installation.
    pub secrets: Secrets,
    /// Cancelled when the server stops accepting: long-lived answers
    /// (server-sent events) end then.
    pub stopping: CancellationToken,
}

/// Secrets of this installation.
#[derive(Clone, Copy)]
pub struct Secrets {
    /// Signs access tokens.
    pub token: [u8; 32],
    /// Makes fingerprints of idempotent requests unguessable.
    pub fingerprint: [u8; 32],
    /// Proves to a service that another one asks.
    pub services: [u8; 32],
}
