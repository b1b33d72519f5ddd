//! Browsing and searching events.

use super::fold::words;
use super::{Category, Event, EventError, EventFilter, Events, is_member};
use crate::shared::{Page, PageRequest, Principal};
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId};

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Browse {
    /// Words in title, description, place or tags; all must occur. Case and
    /// accents do not matter.
    pub query: Option<String>,
    /// Only this category.
    pub category: Option<Category>,
    /// Only this organization's events; its members see drafts, cancelled and
    /// past ones too.
    pub org: Option<OrgId>,
    /// Only events that end after this; by default after now.
    pub from: Option<Timestamp>,
    /// Only events that start before this.
    pub until: Option<Timestamp>,
}

impl Events {
    /// The published events that match, soonest first; to members of `org`
    /// all of its events.
    ///
    /// # Errors
    /// [`EventError::BadCursor`], or a store failure.
    pub async fn browse(
        &self,
        caller: Option<&Principal>,
        browse: &Browse,
        page: &PageRequest,
    ) -> Result<Page<Event>, EventError> {
        let after = page.after.as_deref().map(read_cursor).transpose()?;
        let insider = browse.org.is_some_and(|org| is_member(caller, org));
        let (statuses, from) = if insider {
            (Vec::new(), browse.from)
        } else {
            let from = browse.from.unwrap_or_else(|| self.clock.now());
            (vec![EventStatus::Published], Some(from))
        };
        let filter = EventFilter {
            words: browse.query.as_deref().map(words).unwrap_or_default(),
            category: browse.category,
            org: browse.org,
            statuses,
            ends_after: from,
            starts_before: browse.until,
        };
        let limit = page.clamped();
        let mut items = self.store.browse(&filter, limit + 1, after).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(cursor);
        Ok(Page { items, next })
    }
}

fn cursor(event: &Event) -> String {
    format!("{}-{}", event.starts_at.0, event.id)
}

fn read_cursor(text: &str) -> Result<(Timestamp, EventId), EventError> {
    let (at, id) = text.rsplit_once('-').ok_or(EventError::BadCursor)?;
    let at = at.parse().map_err(|_| EventError::BadCursor)?;
    let id = id.parse().map_err(|_| EventError::BadCursor)?;
    Ok((Timestamp(at), id))
}
