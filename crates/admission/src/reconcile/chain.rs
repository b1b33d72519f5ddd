//! One device's log: its chain, and when each scan took place.
//!
//! A record's time is its claimed time (device clock plus last measured offset),
//! clamped between the receipts around it, and never before its predecessor's.
//! Receipts in the chain bound what follows them from below; a receipt for a
//! record bounds it, and all before it, from above. After a fork each branch is a
//! chain of its own.

use super::facts::{Facts, LoggedRecord, Standing};
use super::log::{Cancelled, DeviceLog, TimedScan, ticket_of};
use super::report::{Fork, Gap, Quarantined, Tampering, Trace};
use gateline_common::Hash;
use gateline_common::ids::DeviceId;
use gateline_common::sync::{Receipt, RecordBody};
use gateline_common::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A smaller correction is no fault of a clock.
const CLOCK_FAULT_MS: i64 = 1000;

/// Reads the records of one device.
#[must_use]
pub fn read_log<'a>(
    facts: &Facts,
    device: DeviceId,
    records: impl IntoIterator<Item = &'a LoggedRecord>,
) -> DeviceLog {
    let own = |record: &&LoggedRecord| record.device == device;
    let mut records: Vec<&LoggedRecord> = records.into_iter().filter(own).collect();
    // Of a record that was quarantined and accepted later, what counts is first.
    records.sort_by_key(|record| (record.seq, record.hash, Reverse(record.standing)));
    records.dedup_by_key(|record| (record.seq, record.hash));
    let mut chain = Chain {
        nodes: records.into_iter().map(Node::new).collect(),
        ..Chain::default()
    };
    chain.link();
    chain.bound(
        facts
            .receipts
            .iter()
            .filter(|receipt| receipt.device == device),
    );
    chain.tell_time();
    chain.cancel();
    let scans = chain.scans(facts);
    chain.sum_up(&scans);
    DeviceLog {
        device,
        trace: chain.trace,
        scans,
    }
}

struct Node<'a> {
    record: &'a LoggedRecord,
    parent: Option<usize>,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    at: Timestamp,
    claimed: Timestamp,
    cancelled: Option<Cancelled>,
}

impl<'a> Node<'a> {
    fn new(record: &'a LoggedRecord) -> Self {
        Self {
            record,
            parent: None,
            not_before: None,
            not_after: None,
            at: Timestamp(i64::MIN),
            claimed: Timestamp(i64::MIN),
            cancelled: None,
        }
    }

    fn body(&self) -> Option<&'a RecordBody> {
        match self.record.standing {
            Standing::Counted => Some(&self.record.record.as_ref()?.body),
            Standing::Quarantined(_) => None,
        }
    }
}

/// The records in order of (sequence, hash); a parent comes before its children.
#[derive(Default)]
struct Chain<'a> {
    nodes: Vec<Node<'a>>,
    trace: Trace,
}

impl Chain<'_> {
    fn at_seq(&self, seq: u64) -> std::ops::Range<usize> {
        let from = self.nodes.partition_point(|node| node.record.seq < seq);
        let to = self.nodes.partition_point(|node| node.record.seq <= seq);
        from..to
    }

    /// Is there more than one chain? A broken link, too, is another chain's
    /// record, whose own predecessor is not there.
    fn is_forked(&self) -> bool {
        let broken = |sign: &Tampering| matches!(sign, Tampering::BrokenLink { .. });
        !self.trace.forks.is_empty() || self.trace.tampering.iter().any(broken)
    }

    /// Finds each record's predecessor, and with it gaps, forks and broken links.
    fn link(&mut self) {
        self.trace.records = self.nodes.len() as u64;
        let mut expected = 1;
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let seq = node.record.seq;
            if seq > expected {
                self.trace.gaps.push(Gap {
                    from: expected,
                    to: seq - 1,
                });
            }
            let same = self.at_seq(seq);
            if same.len() > 1 {
                let hashes = self.nodes[same.clone()].iter().map(|node| node.record.hash);
                self.trace.forks.push(Fork {
                    seq,
                    hashes: hashes.collect(),
                });
            }
            for index in same.clone() {
                self.nodes[index].parent = self.predecessor(index);
            }
            self.trace.highest = seq;
            expected = seq.saturating_add(1);
            at = same.end;
        }
    }

    fn predecessor(&mut self, index: usize) -> Option<usize> {
        let record = self.nodes[index].record;
        let previous = record.record.as_ref().map(|record| record.previous);
        let first_here = self.at_seq(record.seq).start;
        let Some(last_before) = first_here.checked_sub(1) else {
            if record.seq == 1 && previous.is_some_and(|previous| previous != Hash::ZERO) {
                self.broken(record);
            }
            return None;
        };
        let before = self.at_seq(self.nodes[last_before].record.seq);
        let adjacent = self.nodes[last_before].record.seq + 1 == record.seq;
        match previous {
            Some(previous) if adjacent => {
                let found = before
                    .clone()
                    .find(|at| self.nodes[*at].record.hash == previous);
                if found.is_none() {
                    self.broken(record);
                }
                found
            }
            // Behind a gap, or unreadable: its predecessor is clear only where
            // the log was not forked.
            _ => (before.len() == 1).then_some(last_before),
        }
    }

    fn broken(&mut self, record: &LoggedRecord) {
        let (seq, hash) = (record.seq, record.hash);
        self.trace
            .tampering
            .push(Tampering::BrokenLink { seq, hash });
    }

    /// Applies receipts: those that the server gave and those in the chain.
    fn bound<'r>(&mut self, given: impl Iterator<Item = &'r Receipt>) {
        let in_chain = self.nodes.iter().filter_map(|node| match node.body() {
            Some(RecordBody::Receipt(signed)) => Some(signed.receipt),
            _ => None,
        });
        let device = self.nodes.first().map(|node| node.record.device);
        let receipts: Vec<Receipt> = in_chain
            .filter(|receipt| Some(receipt.device) == device)
            .chain(given.copied())
            .collect();
        let mut denied = BTreeSet::new();
        for receipt in receipts {
            let here = self.at_seq(receipt.seq);
            let named = here
                .clone()
                .find(|at| self.nodes[*at].record.hash == receipt.hash);
            if named.is_none() && !here.is_empty() {
                denied.insert(Tampering::NotAsReceipted {
                    seq: receipt.seq,
                    hash: receipt.hash,
                });
                continue;
            }
            let before_gap = here.start.checked_sub(1).filter(|_| !self.is_forked());
            if let Some(at) = named.or(before_gap) {
                let bound = &mut self.nodes[at].not_after;
                *bound = Some(bound.map_or(receipt.at, |bound| bound.min(receipt.at)));
            }
        }
        self.trace.tampering.extend(denied);
        for at in (0..self.nodes.len()).rev() {
            if let (Some(parent), Some(bound)) = (self.nodes[at].parent, self.nodes[at].not_after) {
                let outer = &mut self.nodes[parent].not_after;
                *outer = Some(outer.map_or(bound, |outer| outer.min(bound)));
            }
        }
    }

    /// Goes along the chain: lower bounds, and times that never run backwards.
    fn tell_time(&mut self) {
        for at in 0..self.nodes.len() {
            let parent = self.nodes[at].parent.map(|parent| &self.nodes[parent]);
            let passed = parent.and_then(|parent| match parent.body() {
                Some(RecordBody::Receipt(signed)) => Some(signed.receipt.at),
                _ => None,
            });
            let not_before = parent.and_then(|parent| parent.not_before).max(passed);
            let running = parent.map_or(Timestamp(i64::MIN), |parent| parent.at);
            let node = &mut self.nodes[at];
            node.not_before = not_before;
            node.claimed = match &node.record.record {
                Some(record) => record.at.plus_ms(record.clock.offset_ms),
                None => running,
            };
            let high = node
                .not_after
                .map_or(node.claimed, |bound| node.claimed.min(bound));
            let low = not_before.map_or(high, |bound| high.max(bound));
            node.at = low.max(running);
        }
    }

    /// Applies withdrawals and undos to the scans that they name.
    fn cancel(&mut self) {
        for at in 0..self.nodes.len() {
            let (seq, cancelled) = match self.nodes[at].body() {
                Some(RecordBody::Undo { seq }) => (*seq, Cancelled::Undone(self.nodes[at].at)),
                Some(RecordBody::Withdrawal { seq, answer }) => {
                    (*seq, Cancelled::Withdrawn(answer.clone()))
                }
                Some(RecordBody::Scan(_) | RecordBody::Receipt(_)) | None => continue,
            };
            if let Some(target) = self.ancestor(at, seq) {
                self.nodes[target].cancelled.get_or_insert(cancelled);
            }
        }
    }

    fn ancestor(&self, at: usize, seq: u64) -> Option<usize> {
        if seq >= self.nodes[at].record.seq {
            return None;
        }
        if !self.is_forked() {
            return self.at_seq(seq).next();
        }
        std::iter::successors(self.nodes[at].parent, |at| self.nodes[*at].parent)
            .find(|at| self.nodes[*at].record.seq <= seq)
            .filter(|at| self.nodes[*at].record.seq == seq)
    }

    fn scans(&self, facts: &Facts) -> Vec<TimedScan> {
        let forked = self.is_forked();
        let timed = |node: &Node<'_>| {
            let Some(RecordBody::Scan(scan)) = node.body() else {
                return None;
            };
            if scan.event != facts.event() {
                return None;
            }
            let verified = node.record.verified;
            let (serial, epoch) = ticket_of(facts, scan, verified);
            Some(TimedScan {
                device: node.record.device,
                seq: node.record.seq,
                hash: node.record.hash,
                at: node.at,
                claimed: node.claimed,
                device_time: node.record.record.as_ref()?.at,
                not_before: node.not_before,
                not_after: node.not_after,
                forked,
                serial,
                epoch,
                verified,
                scan: scan.clone(),
                cancelled: node.cancelled.clone(),
            })
        };
        self.nodes.iter().filter_map(timed).collect()
    }

    fn sum_up(&mut self, scans: &[TimedScan]) {
        self.trace.tampering.sort();
        for node in &self.nodes {
            if let Standing::Quarantined(reason) = node.record.standing {
                let (seq, hash) = (node.record.seq, node.record.hash);
                self.trace
                    .quarantined
                    .push(Quarantined { seq, hash, reason });
            }
        }
        for scan in scans {
            let error = scan.at.since_ms(scan.claimed);
            if error.saturating_abs() >= CLOCK_FAULT_MS {
                self.trace.clock_corrections += 1;
                if error.saturating_abs() > self.trace.worst_clock_error_ms.saturating_abs() {
                    self.trace.worst_clock_error_ms = error;
                }
            }
        }
    }
}
