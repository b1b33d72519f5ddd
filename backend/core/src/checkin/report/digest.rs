//! What a report needs of one device's log: its chain, its sums, and the scans
//! that the whole log shows otherwise than their tickets were counted.
//!
//! Always true: made from the log alone, by the same functions as reconciling
//! everything; kept only as long as log and rules are the same, so a report after
//! an upload reads again what the upload touched.

use crate::checkin::log::{LogHead, StoredBatch, StoredRecord};
use crate::checkin::tally;
use gateline_admission::Facts;
use gateline_admission::reconcile::{
    DeviceReport, LoggedRecord, Standing, TimedScan, Totals, device_report, has_capacities,
    read_log, sums_of,
};
use gateline_common::Hash;
use gateline_common::decision::Passage;
use gateline_common::ids::{DeviceId, EventId, Serial};
use gateline_common::sync::Receipt;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// A device's log, read.
#[derive(Debug)]
pub(super) struct Digest {
    /// What the report says of the device.
    pub(super) report: DeviceReport,
    /// Its scans' part of the sums.
    pub(super) sums: Totals,
    /// Do its sequence numbers prove no order?
    pub(super) forked: bool,
    /// Scans that are otherwise than their tickets were counted; `None` is one
    /// that is not there at all.
    pub(super) otherwise: BTreeMap<(u64, Hash), Option<TimedScan>>,
    /// Their tickets.
    pub(super) touched: BTreeSet<Serial>,
    /// Every passage that stands; only where a capacity asks for them.
    pub(super) passages: Vec<(Passage, Serial)>,
}

impl Digest {
    /// Reads the log of `device`: all of its `records`, and the `batches` in
    /// which they came.
    pub(super) fn of(
        facts: &mut Facts,
        device: DeviceId,
        records: &[StoredRecord],
        batches: &[StoredBatch],
    ) -> Self {
        facts.receipts = batches.iter().map(receipt).collect();
        let signed: Vec<&StoredRecord> = records.iter().filter(|r| r.is_signed()).collect();
        let logged: Vec<LoggedRecord> = signed.iter().copied().map(logged).collect();
        let mut log = read_log(facts, device, &logged);
        let refused: BTreeMap<(u64, Hash), _> = signed
            .iter()
            .filter_map(|stored| Some(((stored.seq, stored.hash), tally::refused(stored)?)))
            .collect();
        for scan in &mut log.scans {
            if scan.cancelled.is_none() {
                scan.cancelled = refused.get(&(scan.seq, scan.hash)).cloned();
            }
        }
        let mut digest = Self {
            report: device_report(&log),
            sums: sums_of(&log.scans),
            forked: log.scans.iter().any(|scan| scan.forked),
            otherwise: BTreeMap::new(),
            touched: BTreeSet::new(),
            passages: Vec::new(),
        };
        if has_capacities(&facts.rules) {
            digest.passages = log.scans.iter().filter_map(passage).collect();
        }
        let read = logged.iter().map(|logged| logged.record.as_ref());
        let counted = tally::scans_as_counted(&signed, read);
        digest.compare(facts.event(), log.scans, counted);
        digest
    }

    /// Notes where the log says something else than the records' rows.
    fn compare(&mut self, event: EventId, scans: Vec<TimedScan>, counted: Vec<TimedScan>) {
        let mut counted: BTreeMap<(u64, Hash), TimedScan> = counted
            .into_iter()
            .filter(|scan| scan.scan.event == event)
            .map(|scan| ((scan.seq, scan.hash), scan))
            .collect();
        for scan in scans {
            let key = (scan.seq, scan.hash);
            let before = counted.remove(&key);
            let same = before.as_ref().is_some_and(|before| is_same(before, &scan));
            if !same {
                self.touched.extend(before.and_then(|before| before.serial));
                self.touched.extend(scan.serial);
                self.otherwise.insert(key, Some(scan));
            }
        }
        for (key, gone) in counted {
            self.touched.extend(gone.serial);
            self.otherwise.insert(key, None);
        }
    }
}

/// The same, but for whether the log is forked, which is known of all its scans
/// together, and for what only saves work.
fn is_same(counted: &TimedScan, read: &TimedScan) -> bool {
    let TimedScan {
        forked, verified, ..
    } = read;
    let counted = TimedScan {
        forked: *forked,
        verified: *verified,
        ..counted.clone()
    };
    counted == *read
}

fn passage(scan: &TimedScan) -> Option<(Passage, Serial)> {
    let stands = scan.cancelled.is_none() && scan.scan.answer.is_admitted();
    let passage = Passage {
        at: scan.at,
        device: scan.device,
        seq: scan.seq,
        gate: scan.scan.gate,
        direction: scan.scan.direction,
    };
    Some((passage, scan.serial.filter(|_| stands)?))
}

pub(super) fn receipt(batch: &StoredBatch) -> Receipt {
    Receipt {
        device: batch.device,
        seq: batch.last_seq,
        hash: batch.last_hash,
        at: batch.received_at,
    }
}

pub(super) fn logged(stored: &StoredRecord) -> LoggedRecord {
    let (device, seq) = (stored.device, stored.seq);
    let mut logged = LoggedRecord::held(device, seq, stored.hash, &stored.bytes);
    if let Some(reason) = stored.quarantine {
        logged.standing = Standing::Quarantined(reason);
    }
    logged.verified = stored.is_verified();
    logged
}

/// Of what a digest was made: how far the device's log was held, and the version of
/// the event. A store that was put back to a copy counts the same versions again, but
/// for another log.
pub(super) type Made = (LogHead, u64);

/// Digests by event and device.
type Kept = HashMap<(EventId, DeviceId), (Made, Arc<Digest>)>;

/// Digests of this process.
#[derive(Debug, Default)]
pub(in crate::checkin) struct Digests(Mutex<Kept>);

impl Digests {
    /// The digest of a device, if it is of the same log and event.
    pub(super) fn find(&self, event: EventId, device: DeviceId, made: Made) -> Option<Arc<Digest>> {
        let kept = self.0.lock().ok()?;
        let (known, digest) = kept.get(&(event, device))?;
        (*known == made).then(|| Arc::clone(digest))
    }

    /// Keeps it in place of an older one.
    pub(super) fn keep(&self, event: EventId, device: DeviceId, made: Made, digest: &Arc<Digest>) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert((event, device), (made, Arc::clone(digest)));
        }
    }
}
