//! The attendee feed, page by page into the list.
//!
//! A page is applied only when the list still stands where the page was asked
//! from: an answer that was overtaken by another changes nothing. Big pages are
//! written in pieces, so that a scan never waits behind more than one piece.
//! A reset starts a new round; the old list stays in use until the new one is
//! complete, then its leftovers are swept, again in pieces.

use super::counts::{CountChanges, Share};
use super::error::unreadable;
use super::identity::own_device;
use super::list::{self, insert_passage, status_number};
use super::search::fold;
use super::{Store, StoreError, int, uint};
use gateline_admission::EventRules;
use gateline_common::decision::Passage;
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, Serial, TicketTypeId};
use gateline_common::sync::{Cursor, FeedEntry, FeedPage, ListedTicket, TicketStatus};
use gateline_common::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

/// Entries written in one transaction.
pub const PIECE: usize = 400;

/// Where an event's list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedState {
    /// Generation and position.
    pub cursor: Cursor,
    /// Has it been read to its end?
    pub complete: bool,
    /// When it was last known to be up to date.
    pub as_of: Option<Timestamp>,
    round: i64,
    swept: i64,
}

impl FeedState {
    /// Are there leftovers of an older list to sweep?
    #[must_use]
    pub const fn has_leftovers(&self) -> bool {
        self.complete && self.swept < self.round
    }
}

/// What became of a page, or a piece of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFate {
    /// Written; the cursor stands behind the page when this was its last piece.
    Applied,
    /// The list had moved on: nothing was changed.
    Overtaken,
}

impl Store {
    /// Where an event's list stands; `None` before its first page.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed(&self, event: EventId) -> Result<Option<FeedState>, StoreError> {
        feed_state(&self.db, event)
    }

    /// The events that a list is held of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feeds(&self) -> Result<Vec<FeedState>, StoreError> {
        let mut select = self.db.prepare_cached("SELECT event FROM feeds")?;
        let events = select.query_map([], |row| row.get(0).map(EventId))?;
        let events: Vec<EventId> = events.collect::<Result<_, _>>()?;
        let states = events.into_iter().map(|event| feed_state(&self.db, event));
        states.filter_map(Result::transpose).collect()
    }

    /// Writes the piece of `page` that begins at entry `from`. `asked` is the
    /// cursor that the page was asked with.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn apply_piece(
        &mut self,
        asked: Option<Cursor>,
        page: &FeedPage,
        from: usize,
        now: Timestamp,
    ) -> Result<PageFate, StoreError> {
        let known = self.known()?;
        let rules = known.as_ref().and_then(|known| known.rules(page.event));
        self.write(|db| apply_piece_in(db, rules, asked, page, from, now))
    }

    /// Deletes leftovers of older rounds from `after` on: at most one piece.
    /// Answers where to go on, or `None` when it is done.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn sweep(
        &mut self,
        event: EventId,
        after: Option<Serial>,
    ) -> Result<Option<Serial>, StoreError> {
        let known = self.known()?;
        let rules = known.as_ref().and_then(|known| known.rules(event));
        self.write(|db| {
            let Some(state) = feed_state(db, event)? else {
                return Ok(None);
            };
            if !state.has_leftovers() {
                return Ok(None);
            }
            let next = remove_rows(db, event, rules, state.round, after)?;
            if next.is_none() {
                db.execute("UPDATE feeds SET swept = round WHERE event = ?", [event.0])?;
            }
            Ok(next)
        })
    }

    /// Wipes the list of an event that is over: at most one piece. This
    /// device's own passages and its log stay.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn wipe_list(
        &mut self,
        event: EventId,
        after: Option<Serial>,
    ) -> Result<Option<Serial>, StoreError> {
        let known = self.known()?;
        let rules = known.as_ref().and_then(|known| known.rules(event));
        self.write(|db| {
            let next = remove_rows(db, event, rules, i64::MAX, after)?;
            if next.is_none() {
                db.execute("DELETE FROM feeds WHERE event = ?", [event.0])?;
            }
            Ok(next)
        })
    }
}

/// The same within a transaction. `rules` are the event's.
pub(crate) fn apply_piece_in(
    db: &Connection,
    rules: Option<&EventRules>,
    asked: Option<Cursor>,
    page: &FeedPage,
    from: usize,
    now: Timestamp,
) -> Result<PageFate, StoreError> {
    let state = feed_state(db, page.event)?;
    if state.map(|state| state.cursor) != asked {
        return Ok(PageFate::Overtaken);
    }
    let continues =
        state.is_some_and(|state| state.cursor.generation == page.generation && !page.reset);
    let round = match state {
        Some(state) if continues => state.round,
        Some(state) => state.round + 1,
        None => 1,
    };
    let mut target = Target {
        db,
        event: page.event,
        rules,
        round,
        own: own_device(db)?.ok_or(StoreError::NotEnrolled)?,
        changes: CountChanges::default(),
    };
    let to = page.entries.len().min(from.saturating_add(PIECE));
    for entry in page.entries.get(from..to).unwrap_or_default() {
        target.apply(entry)?;
    }
    target.changes.write(db, page.event)?;
    if to == page.entries.len() {
        let was_complete = continues && state.is_some_and(|state| state.complete);
        move_cursor(db, page, round, was_complete, now)?;
    }
    Ok(PageFate::Applied)
}

fn feed_state(db: &Connection, event: EventId) -> Result<Option<FeedState>, StoreError> {
    let state = db
        .prepare_cached(
            "SELECT generation, position, complete, as_of, round, swept FROM feeds \
             WHERE event = ?",
        )?
        .query_row([event.0], |row| {
            Ok(FeedState {
                cursor: Cursor {
                    event,
                    generation: FeedGeneration(Uuid::from_bytes(row.get(0)?)),
                    position: uint(row.get(1)?),
                },
                complete: row.get(2)?,
                as_of: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                round: row.get(4)?,
                swept: row.get(5)?,
            })
        })
        .optional()?;
    Ok(state)
}

fn move_cursor(
    db: &Connection,
    page: &FeedPage,
    round: i64,
    was_complete: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let up_to_date = (!page.more).then_some(now.0);
    db.prepare_cached(
        "INSERT INTO feeds (event, generation, position, round, complete, swept, as_of) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6) ON CONFLICT (event) DO UPDATE SET \
         generation = ?2, position = ?3, round = ?4, complete = ?5, as_of = coalesce(?6, as_of)",
    )?
    .execute(params![
        page.event.0,
        page.generation.0.as_bytes(),
        int(page.next),
        round,
        was_complete || !page.more,
        up_to_date,
    ])?;
    Ok(())
}

/// Where the entries of a page go.
struct Target<'a> {
    db: &'a Connection,
    event: EventId,
    rules: Option<&'a EventRules>,
    round: i64,
    own: DeviceId,
    changes: CountChanges,
}

impl Target<'_> {
    fn apply(&mut self, entry: &FeedEntry) -> Result<(), StoreError> {
        let Self { db, event, own, .. } = *self;
        let row = find_row(db, event, entry.serial)?;
        let before = list::history(db, event, entry.serial)?;
        let (mine, others): (Vec<Passage>, Vec<Passage>) = before
            .iter()
            .cloned()
            .partition(|passage| passage.device == own);
        let mut told: Vec<Passage> = entry.passages.clone();
        told.retain(|passage| passage.device != own);
        told.sort();
        if told != others {
            remove_others(db, event, entry.serial, own)?;
            for passage in &told {
                insert_passage(db, event, entry.serial, passage)?;
            }
        }
        let after: Vec<Passage> = mine.into_iter().chain(told).collect();
        let listed_before = row.as_ref().and_then(|row| row.brief);
        let listed_after = entry.ticket.as_ref().map(|it| (it.ticket_type, it.status));
        self.changes.replace(
            &Share::of(self.rules, listed_before, &before),
            &Share::of(self.rules, listed_after, &after),
        );
        write_row(
            db,
            event,
            self.round,
            entry.serial,
            entry.ticket.as_ref(),
            row,
        )
    }
}

struct Row {
    id: i64,
    words: String,
    brief: Option<(TicketTypeId, TicketStatus)>,
}

fn find_row(db: &Connection, event: EventId, serial: Serial) -> Result<Option<Row>, StoreError> {
    let row = db
        .prepare_cached(
            "SELECT id, words, ticket_type, status FROM tickets WHERE event = ? AND serial = ?",
        )?
        .query_row(params![event.0, int(serial.get())], |row| {
            let kind: Option<u16> = row.get(2)?;
            let status: Option<i64> = row.get(3)?;
            Ok(Row {
                id: row.get(0)?,
                words: row.get(1)?,
                brief: kind
                    .zip(status)
                    .map(|(kind, status)| (TicketTypeId(kind), list::status_of(status))),
            })
        })
        .optional()?;
    Ok(row)
}

fn write_row(
    db: &Connection,
    event: EventId,
    round: i64,
    serial: Serial,
    ticket: Option<&ListedTicket>,
    row: Option<Row>,
) -> Result<(), StoreError> {
    let words = ticket.map(searchable).unwrap_or_default();
    db.prepare_cached(
        "INSERT INTO tickets (event, serial, round, ticket_type, epoch, status, name, seat, \
         order_code, note, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (event, serial) DO UPDATE SET round = ?3, ticket_type = ?4, epoch = ?5, \
         status = ?6, name = ?7, seat = ?8, order_code = ?9, note = ?10, words = ?11",
    )?
    .execute(params![
        event.0,
        int(serial.get()),
        round,
        ticket.map(|ticket| ticket.ticket_type.0),
        ticket.map(|ticket| ticket.epoch.0),
        ticket.map(|ticket| status_number(ticket.status)),
        ticket.and_then(|ticket| ticket.name.as_deref()),
        ticket.and_then(|ticket| ticket.seat.as_deref()),
        ticket.map(|ticket| ticket.order_code.as_str()),
        ticket.and_then(|ticket| ticket.note.as_deref()),
        words,
    ])?;
    let id = match &row {
        Some(row) if row.words == words => return Ok(()),
        Some(row) => row.id,
        None => db.last_insert_rowid(),
    };
    if row.is_some_and(|row| !row.words.is_empty()) {
        db.prepare_cached("DELETE FROM ticket_words WHERE rowid = ?")?
            .execute([id])?;
    }
    if !words.is_empty() {
        db.prepare_cached("INSERT INTO ticket_words (rowid, words) VALUES (?, ?)")?
            .execute(params![id, words])?;
    }
    Ok(())
}

fn searchable(ticket: &ListedTicket) -> String {
    let name = ticket.name.as_deref().unwrap_or_default();
    fold(&format!("{name}\n{}", ticket.order_code))
}

fn remove_others(
    db: &Connection,
    event: EventId,
    serial: Serial,
    own: DeviceId,
) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM passages WHERE event = ? AND serial = ? AND device <> ?")?
        .execute(params![event.0, int(serial.get()), own.0.as_bytes()])?;
    Ok(())
}

/// Removes the rows with a round below `round` among the next piece of serials.
fn remove_rows(
    db: &Connection,
    event: EventId,
    rules: Option<&EventRules>,
    round: i64,
    after: Option<Serial>,
) -> Result<Option<Serial>, StoreError> {
    let own = own_device(db)?.ok_or(StoreError::NotEnrolled)?;
    let mut select = db.prepare_cached(
        "SELECT id, serial, round, ticket_type, status FROM tickets \
         WHERE event = ? AND serial > ? ORDER BY serial LIMIT ?",
    )?;
    let after = after.map_or(-1, |serial| int(serial.get()));
    let rows = select.query_map(params![event.0, after, PIECE], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, Option<u16>>(3)?
                .zip(row.get::<_, Option<i64>>(4)?),
        ))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let mut changes = CountChanges::default();
    for (id, serial, _, brief) in rows.iter().filter(|row| row.2 < round) {
        let serial = Serial::new(uint(*serial)).ok_or_else(|| unreadable("a serial"))?;
        let brief = brief.map(|(kind, status)| (TicketTypeId(kind), list::status_of(status)));
        let before = list::history(db, event, serial)?;
        remove_others(db, event, serial, own)?;
        db.prepare_cached("DELETE FROM ticket_words WHERE rowid = ?")?
            .execute([id])?;
        db.prepare_cached("DELETE FROM tickets WHERE id = ?")?
            .execute([id])?;
        let after = list::history(db, event, serial)?;
        changes.replace(
            &Share::of(rules, brief, &before),
            &Share::of(rules, None, &after),
        );
    }
    changes.write(db, event)?;
    let more = rows.len() == PIECE;
    let last = rows.last().and_then(|row| Serial::new(uint(row.1)));
    Ok(last.filter(|_| more))
}
