//! Asking the server until it answers.

use super::journal::{Answer, Journal, Kind};
use crate::places::{Place, Places};
use crate::world::Phase;
use anyhow::{Result, bail};
use gateline_tests::system::{Api, ApiFailure};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Far longer than any start takes, and than many who want the same keep each other
/// from it on a machine that is busy with starting others.
const DEADLINE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(15);

/// A request.
#[derive(Debug, Clone)]
pub enum Request {
    /// GET of a path.
    Get(String),
    /// POST of a body.
    Post(String, Value),
    /// POST of a body under an idempotency key.
    PostOnce(String, String, Value),
    /// PATCH with a body.
    Patch(String, Value),
    /// PUT of a body.
    Put(String, Value),
}

impl Request {
    async fn send(&self, api: &Api) -> Result<Value> {
        match self {
            Self::Get(path) => api.get(path).await,
            Self::Post(path, body) => api.post(path, body).await,
            Self::PostOnce(path, key, body) => api.post_once(path, key, body).await,
            Self::Patch(path, body) => api.patch(path, body).await,
            Self::Put(path, body) => api.put(path, body).await,
        }
    }
}

/// A client of one person.
#[derive(Debug, Clone)]
pub struct Person {
    /// The HTTP client.
    pub api: Api,
    /// What it was told.
    pub journal: Journal,
    /// What is going on.
    pub places: Places,
    /// What everybody is to do.
    pub phase: watch::Receiver<Phase>,
}

impl Person {
    /// Sends a request until it is answered. An answer that promises nothing (5xx,
    /// too many requests) counts as lost.
    ///
    /// # Errors
    /// When nobody answers for very long.
    pub async fn ask(
        &self,
        kind: Kind,
        place: Place,
        asked: &Value,
        request: &Request,
    ) -> Result<Answer> {
        let (n, start) = (self.journal.asked(kind, asked)?, Instant::now());
        loop {
            let answer = {
                let _here = self.places.enter(place, None);
                request.send(&self.api).await
            };
            let failure = match answer {
                Ok(said) => {
                    self.journal.said(n, &said)?;
                    return Ok(Answer::Said(said));
                }
                Err(failure) => failure,
            };
            if let Some(refusal) = failure.downcast_ref::<ApiFailure>()
                && refusal.status.is_client_error()
                && refusal.status.as_u16() != 429
            {
                let (status, code) = (refusal.status.as_u16(), refusal.code.clone());
                self.journal.refused(n, status, &code)?;
                return Ok(Answer::Refused { status, code });
            }
            self.journal.lost(n)?;
            if start.elapsed() > DEADLINE {
                bail!("no answer to {kind:?} {asked}: {failure:#}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits while nothing new is to be begun; false when it is over.
    pub async fn may_begin(&mut self) -> bool {
        let go = self.phase.wait_for(|phase| *phase != Phase::Pause).await;
        go.is_ok_and(|phase| *phase == Phase::Go)
    }
}
