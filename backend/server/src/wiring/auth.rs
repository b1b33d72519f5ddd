//! Assembles the service `auth`: its adapters, routes, consumers and jobs.

use crate::config::Config;
use crate::context::{Context, Secrets};
use crate::http;
use crate::service::{Job, Service};
use anyhow::Context as _;
use gateline_adapters::sqlite::{Db, SqliteAuthStore};
use gateline_core::auth::{Auth, AuthSettings, Email};
use gateline_core::shared::{Answers, Clock, cores};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CLEANING_EVERY: Duration = Duration::from_secs(3600);

pub(super) fn build(
    config: &Config,
    secrets: &Secrets,
    db: &Db,
    answers: &Arc<dyn Answers>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Auth> {
    let admins = config.admin_emails.iter().map(|text| Email::parse(text));
    let admins: Result<Vec<Email>, _> = admins.collect();
    let settings = AuthSettings {
        token_secret: secrets.token,
        session_ttl_ms: milliseconds(config.session_ttl_seconds),
        token_ttl_ms: milliseconds(config.token_ttl_seconds),
        admins: admins.context("admin_emails")?,
        attempts: config.sign_in_attempts,
        parallel_hashes: cores(),
    };
    let store = Arc::new(SqliteAuthStore(db.clone()));
    let (answers, clock) = (Arc::clone(answers), Arc::clone(clock));
    Ok(Auth::new(store, answers, clock, settings)?)
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).map_or(i64::MAX, |seconds| seconds.saturating_mul(1000))
}

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let auth = Arc::clone(&context.auth);
    let cleaning = Job::new("auth-sessions", move |stop| clean(auth, stop));
    Ok(Service::named("auth")
        .with_routes(http::auth::routes(context))
        .with_job(cleaning))
}

/// Grants what the configuration grants, then forgets expired sessions now and
/// then.
async fn clean(auth: Arc<Auth>, stop: CancellationToken) {
    if let Err(error) = auth.grant_configured_admins().await {
        tracing::error!(%error, "configured admins could not be granted");
    }
    loop {
        match auth.forget_expired_sessions().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot expired sessions"),
            Err(error) => tracing::warn!(%error, "expired sessions stay for now"),
        }
        tokio::select! {
            () = tokio::time::sleep(CLEANING_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}
