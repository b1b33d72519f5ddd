//! Sums that a decision or the status line needs: kept with every change of a
//! ticket or a passage, so that nothing is ever counted over the list.
//!
//! Per event: tickets listed; tickets of each type that are good and were not
//! admitted (`open`); and people inside each place (`inside`). Who is where
//! depends on the event's gates and zones, so those sums are made anew when the
//! manifest changes them.

use super::list::history;
use super::{Store, StoreError, uint};
use gateline_admission::{EventRules, Occupancy, places};
use gateline_common::decision::Passage;
use gateline_common::ids::{EventId, Serial, TicketTypeId, ZoneId};
use gateline_common::sync::TicketStatus;
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap};

const LISTED: &str = "listed";
const OPEN: &str = "open";
const INSIDE: &str = "inside";
const WHOLE_EVENT: i64 = -1;

/// People inside, as far as this device knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleInside(HashMap<Option<ZoneId>, u64>);

impl PeopleInside {
    /// Inside the event as a whole.
    #[must_use]
    pub fn everywhere(&self) -> u64 {
        self.0.get(&None).copied().unwrap_or(0)
    }
}

impl Occupancy for PeopleInside {
    fn inside(&self, place: Option<ZoneId>) -> u32 {
        let people = self.0.get(&place).copied().unwrap_or(0);
        u32::try_from(people).unwrap_or(u32::MAX)
    }
}

/// What one ticket adds to the sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Share {
    listed: bool,
    open: Option<TicketTypeId>,
    inside: BTreeSet<Option<ZoneId>>,
}

impl Share {
    /// `rules` are the event's; without them nobody is counted as inside.
    pub(super) fn of(
        rules: Option<&EventRules>,
        listed: Option<(TicketTypeId, TicketStatus)>,
        history: &[Passage],
    ) -> Self {
        Self {
            listed: listed.is_some(),
            open: listed
                .filter(|(_, status)| *status == TicketStatus::Valid && history.is_empty())
                .map(|(kind, _)| kind),
            inside: match rules {
                Some(rules) if !history.is_empty() => places(rules, history),
                _ => BTreeSet::new(),
            },
        }
    }
}

/// Changes of sums, collected over a transaction.
#[derive(Debug, Default)]
pub(super) struct CountChanges(HashMap<(&'static str, i64, i64), i64>);

impl CountChanges {
    pub(super) fn replace(&mut self, before: &Share, after: &Share) {
        if before != after {
            self.add(before, -1);
            self.add(after, 1);
        }
    }

    fn add(&mut self, share: &Share, by: i64) {
        if share.listed {
            *self.0.entry((LISTED, 0, 0)).or_default() += by;
        }
        if let Some(kind) = share.open {
            *self.0.entry((OPEN, i64::from(kind.0), 0)).or_default() += by;
        }
        for place in &share.inside {
            let place = place.map_or(WHOLE_EVENT, |zone| i64::from(zone.0));
            *self.0.entry((INSIDE, place, 0)).or_default() += by;
        }
    }

    pub(super) fn write(self, db: &Connection, event: EventId) -> Result<(), StoreError> {
        let mut upsert = db.prepare_cached(
            "INSERT INTO counts (event, what, a, b, n) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET n = n + excluded.n",
        )?;
        for ((what, a, b), n) in self.0.into_iter().filter(|(_, n)| *n != 0) {
            upsert.execute(params![event.0, what, a, b, n])?;
        }
        Ok(())
    }
}

impl Store {
    /// Tickets on the event's list.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn listed_tickets(&self, event: EventId) -> Result<u64, StoreError> {
        Ok(rows(&self.db, event, LISTED)?
            .first()
            .map_or(0, |(_, _, n)| uint(*n)))
    }

    /// Good tickets that were not admitted yet, by type.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_tickets(&self, event: EventId) -> Result<Vec<(TicketTypeId, u64)>, StoreError> {
        let rows = rows(&self.db, event, OPEN)?;
        Ok(rows
            .into_iter()
            .filter_map(|(kind, _, n)| Some((TicketTypeId(u16::try_from(kind).ok()?), uint(n))))
            .collect())
    }

    /// People inside, as far as this device knows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn people_inside(&self, event: EventId) -> Result<PeopleInside, StoreError> {
        people_inside(&self.db, event)
    }
}

/// People inside, as far as this device knows.
pub fn people_inside(db: &Connection, event: EventId) -> Result<PeopleInside, StoreError> {
    let rows = rows(db, event, INSIDE)?.into_iter();
    let place = |place: i64| u16::try_from(place).ok().map(ZoneId);
    Ok(PeopleInside(
        rows.map(|(at, _, n)| (place(at), uint(n))).collect(),
    ))
}

/// Counts everybody inside anew: gates or zones of the event have changed.
pub(super) fn recount_inside(
    db: &Connection,
    event: EventId,
    rules: Option<&EventRules>,
) -> Result<(), StoreError> {
    db.execute(
        "DELETE FROM counts WHERE event = ? AND what = ?",
        params![event.0, INSIDE],
    )?;
    let mut select = db.prepare("SELECT DISTINCT serial FROM passages WHERE event = ?")?;
    let mut serials = select.query([event.0])?;
    let mut changes = CountChanges::default();
    while let Some(row) = serials.next()? {
        let serial = Serial::truncate(uint(row.get(0)?));
        let share = Share::of(rules, None, &history(db, event, serial)?);
        changes.replace(&Share::default(), &share);
    }
    changes.write(db, event)
}

fn rows(db: &Connection, event: EventId, what: &str) -> Result<Vec<(i64, i64, i64)>, StoreError> {
    let mut select =
        db.prepare_cached("SELECT a, b, n FROM counts WHERE event = ? AND what = ? AND n > 0")?;
    let rows = select.query_map(params![event.0, what], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    rows.collect::<Result<_, _>>().map_err(StoreError::from)
}
