//! Exchanges with the server that somebody asks for; the loop in the background has
//! its own.

use super::{Answered, Controller, ControllerError, GuiIntegration, SyncSummary, Trouble};
use crate::store::StoreError;
use crate::sync::{SyncError, Tally};
use std::time::Duration;

impl<I: GuiIntegration> Controller<I> {
    /// Exchanges everything with the server now.
    ///
    /// # Errors
    /// `NotEnrolled`, `Store`. A failed exchange is no error: the summary says
    /// what went wrong, and nothing is lost.
    pub async fn sync_now(&self) -> Answered<SyncSummary> {
        self.sync_within(None).await
    }

    /// Asks for at most `limit` whether the server is there; the status says what
    /// came of it. Nothing is sent or fetched. Before the enrolment nobody is asked.
    ///
    /// # Errors
    /// `Store` when the store cannot be read or written.
    pub async fn ask_server(&self, limit: Duration) -> Answered<()> {
        match self.syncer.ask_server(limit).await {
            Err(SyncError::Store(StoreError::NotEnrolled)) => Ok(()),
            Err(error @ SyncError::Store(_)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    pub(super) async fn sync_within(&self, limit: Option<Duration>) -> Answered<SyncSummary> {
        self.syncer.connected().await?;
        let mut tally = Tally::default();
        let result = match limit {
            None => self.syncer.exchange(&mut tally).await,
            Some(limit) => tokio::time::timeout(limit, self.syncer.exchange(&mut tally))
                .await
                .unwrap_or(Err(SyncError::Timeout)),
        };
        let (progress, manifest_version) = self
            .store
            .call(|store| Ok::<_, ControllerError>((store.progress()?, store.manifest_version()?)))
            .await?;
        Ok(SyncSummary {
            complete: result.is_ok() && progress.waiting == 0,
            trouble: result.err().map(|error| Trouble {
                code: error.code().to_owned(),
                message: error.to_string(),
            }),
            records_sent: tally.records_sent,
            scans_waiting: progress.waiting,
            quarantined: progress.set_aside,
            entries_read: tally.entries_read,
            manifest_version,
            clock_offset_ms: progress.clock.offset_ms,
        })
    }
}
