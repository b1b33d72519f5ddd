//! The attendee lists: read as a stream, page by page into the store. A stream
//! that breaks off is taken up again where the last whole page ended. The index
//! of the search follows behind.

use super::pages::PageReader;
use super::{Connected, SyncError, Syncer, Tally, is_over, lock};
use crate::store::progress::server_time;
use crate::store::{FIRST_PIECE, PIECE, PageFate, Store, StoreError};
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::{Cursor, FeedPage};
use std::sync::Arc;

/// A list that moves this often while it is read is left for the next exchange.
const MOST_STREAMS: u32 = 50;

impl Syncer {
    /// Reads every list that is not at its end yet.
    pub(super) async fn read_lists(
        &self,
        connected: &Connected,
        tally: &mut Tally,
    ) -> Result<(), SyncError> {
        let now = self.clock.now();
        let behind = lock(&self.behind).clone();
        let events: Vec<EventId> = self
            .store
            .call(move |store| {
                let Some(known) = store.known()? else {
                    return Ok(Vec::new());
                };
                let now = server_time(store.db(), now)?;
                let mut wanted = Vec::new();
                for event in &known.manifest.events {
                    let complete = store.feed(event.event)?.is_some_and(|feed| feed.complete);
                    let behind = behind.contains(&event.event);
                    if !is_over(event.ends_at, now) && (!complete || behind) {
                        wanted.push(event.event);
                    }
                }
                Ok::<_, StoreError>(wanted)
            })
            .await?;
        for event in events {
            self.read_list(connected, event, tally).await?;
            lock(&self.behind).remove(&event);
        }
        Ok(())
    }

    async fn read_list(
        &self,
        connected: &Connected,
        event: EventId,
        tally: &mut Tally,
    ) -> Result<(), SyncError> {
        for _ in 0..MOST_STREAMS {
            let feed = self.store.call(move |store| store.feed(event)).await?;
            let mut list = Arriving {
                event,
                first: feed.is_none_or(|feed| feed.is_first()),
                asked: feed.map(|feed| feed.cursor),
                pages: Vec::new(),
                entries: 0,
            };
            let before = tally.entries_read;
            let end = self.read_stream(connected, &mut list, tally).await;
            // What came before the stream broke off is kept.
            let fate = self.write(&mut list, tally).await?;
            match (fate, end?) {
                (PageFate::Applied, StreamEnd::Complete) => return Ok(()),
                (PageFate::Overtaken, _) | (_, StreamEnd::Overtaken) => {}
                (_, StreamEnd::Early) if tally.entries_read > before => {}
                (_, StreamEnd::Early) => return Err(SyncError::Truncated),
            }
        }
        Ok(())
    }

    async fn read_stream(
        &self,
        connected: &Connected,
        list: &mut Arriving,
        tally: &mut Tally,
    ) -> Result<StreamEnd, SyncError> {
        let sent_ms = self.clock.steady_ms();
        let mut response = connected.client.feed(list.event, list.asked).await?;
        self.answered(sent_ms);
        let mut pages = PageReader::new()?;
        while let Some(bytes) = response.chunk().await? {
            pages.feed(&bytes)?;
            while let Some(page) = pages.next()? {
                if page.event != list.event {
                    return Err(SyncError::NotGateline);
                }
                let more = page.more;
                list.entries += page.entries.len();
                list.pages.push(page);
                let full = !list.first || list.entries >= FIRST_PIECE;
                if full && self.write(list, tally).await? == PageFate::Overtaken {
                    return Ok(StreamEnd::Overtaken);
                }
                if !more {
                    return Ok(StreamEnd::Complete);
                }
            }
        }
        Ok(StreamEnd::Early)
    }

    /// Writes the pages that have arrived.
    async fn write(&self, list: &mut Arriving, tally: &mut Tally) -> Result<PageFate, SyncError> {
        let pages = std::mem::take(&mut list.pages);
        let entries = std::mem::take(&mut list.entries) as u64;
        let asked = list.asked;
        let Some(last) = pages.last() else {
            return Ok(PageFate::Applied);
        };
        list.asked = Some(last.end());
        let mut fate = PageFate::Applied;
        if list.first {
            let now = self.clock.now();
            let write = move |store: &mut Store| store.apply_pages(asked, &pages, now);
            fate = self.store.call(write).await?;
        } else {
            let mut asked = asked;
            for page in pages {
                let end = page.end();
                fate = self.apply_page(asked, page).await?;
                if fate == PageFate::Overtaken {
                    break;
                }
                asked = Some(end);
            }
        }
        if fate == PageFate::Applied {
            tally.entries_read += entries;
        }
        Ok(fate)
    }

    /// Writes a page in pieces, each in a transaction of its own, so that scans
    /// find their way between them.
    pub(super) async fn apply_page(
        &self,
        asked: Option<Cursor>,
        page: FeedPage,
    ) -> Result<PageFate, SyncError> {
        let page = Arc::new(page);
        let now = self.clock.now();
        let mut from = 0;
        loop {
            let piece = Arc::clone(&page);
            let fate = self
                .store
                .call(move |store| store.apply_piece(asked, &piece, from, now))
                .await?;
            from += PIECE;
            if fate == PageFate::Overtaken || from >= page.entries.len() {
                return Ok(fate);
            }
        }
    }

    /// Sweeps leftovers of older lists, and wipes lists of events that are over
    /// or that the manifest does not have any more.
    pub(super) async fn tidy_lists(&self) -> Result<(), SyncError> {
        let now = self.clock.now();
        let feeds = self
            .store
            .call(move |store| {
                let known = store.known()?;
                let now = server_time(store.db(), now)?;
                let open = |event: EventId| {
                    known.as_ref().is_some_and(|known| {
                        let mut events = known.manifest.events.iter();
                        events.any(|it| it.event == event && !is_over(it.ends_at, now))
                    })
                };
                let feeds = store.feeds()?.into_iter();
                Ok::<_, StoreError>(
                    feeds
                        .map(|feed| (feed, open(feed.cursor.event)))
                        .collect::<Vec<_>>(),
                )
            })
            .await?;
        for (feed, open) in feeds {
            let event = feed.cursor.event;
            let mut after: Option<Serial> = None;
            while !open || feed.has_leftovers() {
                after = self
                    .store
                    .call(move |store| match open {
                        true => store.sweep(event, after),
                        false => store.wipe_list(event, after),
                    })
                    .await?;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// A list on its way into the store.
struct Arriving {
    event: EventId,
    /// The event's first: its pages are written many at a time.
    first: bool,
    /// Where the pages that wait to be written begin.
    asked: Option<Cursor>,
    pages: Vec<FeedPage>,
    entries: usize,
}

enum StreamEnd {
    /// The list is up to date.
    Complete,
    /// The list moved while the stream was read.
    Overtaken,
    /// The stream ended before the list did.
    Early,
}
