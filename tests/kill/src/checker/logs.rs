//! The logs: unbroken chains at every gate, and the same records at the server.

use super::record::{self, Body, Record};
use super::{Backend, Checked, Fault, GateStore};
use anyhow::Result;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// A row of a log.
struct Row {
    seq: u64,
    hash: Vec<u8>,
    bytes: Vec<u8>,
    receipt: bool,
}

pub(super) fn check(backend: &Backend, gates: &[GateStore], checked: &mut Checked) -> Result<()> {
    for gate in gates {
        let Some(device) = gate.device else {
            continue;
        };
        let log = rows(
            &gate.db,
            "SELECT seq, hash, bytes, receipt FROM log ORDER BY seq",
            [],
        )?;
        checked.counts.records += log.len();
        chain(&gate.name, &device, &log, checked);
        let sql = "SELECT seq, hash, bytes, 0 FROM checkin_records WHERE device = ?1 ORDER BY seq";
        let held = rows(&backend.0, sql, [device.as_slice()])?;
        chain(
            &format!("the server's log of {}", gate.name),
            &device,
            &held,
            checked,
        );
        same(&gate.name, &log, &held, checked);
    }
    Ok(())
}

fn rows(db: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Row>> {
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map(parameters, |row| {
        Ok(Row {
            seq: row.get(0)?,
            hash: row.get(1)?,
            bytes: row.get(2)?,
            receipt: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every record is what its hash says, and holds the hash of the one before.
fn chain(name: &str, device: &[u8; 16], log: &[Row], checked: &mut Checked) {
    let mut expected = (1, [0; 32]);
    for row in log {
        let seq = row.seq;
        let found = record::hash(&row.bytes);
        if row.hash != found {
            checked.found(
                Fault::ChainBroken,
                format!("{name}: record {seq} has another hash than its row says"),
            );
        }
        match record::read(&row.bytes) {
            Some(record) => links(name, device, row, &record, expected, checked),
            None => checked.found(
                Fault::ChainBroken,
                format!("{name}: record {seq} is unreadable"),
            ),
        }
        expected = (seq + 1, found);
    }
}

fn links(
    name: &str,
    device: &[u8; 16],
    row: &Row,
    record: &Record,
    expected: (u64, [u8; 32]),
    checked: &mut Checked,
) {
    if record.seq != row.seq || record.device != *device {
        checked.found(
            Fault::ChainBroken,
            format!("{name}: record {} says that it is {}", row.seq, record.seq),
        );
    }
    let (seq, previous) = expected;
    if row.seq < seq {
        checked.found(Fault::ScanTwice, format!("{name}: two records {}", row.seq));
    } else if row.seq > seq {
        checked.found(
            Fault::ScanLost,
            format!("{name}: after record {} comes {}", seq - 1, row.seq),
        );
    } else if record.previous != previous {
        checked.found(
            Fault::ChainBroken,
            format!("{name}: record {seq} does not follow from the one before"),
        );
    }
}

/// The server has every record, as it is at the gate; receipts behind the last other
/// record need not be sent.
fn same(name: &str, log: &[Row], held: &[Row], checked: &mut Checked) {
    let last = log
        .iter()
        .filter(|row| !row.receipt)
        .map(|row| row.seq)
        .max();
    let mut at_server: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in held {
        at_server.entry(row.seq).or_default().push(row);
    }
    for row in log {
        let copies = at_server.remove(&row.seq).unwrap_or_default();
        let equal = copies.iter().filter(|copy| copy.bytes == row.bytes).count();
        if equal == 0 && Some(row.seq) <= last {
            checked.found(
                Fault::ScanNotAtServer,
                format!("{name}: record {} is not at the server", row.seq),
            );
        } else if copies.len() > 1 {
            checked.found(
                Fault::ScanTwice,
                format!(
                    "{name}: the server has {} records {}",
                    copies.len(),
                    row.seq
                ),
            );
        }
    }
    for seq in at_server.keys() {
        checked.found(
            Fault::ScanLost,
            format!("{name}: the server has record {seq}, the gate has not"),
        );
    }
}

/// What the records at the server add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passages {
    /// Tickets that were let in at least once.
    pub entered: u64,
    /// Scans that were refused.
    pub refused: u64,
}

/// Counts the records at the server; what was taken back counts as if it had not been.
///
/// # Errors
/// When they cannot be read.
pub fn passages(backend: &Backend) -> Result<Passages> {
    let sql = "SELECT seq, hash, bytes, 0 FROM checkin_records ORDER BY device, seq";
    let mut admitted: BTreeMap<([u8; 16], u64), u64> = BTreeMap::new();
    let mut refused = 0;
    for row in rows(&backend.0, sql, [])? {
        let Some(record) = record::read(&row.bytes) else {
            continue;
        };
        match record.body {
            Body::Scan {
                serial: Some(serial),
                admitted: true,
            } => drop(admitted.insert((record.device, record.seq), serial)),
            Body::Scan { admitted, .. } => refused += u64::from(!admitted),
            Body::Withdrawal { seq } => drop(admitted.remove(&(record.device, seq))),
            Body::Other => {}
        }
    }
    let tickets: BTreeSet<u64> = admitted.into_values().collect();
    Ok(Passages {
        entered: tickets.len() as u64,
        refused,
    })
}
