//! Compiled rules of events, kept in memory by version of the event.

use super::CheckIn;
use super::error::CheckInError;
use super::event::EventState;
use super::tally::EventBook;
use gateline_admission::EventRules;
use gateline_common::ids::{EventId, OrgId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// Compiled rules, by event and the version of its state.
#[derive(Debug, Default)]
pub(super) struct Books(Mutex<HashMap<EventId, (u64, EventBook)>>);

impl CheckIn {
    /// The rules of those of `events` that belong to `org`.
    pub(super) async fn books(
        &self,
        org: OrgId,
        events: impl IntoIterator<Item = EventId>,
    ) -> Result<BTreeMap<EventId, EventBook>, CheckInError> {
        let mut books = BTreeMap::new();
        for id in events {
            let Some(event) = self.store.event(id).await? else {
                continue;
            };
            if event.org() == Some(org)
                && let Some(book) = self.book(&event).await?
            {
                books.insert(id, book);
            }
        }
        Ok(books)
    }

    /// The rules of an event; `None` while its facts have not arrived.
    pub(super) async fn book(&self, event: &EventState) -> Result<Option<EventBook>, CheckInError> {
        if let Some(book) = self.books.get(event) {
            return Ok(Some(book));
        }
        let Some(manifest) = &event.manifest else {
            return Ok(None);
        };
        let unusable = |error: gateline_admission::RulesError| {
            CheckInError::Unusable(format!("rules of event {}: {error}", event.event))
        };
        let newest = Arc::new(EventRules::compile(manifest).map_err(unusable)?);
        let mut versions = BTreeMap::new();
        for version in self.store.rules(event.event).await? {
            // Facts come in any order: a version may name what came after it. No
            // gate could decide by it either, so no scan was.
            if let Ok(rules) = EventRules::compile(&version) {
                versions.insert(version.rules_version, rules);
            }
        }
        let book = EventBook {
            rules: newest,
            versions: Arc::new(versions),
        };
        self.books.keep(event, &book);
        Ok(Some(book))
    }
}

impl Books {
    fn get(&self, event: &EventState) -> Option<EventBook> {
        let kept = self.0.lock().ok()?;
        let (version, book) = kept.get(&event.event)?;
        (*version == event.version).then(|| book.clone())
    }

    fn keep(&self, event: &EventState, book: &EventBook) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert(event.event, (event.version, book.clone()));
        }
    }
}
