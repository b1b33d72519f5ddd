//! Assembles the enabled services. The only place (with its children) that
//! names concrete adapters.

mod auth;
mod checkin;
mod events;
mod expiration;
mod mail;
mod orders;
mod payments;
mod pricing;
mod tickets;

use crate::config::{Config, ServiceName};
use crate::context::Context;
use crate::secrets;
use crate::service::Service;
use anyhow::Context as _;
use gateline_adapters::bus::{Disorder, InProcessBus};
use gateline_adapters::documents::Printer;
use gateline_adapters::private;
use gateline_adapters::rate::InProcessRates;
use gateline_adapters::sqlite::{Db, SqliteAnswers, SqliteOutbox, SqliteRetention};
use gateline_core::shared::{Answers, Bus, Clock, Consumer, Retention};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Opens the store and what all services share.
///
/// # Errors
/// When the data folder or the store cannot be used.
pub(crate) fn open(
    config: Config,
    clock: Arc<dyn Clock>,
    stopping: CancellationToken,
) -> anyhow::Result<Context> {
    let folder = &config.data;
    private::make_folder(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    let secrets = secrets::load(folder)?;
    let db = Db::open_with(&folder.join("gateline.db"), &config.store_key_file())
        .with_context(|| format!("cannot open the store in {}", folder.display()))?;
    let printer = Printer::new(config.print_fonts.as_deref()).context("print_fonts")?;
    let answers: Arc<dyn Answers> = Arc::new(SqliteAnswers(db.clone()));
    let auth = auth::build(&config, &secrets, &db, &answers, &clock)?;
    Ok(Context {
        config: Arc::new(config),
        outbox: Arc::new(SqliteOutbox(db.clone())),
        auth: Arc::new(auth),
        rates: Arc::new(InProcessRates::default()),
        printer: Arc::new(printer),
        answers,
        clock,
        db,
        secrets,
        stopping,
    })
}

/// The bus over these consumers.
pub(crate) fn bus(consumers: Vec<Consumer>, disorder: Option<u64>) -> Arc<dyn Bus> {
    match disorder {
        Some(seed) => Arc::new(InProcessBus::with_disorder(consumers, Disorder::new(seed))),
        None => Arc::new(InProcessBus::new(consumers)),
    }
}

/// Who forgets what the kernel keeps only for a while.
pub(crate) fn retention(context: &Context) -> Arc<dyn Retention> {
    Arc::new(SqliteRetention(context.db.clone()))
}

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
        ServiceName::Pricing => pricing::service(context),
        ServiceName::Tickets => tickets::service(context),
        ServiceName::CheckIn => checkin::service(context),
        ServiceName::Mail => mail::service(context),
    }
}
