//! Asking the server about one admission. The answer counts only if it comes
//! before the gate shows its own; which of the two was first is settled once,
//! so a guest who was shown green is never withdrawn afterwards.

use super::absorb::{Exchange, Sent};
use super::{SyncError, Syncer, compare_clocks, lock};
use crate::store::StoreError;
use gateline_common::decision::Answer;
use gateline_common::ids::EventId;
use gateline_common::sync::ConfirmRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Records that may travel with the scan in question; behind a longer backlog
/// the server is not asked.
const MOST_WITH_IT: usize = 200;
const MOST_BYTES: usize = 128 << 10;

/// Settles who answers first: the server or the deadline.
#[derive(Debug, Default, Clone)]
pub(crate) struct Asked(Arc<AtomicBool>);

impl Asked {
    /// True for the first who asks.
    pub(crate) fn settle(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

impl Syncer {
    /// Sends the log up to record `seq`, an admission, and keeps what comes
    /// back. Answers the server's decision if it came in time: red is on the
    /// chain as a withdrawal then. `None` when it came too late or there is too
    /// much to send before.
    pub(crate) async fn confirm(
        &self,
        event: EventId,
        seq: u64,
        asked: Asked,
    ) -> Result<Option<Answer>, SyncError> {
        let result = self.ask(event, seq, asked).await;
        if let Err(error) = &result {
            tracing::debug!(code = error.code(), %error, "an admission was not confirmed");
            self.link().failed(error);
            self.nudge();
        }
        result
    }

    async fn ask(
        &self,
        event: EventId,
        seq: u64,
        asked: Asked,
    ) -> Result<Option<Answer>, SyncError> {
        let _turn = self.asking.lock().await;
        let connected = self.connected().await?;
        let (sent, cursor, manifest_version) = self
            .store
            .call(move |store| {
                let sent = Sent::next(store, MOST_WITH_IT, MOST_BYTES, Some(seq))?;
                let feed = store.feed(event)?.filter(|feed| feed.complete);
                let version = store.manifest_version()?;
                Ok::<_, StoreError>((sent, feed.map(|feed| feed.cursor), version))
            })
            .await?;
        let Some(batch) = sent
            .batch(&connected.who)
            .filter(|_| sent.last_seq() == Some(seq))
        else {
            self.nudge();
            return Ok(None);
        };
        let request = ConfirmRequest {
            batch,
            cursor,
            manifest_version,
        };
        let sent_ms = self.clock.steady_ms();
        let answer = connected.client.confirm(&request).await?;
        let in_time = asked.settle();
        let clock = compare_clocks(&*self.clock, sent_ms, answer.upload.server_time);
        self.answered(sent_ms);
        let refused = !answer.answer.is_admitted();
        let red = in_time && refused;
        let confirmed = (in_time && !refused).then_some(seq);
        let withdraw = red.then(|| (seq, answer.answer.clone()));
        let (at, went_back_to) = (self.clock.now(), *lock(&self.went_back_to));
        let newer_manifest = answer.upload.manifest_version > manifest_version;
        let mut upload = answer.upload;
        if refused && !in_time {
            // Green was shown all the same. The record goes up once more, by
            // itself: that tells the server that its answer was not the gate's.
            upload.outcomes.retain(|outcome| outcome.seq != seq);
        }
        let absorbed = self
            .store
            .call(move |store| {
                let exchange = Exchange {
                    who: &connected.who,
                    sent: &sent,
                    asked: cursor.as_slice(),
                    answer: &upload,
                    at,
                    clock,
                    withdraw,
                    confirmed,
                    went_back_to,
                };
                exchange.absorb(store)
            })
            .await?;
        // Long lists and a new manifest are for the loop.
        let mut behind = absorbed.behind;
        behind.extend(absorbed.big_pages.iter().map(|(_, page)| page.event));
        if refused || newer_manifest || !behind.is_empty() {
            self.nudge();
        }
        lock(&self.behind).extend(behind);
        Ok(in_time.then_some(answer.answer))
    }
}
