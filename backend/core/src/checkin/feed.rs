//! The attendee feed for devices: snapshot and deltas are the same query.

use super::CheckIn;
use super::device::Device;
use super::error::CheckInError;
use super::event::EventState;
use super::ports::FeedRun;
use gateline_common::ids::{EventId, FeedGeneration};
use gateline_common::sync::{Cursor, FeedPage};

/// Entries of one page of a snapshot.
pub const PAGE_ENTRIES: u32 = 2_000;
/// Entries of one page in the answer to an upload.
const DELTA_ENTRIES: u32 = 500;

/// Where a reader of the feed stands: nowhere yet, or at a position of a history.
pub type Standing = Option<(FeedGeneration, u64)>;

impl CheckIn {
    /// The page after `standing` for an enrolled device. Of another history, or
    /// beyond its end (the server was put back to a copy), it begins anew.
    ///
    /// # Errors
    /// `DeviceRevoked`; `NotFound` for an event that its organization does not
    /// let gates see.
    pub async fn feed_page(
        &self,
        device: &Device,
        event: EventId,
        standing: Standing,
    ) -> Result<FeedPage, CheckInError> {
        if device.revoked_at.is_some() {
            return Err(CheckInError::DeviceRevoked);
        }
        let page = self.page(device, event, standing, PAGE_ENTRIES).await?;
        page.ok_or(CheckInError::NotFound("event"))
    }

    /// The same for a cursor of an exchange; nothing for an event that is gone.
    pub(super) async fn feed_since(
        &self,
        device: &Device,
        cursor: &Cursor,
    ) -> Result<Option<FeedPage>, CheckInError> {
        let standing = Some((cursor.generation, cursor.position));
        self.page(device, cursor.event, standing, DELTA_ENTRIES)
            .await
    }

    async fn page(
        &self,
        device: &Device,
        event: EventId,
        standing: Standing,
        limit: u32,
    ) -> Result<Option<FeedPage>, CheckInError> {
        let state = self.store.event(event).await?;
        let own = |state: &EventState| state.is_open() && state.org() == Some(device.org);
        let Some(state) = state.filter(own) else {
            return Ok(None);
        };
        let position = standing.map_or(0, |(_, position)| position);
        let Some(run) = self.store.feed(event, position, limit).await? else {
            return Ok(None);
        };
        let upto = match standing {
            None => Some(0),
            Some((generation, _)) if generation == run.head.generation => Some(run.head.position),
            Some((generation, _)) => self.store.past_generation(event, generation).await?,
        };
        if upto.is_some_and(|upto| position <= upto) {
            return Ok(Some(page_of(&state, run, position, standing.is_none())));
        }
        let anew = self.store.feed(event, 0, limit).await?;
        Ok(anew.map(|run| page_of(&state, run, 0, true)))
    }
}

fn page_of(state: &EventState, run: FeedRun, after: u64, reset: bool) -> FeedPage {
    let policy = state.manifest.as_ref().map(|manifest| &manifest.policy);
    let names = policy.is_some_and(|policy| policy.names_on_devices);
    let seats = policy.is_some_and(|policy| policy.seats_on_devices);
    let last = run.tickets.last().map_or(after, |(position, _)| *position);
    let entries = run.tickets.iter();
    FeedPage {
        event: state.event,
        generation: run.head.generation,
        entries: entries
            .map(|(_, ticket)| ticket.feed_entry(names, seats))
            .collect(),
        next: last,
        more: last < run.head.position,
        reset,
    }
}
