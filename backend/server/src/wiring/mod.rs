//! Assembles the enabled services. The only place (with its children) that
//! names concrete adapters.

mod auth;
mod checkin;
mod events;
mod expiration;
mod mail;
mod orders;
mod payments;
mod tickets;

use crate::config::ServiceName;
use crate::context::Context;
use crate::service::Service;

/// Every enabled service, assembled.
///
/// # Errors
/// When a service cannot be set up as configured.
pub(crate) fn services(context: &Context) -> anyhow::Result<Vec<Service>> {
    let enabled = context.config.services.iter();
    enabled.map(|name| service(*name, context)).collect()
}

fn service(name: ServiceName, context: &Context) -> anyhow::Result<Service> {
    match name {
        ServiceName::Auth => auth::service(context),
        ServiceName::Events => events::service(context),
        ServiceName::Orders => orders::service(context),
        ServiceName::Expiration => expiration::service(context),
        ServiceName::Payments => payments::service(context),
        ServiceName::Tickets => tickets::service(context),
        ServiceName::CheckIn => checkin::service(context),
        ServiceName::Mail => mail::service(context),
    }
}
