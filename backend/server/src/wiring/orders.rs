//! Assembles the service `orders`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::service::Service;

pub(crate) fn service(_context: &Context) -> anyhow::Result<Service> {
    Ok(Service::named("orders"))
}
