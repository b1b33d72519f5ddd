//! Sums that a decision or the status line needs: kept with every change of a
//! ticket or a passage, so that nothing is ever counted over the list.
//!
//! Per event: tickets listed; tickets of each type that are good and were not
//! admitted (`open`); and people inside each place (`inside`). For the live
//! figures: tickets of each type that are listed, of which somebody came in, whose
//! holders are inside; and entries in each minute. Who is where depends on the
//! event's gates and zones, so those sums are made anew when the manifest changes
//! them.

use super::list::{brief, history};
use super::{Store, StoreError, uint};
use gateline_admission::{EventRules, Occupancy, places};
use gateline_common::decision::{Direction, Passage};
use gateline_common::ids::{EventId, Serial, TicketTypeId, ZoneId};
use gateline_common::sync::TicketStatus;
use gateline_common::time::Timestamp;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const LISTED: &str = "listed";
const OPEN: &str = "open";
const INSIDE: &str = "inside";
const LISTED_OF: &str = "listed_of";
const ENTERED_OF: &str = "entered";
const INSIDE_OF: &str = "inside_of";
const MINUTE: &str = "minute";
const NO_TYPE: i64 = -1;
const MINUTE_MS: i64 = 60_000;
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

/// Tickets of one type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypeSums {
    /// On the list.
    pub listed: u64,
    /// Somebody came in with it.
    pub entered: u64,
    /// Its holder is inside.
    pub inside: u64,
}

/// What one ticket adds to the sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Share {
    listed: Option<TicketTypeId>,
    open: bool,
    inside: BTreeSet<Option<ZoneId>>,
    /// The minute of each entry.
    entries: Vec<i64>,
}

impl Share {
    /// `rules` are the event's; without them nobody is counted as inside.
    pub(super) fn of(
        rules: Option<&EventRules>,
        listed: Option<(TicketTypeId, TicketStatus)>,
        history: &[Passage],
    ) -> Self {
        let good = listed.is_some_and(|(_, status)| status == TicketStatus::Valid);
        let entries = history
            .iter()
            .filter(|passage| passage.direction == Direction::Entry);
        Self {
            listed: listed.map(|(kind, _)| kind),
            open: good && history.is_empty(),
            inside: match rules {
                Some(rules) if !history.is_empty() => places(rules, history),
                _ => BTreeSet::new(),
            },
            entries: entries.map(|passage| minute(passage.at)).collect(),
        }
    }
}

fn minute(at: Timestamp) -> i64 {
    at.0.div_euclid(MINUTE_MS)
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
        let kind = share.listed.map_or(NO_TYPE, |kind| i64::from(kind.0));
        if share.listed.is_some() {
            self.count(LISTED, 0, by);
            self.count(LISTED_OF, kind, by);
        }
        if share.open {
            self.count(OPEN, kind, by);
        }
        if !share.entries.is_empty() {
            self.count(ENTERED_OF, kind, by);
        }
        for minute in &share.entries {
            self.count(MINUTE, *minute, by);
        }
        self.add_inside(share, by);
    }

    fn add_inside(&mut self, share: &Share, by: i64) {
        let kind = share.listed.map_or(NO_TYPE, |kind| i64::from(kind.0));
        for place in &share.inside {
            match place {
                Some(zone) => self.count(INSIDE, i64::from(zone.0), by),
                None => {
                    self.count(INSIDE, WHOLE_EVENT, by);
                    self.count(INSIDE_OF, kind, by);
                }
            }
        }
    }

    fn count(&mut self, what: &'static str, a: i64, by: i64) {
        *self.0.entry((what, a, 0)).or_default() += by;
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

    /// Tickets by type; `None` are tickets that are not on the list.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn type_sums(
        &self,
        event: EventId,
    ) -> Result<BTreeMap<Option<TicketTypeId>, TypeSums>, StoreError> {
        let mut sums: BTreeMap<_, TypeSums> = BTreeMap::new();
        for what in [LISTED_OF, ENTERED_OF, INSIDE_OF] {
            for (kind, _, n) in rows(&self.db, event, what)? {
                let kind = u16::try_from(kind).ok().map(TicketTypeId);
                let of_type = sums.entry(kind).or_default();
                match what {
                    LISTED_OF => of_type.listed = uint(n),
                    ENTERED_OF => of_type.entered = uint(n),
                    _ => of_type.inside = uint(n),
                }
            }
        }
        Ok(sums)
    }

    /// Entries in each of the `minutes` up to and with the one of `now` (server's
    /// clock), oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn entries_per_minute(
        &self,
        event: EventId,
        now: Timestamp,
        minutes: u32,
    ) -> Result<Vec<u32>, StoreError> {
        let last = minute(now);
        let first = last - i64::from(minutes) + 1;
        let mut select = self.db.prepare_cached(
            "SELECT a - ?3, n FROM counts WHERE event = ?1 AND what = ?2 \
             AND a BETWEEN ?3 AND ?4 AND n > 0",
        )?;
        let mut entries = vec![0; minutes as usize];
        let mut rows = select.query(params![event.0, MINUTE, first, last])?;
        while let Some(row) = rows.next()? {
            let place: usize = row.get::<_, u32>(0)? as usize;
            if let Some(entry) = entries.get_mut(place) {
                *entry = u32::try_from(row.get::<_, i64>(1)?).unwrap_or(u32::MAX);
            }
        }
        Ok(entries)
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
        "DELETE FROM counts WHERE event = ? AND what IN (?, ?)",
        params![event.0, INSIDE, INSIDE_OF],
    )?;
    let mut select = db.prepare("SELECT DISTINCT serial FROM passages WHERE event = ?")?;
    let mut serials = select.query([event.0])?;
    let mut changes = CountChanges::default();
    while let Some(row) = serials.next()? {
        let serial = Serial::truncate(uint(row.get(0)?));
        let share = Share::of(
            rules,
            brief(db, event, serial)?,
            &history(db, event, serial)?,
        );
        changes.add_inside(&share, 1);
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
