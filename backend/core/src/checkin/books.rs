//! Compiled rules of events, kept in memory by version of the event.

use super::CheckIn;
use super::error::CheckInError;
use super::event::EventState;
use super::tally::EventBook;
use gateline_admission::{EventRules, RulesError};
use gateline_common::ids::{EventId, OrgId};
use gateline_common::sync::EventManifest;
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
        let versions = self.store.rules(event.event).await?;
        let book = compiled(manifest, &versions).map_err(|error| {
            CheckInError::Unusable(format!("rules of event {}: {error}", event.event))
        })?;
        self.books.keep(event, &book);
        Ok(Some(book))
    }
}

/// The rules in force and every version that gates were given.
fn compiled(newest: &EventManifest, versions: &[EventManifest]) -> Result<EventBook, RulesError> {
    let rules = Arc::new(EventRules::compile(newest)?);
    let mut ready = BTreeMap::new();
    for version in versions {
        // One that names what check-in had not heard of yet was kept before such
        // facts waited. No gate could decide by it either, so no scan was.
        if let Ok(rules) = EventRules::compile(version) {
            ready.insert(version.rules_version, rules);
        }
    }
    Ok(EventBook {
        rules,
        versions: Arc::new(ready),
    })
}

impl Books {
    fn get(&self, event: &EventState) -> Option<EventBook> {
        let kept = self.0.lock().ok()?;
        let (version, book) = kept.get(&event.event)?;
        // A store that was put back to a copy counts the same versions again.
        let same = event.manifest.as_ref() == Some(book.rules.manifest());
        (same && *version == event.version).then(|| book.clone())
    }

    fn keep(&self, event: &EventState, book: &EventBook) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert(event.event, (event.version, book.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_venue;
    use super::*;
    use gateline_common::catalog::{Condition, EntryRule};
    use gateline_common::ids::{RuleId, TicketTypeId};

    #[test]
    fn a_version_that_names_what_came_after_it_spoils_none_of_the_others() {
        let newest = test_venue::manifest();
        let mut early = newest.clone();
        early.rules_version = 0;
        early.rules = vec![EntryRule {
            id: RuleId(1),
            name: "once".into(),
            ticket_types: vec![TicketTypeId(99)],
            condition: Condition::EntriesAtMost(1),
        }];
        let book = compiled(&newest, &[early.clone(), newest.clone()]).expect("it can be used");
        let versions: Vec<u64> = book.versions.keys().copied().collect();
        assert_eq!(versions, [newest.rules_version]);
        assert!(compiled(&early, &[newest]).is_err());
    }
}
