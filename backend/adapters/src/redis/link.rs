//! The connection to Redis, shared by all that ask there.
//!
//! Always true: asking takes no longer than [`PATIENCE`], and while Redis is
//! away next to nothing, because only one caller in [`TRY_EVERY`] still tries.

use gateline_core::shared::StoreError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, ScriptInvocation};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_millis(500);
const TRY_EVERY: Duration = Duration::from_millis(250);

/// Why Redis did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// The address cannot be read.
    #[error("this is no address of a Redis server: {0}")]
    Url(String),
    /// It is away, or refuses.
    #[error("Redis: {0}")]
    Away(String),
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        match error {
            RedisError::Url(_) => Self::Failed(error.to_string()),
            RedisError::Away(_) => Self::Away(error.to_string()),
        }
    }
}

/// A server, and what our keys there begin with.
#[derive(Clone)]
pub struct RedisServer {
    pub(super) client: Client,
    prefix: Arc<str>,
    manager: ConnectionManager,
    outage: Arc<Mutex<Option<Outage>>>,
}

struct Outage {
    begun: Instant,
    next_try: Instant,
}

impl RedisServer {
    /// At `url` (`redis://…`). Connects when it is first asked, so that it may be
    /// away now. Must be called within a runtime.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn at(url: &str, prefix: &str) -> Result<Self, RedisError> {
        let wrong = |error: redis::RedisError| RedisError::Url(error.to_string());
        let client = Client::open(url).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            // Each try is made by somebody who asks.
            .set_number_of_retries(0);
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config);
        Ok(Self {
            manager: manager.map_err(wrong)?,
            client,
            prefix: prefix.into(),
            outage: Arc::default(),
        })
    }

    /// The full name of a key.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Is it there?
    ///
    /// # Errors
    /// When it is not.
    pub async fn check(&self) -> Result<(), RedisError> {
        let _: String = self.ask(&redis::cmd("PING")).await?;
        Ok(())
    }

    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        self.answered(command.query_async(&mut manager)).await
    }

    /// Runs a script: all of it, with nothing in between.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        self.answered(script.invoke_async(&mut manager)).await
    }

    async fn answered<T>(
        &self,
        asking: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, RedisError> {
        if self.is_away() {
            return Err(RedisError::Away("it was away a moment ago".into()));
        }
        let answer = tokio::time::timeout(PATIENCE, asking).await;
        let why = match answer {
            Ok(Ok(answer)) => {
                self.note_answer();
                return Ok(answer);
            }
            // It answers, only not what was hoped for.
            Ok(Err(error)) if error.kind() == redis::ErrorKind::UnexpectedReturnType => {
                return Err(RedisError::Away(error.to_string()));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer in time".to_owned(),
        };
        self.note_outage(&why);
        Err(RedisError::Away(why))
    }

    /// Is it away, and somebody else's turn to try?
    fn is_away(&self) -> bool {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match outage.as_mut() {
            Some(outage) if now < outage.next_try => true,
            Some(outage) => {
                outage.next_try = now + TRY_EVERY;
                false
            }
            None => false,
        }
    }

    fn note_answer(&self) {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outage) = outage.take() {
            metrics::gauge!("gateline_redis_connected").set(1.0);
            let seconds = outage.begun.elapsed().as_secs_f64();
            tracing::info!(seconds, "Redis is back");
        }
    }

    fn note_outage(&self, why: &str) {
        metrics::counter!("gateline_redis_failures_total").increment(1);
        metrics::gauge!("gateline_redis_connected").set(0.0);
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let next_try = Instant::now() + TRY_EVERY;
        match outage.as_mut() {
            Some(outage) => outage.next_try = next_try,
            None => {
                let begun = Instant::now();
                *outage = Some(Outage { begun, next_try });
                tracing::error!(
                    error = why,
                    "Redis is away: limits are counted by each process for itself, caches are \
                     passed by, and others hear of changes later"
                );
            }
        }
    }
}
