//! What staff saw at the gates against the gates' logs, and against each other.

use super::record::{self, Body};
use super::{Checked, Fault, GateStore};
use crate::clients::journal::{Answer, Kind, Told};
use anyhow::Result;
use gateline_common::ids::Serial;
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A line that staff saw.
struct Shown<'a> {
    gate: &'a str,
    seq: u64,
    admitted: bool,
    confirmed: bool,
    serial: Option<u64>,
}

fn shown(told: &[Told]) -> Vec<Shown<'_>> {
    let lines = told.iter().filter(|told| told.kind == Kind::Scan);
    let read = |told: &'_ Told| -> Option<(u64, Value)> {
        match &told.answer {
            Answer::Said(line) => Some((line["seq"].as_u64()?, line.clone())),
            _ => None,
        }
    };
    lines
        .filter_map(|told| {
            let (seq, line) = read(told)?;
            let serial = line["ticket"]["serial"].as_str();
            Some(Shown {
                gate: &told.who,
                seq,
                admitted: line["answer"]["admit"].is_string(),
                confirmed: line["confirmation"] == "confirmed",
                serial: serial
                    .and_then(|text| text.parse::<Serial>().ok())
                    .map(Serial::get),
            })
        })
        .collect()
}

pub(super) fn check(gates: &[GateStore], told: &[Told], checked: &mut Checked) -> Result<()> {
    let shown = shown(told);
    checked.counts.scans_shown = shown.len();
    let by_name: BTreeMap<&str, &GateStore> = gates
        .iter()
        .map(|gate| (gate.name.as_str(), gate))
        .collect();
    in_the_log(&shown, &by_name, checked)?;
    admitted_twice(&shown, checked);
    Ok(())
}

/// The same for what was shown just now, at gates that may be at work.
pub(super) fn check_shown(folder: &Path, told: &[Told], checked: &mut Checked) -> Result<()> {
    let shown = shown(told);
    let names: BTreeSet<&str> = shown.iter().map(|line| line.gate).collect();
    let mut stores = Vec::new();
    for name in names {
        stores.extend(GateStore::open(&folder.join(name))?);
    }
    let by_name = stores
        .iter()
        .map(|gate| (gate.name.as_str(), gate))
        .collect();
    in_the_log(&shown, &by_name, checked)
}

fn in_the_log(
    shown: &[Shown<'_>],
    gates: &BTreeMap<&str, &GateStore>,
    checked: &mut Checked,
) -> Result<()> {
    let mut seen = BTreeSet::new();
    for line in shown {
        let (name, seq) = (line.gate, line.seq);
        if !seen.insert((name, seq)) {
            checked.found(
                Fault::ScanTwice,
                format!("{name}: record {seq} was shown twice"),
            );
        }
        let Some(gate) = gates.get(name) else {
            checked.found(
                Fault::ScanLost,
                format!("{name} has no store, and showed scans"),
            );
            continue;
        };
        let Some(record) = record_at(gate, seq)? else {
            checked.found(
                Fault::ScanLost,
                format!("{name}: record {seq} was shown and is not in the log"),
            );
            continue;
        };
        let Body::Scan { serial, admitted } = record else {
            checked.found(Fault::ScanLost, format!("{name}: record {seq} is no scan"));
            continue;
        };
        let withdrawn = admitted && !line.admitted && withdrawn(gate, seq)?;
        let same_guest = line.serial.is_none_or(|shown| serial == Some(shown));
        if !same_guest || (admitted != line.admitted && !withdrawn) {
            checked.found(
                Fault::ScanLost,
                format!("{name}: record {seq} is not what was shown"),
            );
        }
    }
    Ok(())
}

fn record_at(gate: &GateStore, seq: u64) -> Result<Option<Body>> {
    let bytes: Option<Vec<u8>> = gate
        .db
        .prepare_cached("SELECT bytes FROM log WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok(bytes
        .and_then(|bytes| record::read(&bytes))
        .map(|record| record.body))
}

fn withdrawn(gate: &GateStore, seq: u64) -> Result<bool> {
    let mut statement = gate
        .db
        .prepare_cached("SELECT bytes FROM log WHERE seq > ?1 AND seq <= ?1 + 4 ORDER BY seq")?;
    let rows = statement.query_map([seq], |row| row.get::<_, Vec<u8>>(0))?;
    for bytes in rows {
        let body = record::read(&bytes?).map(|record| record.body);
        if body == Some(Body::Withdrawal { seq }) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The server let nobody in twice: re-entry is never allowed here.
fn admitted_twice(shown: &[Shown<'_>], checked: &mut Checked) {
    let mut inside: BTreeMap<u64, &Shown<'_>> = BTreeMap::new();
    for line in shown.iter().filter(|line| line.admitted && line.confirmed) {
        let Some(serial) = line.serial else {
            continue;
        };
        if let Some(first) = inside.insert(serial, line) {
            checked.found(
                Fault::AdmittedTwice,
                format!(
                    "ticket {}: confirmed at {} (record {}) and at {} (record {})",
                    Serial::truncate(serial),
                    first.gate,
                    first.seq,
                    line.gate,
                    line.seq
                ),
            );
        }
    }
}
