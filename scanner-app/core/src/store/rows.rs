//! Entries of the attendee feed as rows of the list, with their passages and
//! the sums that follow from them.

use super::counts::{CountChanges, Share};
use super::error::unreadable;
use super::identity::own_device;
use super::list::{self, insert_passage, status_number};
use super::search::searchable;
use super::{PIECE, StoreError, int, log, uint, words};
use crate::sync::ticket_of;
use gateline_admission::EventRules;
use gateline_common::decision::Passage;
use gateline_common::ids::{DeviceId, EventId, Serial, TicketTypeId};
use gateline_common::sync::{FeedEntry, ListedTicket, RecordBody, TicketStatus};
use rusqlite::{Connection, params};

/// Where entries go.
pub(super) struct Target<'a> {
    db: &'a Connection,
    event: EventId,
    rules: Option<&'a EventRules>,
    round: i64,
    own: DeviceId,
    /// Does the event have passages at all? While it has none, as in a first
    /// list before the doors open, nobody's need to be looked up.
    passages: bool,
    words_mark: i64,
    changes: CountChanges,
}

impl<'a> Target<'a> {
    /// The list of `event`; `rules` are the event's.
    pub(super) fn new(
        db: &'a Connection,
        event: EventId,
        rules: Option<&'a EventRules>,
        round: i64,
    ) -> Result<Self, StoreError> {
        let passages = db
            .prepare_cached("SELECT 1 FROM passages WHERE event = ?")?
            .exists([event.0])?;
        Ok(Self {
            db,
            event,
            rules,
            round,
            own: own_device(db)?.ok_or(StoreError::NotEnrolled)?,
            passages,
            words_mark: words::mark(db)?,
            changes: CountChanges::default(),
        })
    }

    /// Writes the sums; nothing of it counts before.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.changes.write(self.db, self.event)
    }

    /// Writes one entry.
    pub(super) fn apply(&mut self, entry: &FeedEntry) -> Result<(), StoreError> {
        let listed_before = self.write_row(entry.serial, entry.ticket.as_ref())?;
        let (before, after) = self.write_passages(entry)?;
        let listed_after = entry.ticket.as_ref().map(|it| (it.ticket_type, it.status));
        self.changes.replace(
            &Share::of(self.rules, listed_before, &before),
            &Share::of(self.rules, listed_after, &after),
        );
        Ok(())
    }

    /// Answers the passages before and after.
    fn write_passages(
        &mut self,
        entry: &FeedEntry,
    ) -> Result<(Vec<Passage>, Vec<Passage>), StoreError> {
        let Self { db, event, own, .. } = *self;
        if !self.passages && entry.passages.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        self.passages = true;
        let before = list::history(db, event, entry.serial)?;
        let log = OwnLog { db, event, own };
        let (mine, others) = log.split(entry.serial, &before)?;
        let (_, mut told) = log.split(entry.serial, &entry.passages)?;
        told.sort();
        if told != others {
            remove_passages(db, event, entry.serial, &others)?;
            for passage in &told {
                insert_passage(db, event, entry.serial, passage)?;
            }
        }
        let after = mine.into_iter().chain(told).collect();
        Ok((before, after))
    }

    /// Answers what the list said before.
    fn write_row(
        &self,
        serial: Serial,
        ticket: Option<&ListedTicket>,
    ) -> Result<Option<Brief>, StoreError> {
        let Self { db, event, .. } = *self;
        let words = ticket.map_or_else(String::new, |ticket| {
            searchable(
                ticket.name.as_deref().unwrap_or_default(),
                &ticket.order_code,
            )
        });
        // Most rows are new: only where one is there already it is looked up.
        if self.put(INSERT, serial, ticket, &words)? {
            words::changed(db, self.words_mark, db.last_insert_rowid(), "", &words)?;
            return Ok(None);
        }
        let (id, words_before, brief) = find_row(db, event, serial)?;
        self.put(UPDATE, serial, ticket, &words)?;
        words::changed(db, self.words_mark, id, &words_before, &words)?;
        Ok(brief)
    }

    fn put(
        &self,
        statement: &str,
        serial: Serial,
        ticket: Option<&ListedTicket>,
        words: &str,
    ) -> Result<bool, StoreError> {
        let written = self.db.prepare_cached(statement)?.execute(params![
            self.event.0,
            int(serial.get()),
            self.round,
            ticket.map(|ticket| ticket.ticket_type.0),
            ticket.map(|ticket| ticket.epoch.0),
            ticket.map(|ticket| status_number(ticket.status)),
            ticket.and_then(|ticket| ticket.name.as_deref()),
            ticket.and_then(|ticket| ticket.seat.as_deref()),
            ticket.map(|ticket| ticket.order_code.as_str()),
            ticket.and_then(|ticket| ticket.note.as_deref()),
            words,
        ])?;
        Ok(written > 0)
    }
}

const INSERT: &str = "INSERT INTO tickets (event, serial, round, ticket_type, epoch, status, \
    name, seat, order_code, note, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
    ON CONFLICT (event, serial) DO NOTHING";
const UPDATE: &str = "UPDATE tickets SET round = ?3, ticket_type = ?4, epoch = ?5, status = ?6, \
    name = ?7, seat = ?8, order_code = ?9, note = ?10, words = ?11 \
    WHERE event = ?1 AND serial = ?2";

type Brief = (TicketTypeId, TicketStatus);

fn brief(kind: Option<u16>, status: Option<i64>) -> Option<Brief> {
    kind.zip(status)
        .map(|(kind, status)| (TicketTypeId(kind), list::status_of(status)))
}

fn find_row(
    db: &Connection,
    event: EventId,
    serial: Serial,
) -> Result<(i64, String, Option<Brief>), StoreError> {
    let row = db
        .prepare_cached(
            "SELECT id, words, ticket_type, status FROM tickets WHERE event = ? AND serial = ?",
        )?
        .query_row(params![event.0, int(serial.get())], |row| {
            Ok((row.get(0)?, row.get(1)?, brief(row.get(2)?, row.get(3)?)))
        })?;
    Ok(row)
}

/// What this device's log says of passages, which stands whatever others tell. What
/// is told of this device and is not in its log was lost here, with a damaged page or
/// an older copy of the store: it counts as told.
struct OwnLog<'a> {
    db: &'a Connection,
    event: EventId,
    own: DeviceId,
}

impl OwnLog<'_> {
    /// The passages that the log has, and the others.
    fn split(
        &self,
        serial: Serial,
        passages: &[Passage],
    ) -> Result<(Vec<Passage>, Vec<Passage>), StoreError> {
        let (mut mine, mut others) = (Vec::new(), Vec::new());
        for passage in passages {
            match self.has(serial, passage)? {
                true => mine.push(passage.clone()),
                false => others.push(passage.clone()),
            }
        }
        Ok((mine, others))
    }

    fn has(&self, serial: Serial, passage: &Passage) -> Result<bool, StoreError> {
        if passage.device != self.own {
            return Ok(false);
        }
        let record = log::record(self.db, passage.seq)?;
        Ok(record.is_some_and(|record| match &record.body {
            RecordBody::Scan(scan) => ticket_of(scan) == Some((self.event, serial)),
            _ => false,
        }))
    }
}

fn remove_passages(
    db: &Connection,
    event: EventId,
    serial: Serial,
    passages: &[Passage],
) -> Result<(), StoreError> {
    for passage in passages {
        list::delete_passage(db, event, serial, passage.device, passage.seq)?;
    }
    Ok(())
}

/// Removes the rows with a round below `round` among the next piece of serials.
pub(super) fn remove_rows(
    db: &Connection,
    event: EventId,
    rules: Option<&EventRules>,
    round: i64,
    after: Option<Serial>,
) -> Result<Option<Serial>, StoreError> {
    let own = own_device(db)?.ok_or(StoreError::NotEnrolled)?;
    let log = OwnLog { db, event, own };
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
            brief(row.get(3)?, row.get(4)?),
        ))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let mut changes = CountChanges::default();
    for (id, serial, _, brief) in rows.iter().filter(|row| row.2 < round) {
        let serial = Serial::new(uint(*serial)).ok_or_else(|| unreadable("a serial"))?;
        let before = list::history(db, event, serial)?;
        let (_, others) = log.split(serial, &before)?;
        remove_passages(db, event, serial, &others)?;
        words::forget(db, *id)?;
        db.prepare_cached("DELETE FROM tickets WHERE id = ?")?
            .execute([id])?;
        let after = list::history(db, event, serial)?;
        changes.replace(
            &Share::of(rules, *brief, &before),
            &Share::of(rules, None, &after),
        );
    }
    words::rows_went(db)?;
    changes.write(db, event)?;
    let more = rows.len() == PIECE;
    let last = rows.last().and_then(|row| Serial::new(uint(row.1)));
    Ok(last.filter(|_| more))
}
