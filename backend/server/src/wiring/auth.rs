//! Assembles the service `auth`: its adapters, routes, consumers and jobs; and how
//! the others ask it who holds a token.

use super::Engines;
use super::engines::{embedded, own};
use crate::config::Config;
use crate::context::{Context, Secrets};
use crate::http;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use anyhow::Context as _;
use gateline_adapters::mongo::MongoAuthStore;
use gateline_adapters::redis::RedisRevocations;
use gateline_adapters::remote::{Remote, RemoteIdentity};
use gateline_adapters::sqlite::SqliteAuthStore;
use gateline_core::auth::{Auth, AuthSettings, AuthStore, Email, Identify};
use gateline_core::shared::{Clock, cores};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CLEANING_EVERY: Duration = Duration::from_secs(3600);

pub(super) async fn build(
    config: &Config,
    secrets: &Secrets,
    engines: &Engines,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(Arc<Auth>, Kernel)> {
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
    let (store, kernel): (Arc<dyn AuthStore>, Kernel) = match engines {
        Engines::Embedded(db) => (Arc::new(SqliteAuthStore(db.clone())), embedded(db)),
        Engines::Distributed(engines) => {
            let db = MongoAuthStore::open(&engines.mongo).await?;
            (Arc::new(MongoAuthStore(db.clone())), own("auth", &db))
        }
    };
    let answers = Arc::clone(&kernel.answers);
    let mut auth = Auth::new(store, answers, Arc::clone(clock), settings)?;
    if let Engines::Distributed(engines) = engines {
        auth = auth.with_revocations(Arc::new(RedisRevocations::new(engines.redis.clone())));
    }
    Ok((Arc::new(auth), kernel))
}

/// Asks the auth service of another process.
pub(super) fn elsewhere(config: &Config, secrets: &Secrets) -> anyhow::Result<Arc<dyn Identify>> {
    let url = config.auth_url.as_deref().context("auth_url")?;
    let remote = Remote::at(url, &secrets.services).context("auth_url")?;
    Ok(Arc::new(RemoteIdentity::asking(remote)))
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).map_or(i64::MAX, |seconds| seconds.saturating_mul(1000))
}

pub(super) fn service(context: &Context, auth: Arc<Auth>, kernel: Kernel) -> Service {
    let cleaned = Arc::clone(&auth);
    let cleaning = Job::new("auth-sessions", move |stop| {
        clean(Arc::clone(&cleaned), stop)
    });
    Service::named("auth", kernel)
        .with_routes(http::auth::routes(context, &auth))
        .with_internal(http::internal::identity(context))
        .with_job(cleaning)
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
