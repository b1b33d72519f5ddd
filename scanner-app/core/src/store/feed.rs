//! The attendee feed, page by page into the list.
//!
//! A page is applied only when the list still stands where the page was asked
//! from: an answer that was overtaken by another changes nothing. Big pages are
//! written in pieces, so that a scan never waits behind more than one piece; of
//! an event's first list, by which nobody scans yet, the pieces are larger.
//! A reset starts a new round; the old list stays in use until the new one is
//! complete, then its leftovers are swept, again in pieces.

use super::rows::{Target, remove_rows};
use super::{Store, StoreError, int, uint};
use gateline_admission::EventRules;
use gateline_common::ids::{EventId, FeedGeneration, Serial};
use gateline_common::sync::{Cursor, FeedPage};
use gateline_common::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::Range;
use uuid::Uuid;

/// Entries written in one transaction.
pub const PIECE: usize = 400;
/// The same for an event's first list. Serials are random: a row touches a page
/// of the index of its own, and the more rows share a transaction, the fewer
/// pages are written again and again.
pub const FIRST_PIECE: usize = 8_000;

const FIRST_ROUND: i64 = 1;

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

    /// Is it the event's first list, and not at its end yet? Then no scan is
    /// decided by it.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.round == FIRST_ROUND && !self.complete
    }
}

/// Every list is read anew from its beginning, and stays in use until then.
pub(crate) fn distrust(db: &Connection) -> Result<(), StoreError> {
    let nobodys = Uuid::nil();
    db.execute("UPDATE feeds SET generation = ?", [nobodys.as_bytes()])?;
    Ok(())
}

fn distrust_list(db: &Connection, event: EventId) -> Result<(), StoreError> {
    let sql = "UPDATE feeds SET generation = ? WHERE event = ?";
    db.execute(sql, params![Uuid::nil().as_bytes(), event.0])?;
    Ok(())
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

    /// Writes whole pages of one list, each asked for from the end of the one
    /// before, the first with the cursor `asked`: all in one transaction. For an
    /// event's first list, about [`FIRST_PIECE`] entries at a time.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn apply_pages(
        &mut self,
        mut asked: Option<Cursor>,
        pages: &[FeedPage],
        now: Timestamp,
    ) -> Result<PageFate, StoreError> {
        let known = self.known()?;
        self.write(|db| {
            for page in pages {
                let rules = known.as_ref().and_then(|known| known.rules(page.event));
                let whole = 0..page.entries.len();
                if apply_in(db, rules, asked, page, whole, now)? == PageFate::Overtaken {
                    return Ok(PageFate::Overtaken);
                }
                asked = Some(page.end());
            }
            Ok(PageFate::Applied)
        })
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
    let to = page.entries.len().min(from.saturating_add(PIECE));
    apply_in(db, rules, asked, page, from..to, now)
}

fn apply_in(
    db: &Connection,
    rules: Option<&EventRules>,
    asked: Option<Cursor>,
    page: &FeedPage,
    piece: Range<usize>,
    now: Timestamp,
) -> Result<PageFate, StoreError> {
    let state = feed_state(db, page.event)?;
    if state.map(|state| state.cursor) != asked {
        return Ok(PageFate::Overtaken);
    }
    let continues = state.is_some() && !page.reset;
    let new_history = state.filter(|state| state.cursor.generation != page.generation);
    if continues && new_history.is_some_and(|state| !state.complete) {
        // Half a list from before a restart, and the other half from after it: rows
        // that moved in between may be in neither.
        distrust_list(db, page.event)?;
        return Ok(PageFate::Overtaken);
    }
    let round = match state {
        Some(state) if continues => state.round,
        Some(state) => state.round + 1,
        None => FIRST_ROUND,
    };
    let ends = piece.end == page.entries.len();
    let mut target = Target::new(db, page.event, rules, round)?;
    for entry in page.entries.get(piece).unwrap_or_default() {
        target.apply(entry)?;
    }
    target.finish()?;
    if ends {
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
