//! Tickets and their passages: what a decision looks up, and what a scan of
//! this device changes. All by index.

use super::counts::{CountChanges, Share};
use super::{StoreError, int, uint};
use gateline_admission::EventRules;
use gateline_common::Hash;
use gateline_common::decision::Passage;
use gateline_common::ids::{DeviceId, Epoch, EventId, GateId, Serial, TicketTypeId};
use gateline_common::sync::{ListedTicket, TicketStatus};
use gateline_common::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// Rows that are read ahead at once: some ten milliseconds.
const READ_AHEAD: u32 = 20_000;

/// What this device knows about one serial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFacts {
    /// The ticket, if it is on the list.
    pub listed: Option<ListedTicket>,
    /// Its passages that stand, oldest first.
    pub history: Vec<Passage>,
    /// The highest epoch that a verified code of it ever showed here.
    pub highest_epoch: Option<Epoch>,
}

impl TicketFacts {
    /// Looks a serial up.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(db: &Connection, event: EventId, serial: Serial) -> Result<Self, StoreError> {
        let highest_epoch = db
            .prepare_cached("SELECT epoch FROM epochs WHERE event = ? AND serial = ?")?
            .query_row(params![event.0, int(serial.get())], |row| row.get(0))
            .optional()?;
        Ok(Self {
            listed: listed(db, event, serial)?,
            history: history(db, event, serial)?,
            highest_epoch: highest_epoch.map(Epoch),
        })
    }
}

/// Reads a piece of the list behind row `after`, so that scans find its pages
/// decrypted. Answers its last row; `None` at the end, when also the places of all
/// tickets of `event` were read.
pub fn read_ahead(db: &Connection, event: EventId, after: i64) -> Result<Option<i64>, StoreError> {
    let last: Option<i64> = db
        .prepare_cached(
            "SELECT max(id) FROM (SELECT id FROM tickets WHERE id > ? ORDER BY id LIMIT ?)",
        )?
        .query_row(params![after, READ_AHEAD], |row| row.get(0))?;
    if last.is_none() {
        db.prepare_cached("SELECT count(*) FROM tickets WHERE event = ?")?
            .query_row([event.0], |row| row.get::<_, i64>(0))?;
    }
    Ok(last)
}

/// The ticket on the list, if it is there.
pub fn listed(
    db: &Connection,
    event: EventId,
    serial: Serial,
) -> Result<Option<ListedTicket>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT ticket_type, epoch, status, name, seat, order_code, note FROM tickets \
             WHERE event = ? AND serial = ? AND ticket_type IS NOT NULL",
        )?
        .query_row(params![event.0, int(serial.get())], |row| {
            read_listed(row, 0)
        })
        .optional()?;
    Ok(found)
}

/// Type and status of the ticket, if it is on the list.
pub(super) fn brief(
    db: &Connection,
    event: EventId,
    serial: Serial,
) -> Result<Option<(TicketTypeId, TicketStatus)>, StoreError> {
    let ticket = listed(db, event, serial)?;
    Ok(ticket.map(|ticket| (ticket.ticket_type, ticket.status)))
}

/// Reads the seven columns of a listed ticket from `first` on.
pub(super) fn read_listed(row: &Row<'_>, first: usize) -> rusqlite::Result<ListedTicket> {
    Ok(ListedTicket {
        ticket_type: TicketTypeId(row.get(first)?),
        epoch: Epoch(row.get(first + 1)?),
        status: status_of(row.get(first + 2)?),
        name: row.get(first + 3)?,
        seat: row.get(first + 4)?,
        order_code: row.get::<_, Option<String>>(first + 5)?.unwrap_or_default(),
        note: row.get(first + 6)?,
    })
}

/// The passages of a serial, oldest first.
pub fn history(
    db: &Connection,
    event: EventId,
    serial: Serial,
) -> Result<Vec<Passage>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT device, seq, at, gate, outward FROM passages WHERE event = ? AND serial = ? \
         ORDER BY at, device, seq",
    )?;
    let rows = select.query_map(params![event.0, int(serial.get())], |row| {
        Ok(Passage {
            device: DeviceId(Uuid::from_bytes(row.get(0)?)),
            seq: uint(row.get(1)?),
            at: Timestamp(row.get(2)?),
            gate: row.get::<_, Option<u16>>(3)?.map(GateId),
            direction: super::identity::direction(row.get(4)?),
        })
    })?;
    rows.collect::<Result<_, _>>().map_err(StoreError::from)
}

/// Notes a passage of this device. `rules` are the event's, if they are known.
pub fn add_passage(
    db: &Connection,
    event: EventId,
    rules: Option<&EventRules>,
    serial: Serial,
    passage: &Passage,
) -> Result<(), StoreError> {
    change(db, event, rules, serial, |db| {
        insert_passage(db, event, serial, passage)
    })
}

/// Takes a passage of this device back.
pub fn remove_passage(
    db: &Connection,
    event: EventId,
    rules: Option<&EventRules>,
    serial: Serial,
    device: DeviceId,
    seq: u64,
) -> Result<(), StoreError> {
    change(db, event, rules, serial, |db| {
        delete_passage(db, event, serial, device, seq)
    })
}

pub(super) fn delete_passage(
    db: &Connection,
    event: EventId,
    serial: Serial,
    device: DeviceId,
    seq: u64,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "DELETE FROM passages WHERE event = ? AND serial = ? AND device = ? AND seq = ?",
    )?
    .execute(params![
        event.0,
        int(serial.get()),
        device.0.as_bytes(),
        int(seq)
    ])?;
    Ok(())
}

/// Runs `work` and brings the sums up to date with what it did to one ticket.
fn change(
    db: &Connection,
    event: EventId,
    rules: Option<&EventRules>,
    serial: Serial,
    work: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let brief = brief(db, event, serial)?;
    let before = Share::of(rules, brief, &history(db, event, serial)?);
    work(db)?;
    let after = Share::of(rules, brief, &history(db, event, serial)?);
    let mut changes = CountChanges::default();
    changes.replace(&before, &after);
    changes.write(db, event)
}

pub(super) fn insert_passage(
    db: &Connection,
    event: EventId,
    serial: Serial,
    passage: &Passage,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO passages (event, serial, device, seq, at, gate, outward) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        event.0,
        int(serial.get()),
        passage.device.0.as_bytes(),
        int(passage.seq),
        passage.at.0,
        passage.gate.map(|gate| gate.0),
        super::identity::outward(passage.direction),
    ])?;
    Ok(())
}

/// A verified code of this serial showed this epoch.
pub fn note_epoch(
    db: &Connection,
    event: EventId,
    serial: Serial,
    epoch: Epoch,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO epochs (event, serial, epoch) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET epoch = ?3 WHERE epoch < ?3",
    )?
    .execute(params![event.0, int(serial.get()), epoch.0])?;
    Ok(())
}

/// Was this rotating code used to let somebody through?
pub fn proof_used(db: &Connection, code: &Hash) -> Result<bool, StoreError> {
    let found = db
        .prepare_cached("SELECT 1 FROM proofs WHERE hash = ?")?
        .exists([code.0])?;
    Ok(found)
}

/// It was.
pub fn note_proof(db: &Connection, code: &Hash) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR IGNORE INTO proofs (hash) VALUES (?)")?
        .execute([code.0])?;
    Ok(())
}

/// It was taken back.
pub fn forget_proof(db: &Connection, code: &Hash) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM proofs WHERE hash = ?")?
        .execute([code.0])?;
    Ok(())
}

pub(super) fn status_number(status: TicketStatus) -> i64 {
    match status {
        TicketStatus::Valid => 0,
        TicketStatus::Cancelled => 1,
        TicketStatus::Refunded => 2,
        TicketStatus::Blocked => 3,
    }
}

/// What this build does not know stops the ticket.
pub(super) fn status_of(number: i64) -> TicketStatus {
    match number {
        0 => TicketStatus::Valid,
        1 => TicketStatus::Cancelled,
        2 => TicketStatus::Refunded,
        _ => TicketStatus::Blocked,
    }
}
