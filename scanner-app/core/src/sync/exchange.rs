//! One whole exchange: everything that waits goes up in bounded batches, the
//! manifest and the lists come down until both sides are up to date.

use super::absorb::{Exchange, Sent};
use super::{Connected, SyncError, Syncer, compare_clocks, is_over, lock, manifest};
use crate::store::{Store, StoreError, progress};
use gateline_common::sync::{Cursor, FrameError, UploadAnswer, UploadRequest};
use std::sync::Arc;
use std::time::Duration;

const MOST_RECORDS: usize = 400;
const MOST_BYTES: usize = 256 << 10;
/// Lists in one exchange.
const MOST_CURSORS: usize = 32;

/// What an exchange did, also when it broke off.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) records_sent: u64,
    pub(crate) entries_read: u64,
}

impl Syncer {
    /// Exchanges everything; one exchange runs at a time.
    pub(crate) async fn exchange(&self, tally: &mut Tally) -> Result<(), SyncError> {
        let _running = self.running.lock().await;
        let result = match self.exchange_all(tally).await {
            Err(SyncError::UnprovenRevocation(_)) => Err(self.settle_revocation().await),
            other => other,
        };
        if let Err(error) = &result
            && !matches!(error, SyncError::Store(StoreError::NotEnrolled))
        {
            tracing::debug!(code = error.code(), %error, "the exchange failed");
            self.link().failed(error);
        }
        self.changed.notify_one();
        self.exchanged.notify_one();
        result
    }

    /// Is the server there? An upload of nothing, which takes at most `limit`.
    pub(crate) async fn ask_server(&self, limit: Duration) -> Result<(), SyncError> {
        let _running = self.running.lock().await;
        let asked = async {
            match self.say_hello().await {
                Err(SyncError::UnprovenRevocation(_)) => Err(self.settle_revocation().await),
                other => other,
            }
        };
        let asked = tokio::time::timeout(limit, asked).await;
        let result = asked.unwrap_or(Err(SyncError::Timeout));
        if let Err(error) = &result {
            self.link().failed(error);
        }
        result
    }

    async fn say_hello(&self) -> Result<(), SyncError> {
        let connected = self.connected().await?;
        let nothing = (Sent::default(), &mut Tally::default());
        let (answer, _) = self.upload(&connected, &nothing.0, &[], nothing.1).await?;
        // A revoked device is told of no manifest at all.
        match answer.manifest_version {
            0 => self.fetch_manifest(&connected).await,
            _ => Ok(()),
        }
    }

    async fn exchange_all(&self, tally: &mut Tally) -> Result<(), SyncError> {
        let connected = self.connected().await?;
        if connected.who.revoked_at.is_some() {
            self.upload_all(&connected, &[], tally).await?;
            return Err(SyncError::Revoked);
        }
        let cursors = self.cursors().await?;
        let newest = self.upload_all(&connected, &cursors, tally).await?;
        let held = self.store.call(|store| store.manifest_version()).await?;
        // Another version may be a newer one, a server that was restored, or one
        // that tells a revoked device nothing any more.
        let manifest = match newest == held {
            true => Ok(()),
            false => self.fetch_manifest(&connected).await,
        };
        if let Err(error @ (SyncError::UnprovenRevocation(_) | SyncError::NotAuthenticated)) =
            manifest
        {
            return Err(error);
        }
        self.read_lists(&connected, tally).await?;
        self.tidy_lists().await?;
        manifest
    }

    /// Sends what waits, batch by batch. Answers the newest manifest's version.
    async fn upload_all(
        &self,
        connected: &Arc<Connected>,
        cursors: &[Cursor],
        tally: &mut Tally,
    ) -> Result<u64, SyncError> {
        let mut most = MOST_RECORDS;
        let mut cursors = cursors.to_vec();
        loop {
            let held = self.held();
            let sent = self
                .store
                .call(move |store| Sent::next(store, most, MOST_BYTES, held.until()))
                .await?;
            match self.upload(connected, &sent, &cursors, tally).await {
                Ok((answer, went_back)) => {
                    tally.records_sent += sent.len() as u64;
                    let over = match went_back {
                        // Of a record that is refused nobody knows when it is taken.
                        true => self.store.call(|it| it.progress()).await?.rejected > 0,
                        false => sent.len() == 0 || self.nothing_waits().await?,
                    };
                    if over {
                        return Ok(answer.manifest_version);
                    }
                    // The lists came with the first answer.
                    cursors.clear();
                    most = MOST_RECORDS;
                }
                // One record that the server cannot take blocks none behind it.
                Err(error) if error.is_about_the_message() && sent.len() > 1 => {
                    most = sent.len() / 2;
                }
                Err(error) if error.is_about_the_message() && sent.len() == 1 => {
                    self.skip(&sent, &error).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a batch and takes the answer in; whether the server turned out to lack
    /// what it had.
    async fn upload(
        &self,
        connected: &Arc<Connected>,
        sent: &Sent,
        cursors: &[Cursor],
        tally: &mut Tally,
    ) -> Result<(UploadAnswer, bool), SyncError> {
        let request = UploadRequest {
            batch: sent.batch(&connected.who),
            cursors: cursors.to_vec(),
            manifest_version: self.store.call(|store| store.manifest_version()).await?,
        };
        let sent_ms = self.clock.steady_ms();
        let answer = connected.client.upload(&request).await?;
        let clock = compare_clocks(&*self.clock, sent_ms, answer.server_time);
        self.answered(sent_ms);
        let entries = answer.feeds.iter().map(|page| page.entries.len() as u64);
        tally.entries_read += entries.sum::<u64>();
        let (kept, sent, asked) = (answer.clone(), sent.clone(), cursors.to_vec());
        let (connected, at) = (Arc::clone(connected), self.clock.now());
        let went_back_to = *lock(&self.went_back_to);
        let absorbed = self
            .store
            .call(move |store| {
                let exchange = Exchange {
                    who: &connected.who,
                    sent: &sent,
                    asked: &asked,
                    answer: &kept,
                    at,
                    clock,
                    withdraw: None,
                    confirmed: None,
                    went_back_to,
                };
                exchange.absorb(store)
            })
            .await?;
        *lock(&self.went_back_to) = absorbed.went_back_to;
        lock(&self.behind).extend(absorbed.behind);
        for (asked, page) in absorbed.big_pages {
            self.apply_page(asked, page).await?;
        }
        if request.batch.is_some() && !absorbed.advanced && !absorbed.went_back {
            // It answered for none of these records: asking on would not end.
            return Err(SyncError::Damaged(FrameError::Damaged));
        }
        Ok((answer, absorbed.went_back))
    }

    async fn nothing_waits(&self) -> Result<bool, SyncError> {
        let sent = self
            .store
            .call(|store| Sent::next(store, MOST_RECORDS, MOST_BYTES, None))
            .await?;
        Ok(sent.len() == 0)
    }

    /// The server does not take this record: it stays in the log, is reported as
    /// refused, and the next ones go on. A server that names it as missing later
    /// gets it again.
    async fn skip(&self, sent: &Sent, error: &SyncError) -> Result<(), SyncError> {
        let Some(seq) = sent.last_seq() else {
            return Ok(());
        };
        tracing::warn!(seq, %error, "the server does not take a record");
        let skip = move |store: &mut Store| {
            store.write(|db| {
                progress::set_aside(db, seq, progress::REJECTED)?;
                progress::set_acknowledged(db, seq)
            })
        };
        Ok(self.store.call::<_, StoreError>(skip).await?)
    }

    async fn fetch_manifest(&self, connected: &Connected) -> Result<(), SyncError> {
        let sent_ms = self.clock.steady_ms();
        let signed = connected.client.manifest().await?;
        self.answered(sent_ms);
        let who = &connected.who;
        let (new, _) = manifest::check(signed, &who.root_key, who.org)?;
        let sent = new.version;
        let held = self
            .store
            .call(move |store| {
                store.keep_manifest(&new)?;
                store.manifest_version()
            })
            .await?;
        if sent < held {
            return Err(SyncError::OldManifest { sent, held });
        }
        Ok(())
    }

    /// Where this device stands in the lists that it follows: the chosen event's
    /// first, then those that were not asked about for the longest time, as many
    /// as one exchange may carry.
    async fn cursors(&self) -> Result<Vec<Cursor>, SyncError> {
        let now = self.clock.now();
        let cursors = self
            .store
            .call(move |store| {
                let known = store.known()?;
                let now = progress::server_time(store.db(), now)?;
                let chosen = store.choice()?.map(|choice| choice.event);
                let mut feeds = store.feeds()?;
                feeds.retain(|feed| {
                    let open = known.as_ref().and_then(|known| {
                        let mut events = known.manifest.events.iter();
                        events.find(|event| event.event == feed.cursor.event)
                    });
                    feed.complete && open.is_some_and(|event| !is_over(event.ends_at, now))
                });
                feeds.sort_by_key(|feed| (Some(feed.cursor.event) != chosen, feed.as_of));
                let cursors = feeds.into_iter().map(|feed| feed.cursor);
                Ok::<_, StoreError>(cursors.take(MOST_CURSORS).collect())
            })
            .await?;
        Ok(cursors)
    }
}
