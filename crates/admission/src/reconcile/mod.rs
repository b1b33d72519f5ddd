//! Reconciling the logs of many gates: what counts, what collided, and which
//! record proves it.
//!
//! Always true: the result depends on the SETS of facts and records alone; any
//! order, grouping or repetition of uploads gives the same report, byte for byte.
//! Device signatures were checked when the records came in. Nothing is trusted
//! that a device's clock says beyond what the server's receipts bound.
//!
//! In steps, so that only what a new upload touched is computed again:
//! [`read_log`] per device, [`reconcile_ticket`] per ticket, [`assemble`].
//! [`reconcile_logs`] is the last two, [`reconcile`] all three.

mod chain;
mod facts;
mod log;
mod order;
mod replay;
mod report;
mod totals;

pub use chain::read_log;
pub use facts::{Facts, LoggedRecord, Standing, TicketState};
pub use log::{Cancelled, DeviceLog, TimedScan};
pub use replay::reconcile_ticket;
pub use report::{
    Cause, Conflict, DeviceReport, Evidence, Fork, Gap, Overrun, Quarantined, Report, Tampering,
    TicketReport, Totals, Trace,
};
pub use totals::{assemble, device_report, has_capacities, overruns, sums_of};

use gateline_common::ids::{DeviceId, Serial};
use std::collections::BTreeMap;

/// Reconciles every record.
#[must_use]
pub fn reconcile(facts: &Facts, records: &[LoggedRecord]) -> Report {
    let mut by_device: BTreeMap<DeviceId, Vec<&LoggedRecord>> = BTreeMap::new();
    for record in records {
        by_device.entry(record.device).or_default().push(record);
    }
    let logs: Vec<DeviceLog> = by_device
        .into_iter()
        .map(|(device, records)| read_log(facts, device, records))
        .collect();
    reconcile_logs(facts, &logs)
}

/// Reconciles the scans of logs that were read, one log per device.
#[must_use]
pub fn reconcile_logs(facts: &Facts, logs: &[DeviceLog]) -> Report {
    let scans = logs.iter().flat_map(|log| &log.scans);
    let mut scans: Vec<(Serial, &TimedScan)> = scans
        .filter_map(|scan| Some((scan.serial?, scan)))
        .collect();
    scans.sort_unstable_by_key(|(serial, _)| *serial);
    let tickets = scans
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter_map(|scans| {
            let (serial, _) = scans.first()?;
            let scans = scans.iter().map(|(_, scan)| *scan);
            Some(reconcile_ticket(facts, *serial, scans))
        });
    assemble(facts, logs, tickets.collect())
}
