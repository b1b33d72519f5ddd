//! A device's records in order, and what they say of one another.

use crate::checkin::batch::Claim;
use crate::checkin::log::{LogHead, StoredRecord};
use crate::checkin::ticket::TicketKey;
use gateline_common::sync::{Record, RecordBody};
use gateline_common::{Hash, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A gate takes back its last scan: nothing but receipts lies between.
const MOST_BETWEEN: u64 = 64;

/// A device's log while a batch is taken in, by (sequence, hash).
pub(super) type Log = BTreeMap<(u64, Hash), StoredRecord>;

pub(super) fn keyed(records: impl Iterator<Item = StoredRecord>) -> Log {
    records
        .map(|record| ((record.seq, record.hash), record))
        .collect()
}

fn at_seq(log: &Log, seq: u64) -> impl Iterator<Item = &StoredRecord> {
    log.range((seq, Hash::ZERO)..=(seq, Hash([0xff; 32])))
        .map(|(_, record)| record)
        .filter(|record| record.is_signed())
}

/// Is the same sequence held with another hash?
pub(super) fn has_another(log: &Log, claim: &Claim) -> bool {
    at_seq(log, claim.seq).any(|record| record.hash != claim.hash)
}

/// Does a record hold the hash of one before it? True while that is missing.
pub(super) fn is_chained(record: &Record, log: &Log) -> bool {
    if record.seq == 1 {
        return record.previous == Hash::ZERO;
    }
    let mut before = at_seq(log, record.seq - 1).peekable();
    before.peek().is_none() || before.any(|before| before.hash == record.previous)
}

/// What receipts in the chain prove of whatever comes as number `seq`.
pub(super) fn proven_after(log: &Log, seq: u64) -> Option<Timestamp> {
    let (_, before) = log.range(..(seq, Hash::ZERO)).next_back()?;
    match before.record().map(|record| record.body) {
        Some(RecordBody::Receipt(signed)) if before.is_counted() => {
            before.not_before.max(Some(signed.receipt.at))
        }
        _ => before.not_before,
    }
}

/// The ticket of what a withdrawal or undo takes back. Of a forked target, the
/// one that it is chained to.
pub(super) fn ticket_of_target(record: &StoredRecord, log: &Log) -> Option<TicketKey> {
    let target = record.target?;
    // Only a scan can be taken back: an undo of an undo is about no ticket.
    let is_scan = |found: &&StoredRecord| found.target.is_none() && found.ticket.is_some();
    let scans: Vec<&StoredRecord> = at_seq(log, target).filter(is_scan).collect();
    let chained = match scans.len() {
        0 | 1 => None,
        _ => ancestor(record, target, log),
    };
    scans
        .iter()
        .find(|found| Some(found.hash) == chained)
        .or(scans.first())
        .and_then(|found| found.ticket)
}

/// The hash of the record number `seq` that `record` is chained to, as far as
/// what lies between is here.
fn ancestor(record: &StoredRecord, seq: u64, log: &Log) -> Option<Hash> {
    if record.seq.saturating_sub(seq) > MOST_BETWEEN {
        return None;
    }
    let mut previous = record.record()?.previous;
    for between in (seq.checked_add(1)?..record.seq).rev() {
        previous = log.get(&(between, previous))?.record()?.previous;
    }
    Some(previous)
}

/// A refused admission stops waiting when the device withdrew it, or went on to
/// the next guest without doing so: then it was let in.
pub(super) fn settle(log: &mut Log, head: &LogHead) {
    let withdrawn: BTreeSet<u64> = log
        .values()
        .filter(|record| record.is_counted())
        .filter_map(|record| record.target)
        .collect();
    for ((seq, _), record) in log.iter_mut() {
        if *seq < head.last_scan || withdrawn.contains(seq) {
            record.pending = false;
        }
    }
}
