//! Assembles the enabled services. The only place (with its children) that
//! names concrete adapters.

mod auth;
pub(crate) mod bus;
mod checkin;
mod engines;
mod events;
mod expiration;
mod mail;
mod orders;
mod payments;
mod people;
mod pricing;
mod tickets;
mod traces;

pub(crate) use engines::Engines;
pub use traces::Traces;

use crate::config::{Config, ServiceName};
use crate::context::Context;
use crate::kernel::Kernel;
use crate::secrets;
use crate::service::Service;
use anyhow::Context as _;
use gateline_adapters::documents::Printer;
use gateline_core::auth::{Auth, Identify};
use gateline_core::shared::Clock;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the services of this process stand on.
pub(crate) struct Foundation {
    /// What they share.
    pub(crate) context: Context,
    /// Where they keep their state.
    pub(crate) engines: Engines,
    /// Accounts, with the kernel of their database, if they are kept here.
    pub(crate) auth: Option<(Arc<Auth>, Kernel)>,
}

/// Opens the stores and what all services share.
///
/// # Errors
/// When the data folder or a store cannot be used.
pub(crate) async fn open(
    config: Config,
    clock: Arc<dyn Clock>,
    stopping: CancellationToken,
) -> anyhow::Result<Foundation> {
    let engines = Engines::open(&config).await?;
    let secrets = secrets::load(&config)?;
    let printer = Printer::new(config.print_fonts.as_deref()).context("print_fonts")?;
    let auth = match config.runs(ServiceName::Auth) {
        true => Some(auth::build(&config, &secrets, &engines, &clock).await?),
        false => None,
    };
    let identity: Arc<dyn Identify> = match &auth {
        Some((auth, _)) => Arc::clone(auth) as Arc<dyn Identify>,
        None => auth::elsewhere(&config, &secrets)?,
    };
    let context = Context {
        config: Arc::new(config),
        identity,
        rates: engines.rates(),
        printer: Arc::new(printer),
        clock,
        secrets,
        stopping,
    };
    Ok(Foundation {
        context,
        engines,
        auth,
    })
}

impl Foundation {
    /// Every enabled service, assembled.
    ///
    /// # Errors
    /// When a service cannot be set up as configured.
    pub(crate) async fn services(&self) -> anyhow::Result<Vec<Service>> {
        let mut services = Vec::new();
        for name in &self.context.config.services {
            let service = self.service(*name).await;
            services.push(service.with_context(|| format!("the service {name}"))?);
        }
        Ok(services)
    }

    async fn service(&self, name: ServiceName) -> anyhow::Result<Service> {
        let (context, engines) = (&self.context, &self.engines);
        match name {
            ServiceName::Auth => {
                let (auth, kernel) = self.auth.clone().context("accounts are not kept here")?;
                Ok(auth::service(context, auth, kernel))
            }
            ServiceName::Events => events::service(context, engines).await,
            ServiceName::Orders => orders::service(context, engines).await,
            ServiceName::Expiration => expiration::service(context, engines).await,
            ServiceName::Payments => payments::service(context, engines).await,
            ServiceName::Pricing => pricing::service(context, engines).await,
            ServiceName::Tickets => tickets::service(context, engines).await,
            ServiceName::CheckIn => checkin::service(context, engines).await,
            ServiceName::Mail => mail::service(context, engines).await,
        }
    }
}
