//! The journal's own count, and its comparison with the organizer's report.

use super::Journal;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The figures of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Tickets paid for and issued.
    pub sold: usize,
    /// Of these, for events that the report is not about.
    pub sold_elsewhere: usize,
    /// Answers that gates showed.
    pub scanned: usize,
    /// Green ones.
    pub admitted: usize,
    /// Red ones.
    pub refused: usize,
    /// Tickets let in more than once.
    pub conflicts: usize,
    /// Tickets paid for but not issued, scans shown but not reported, and
    /// double entries not found.
    pub lost: usize,
}

/// Compares the organizer's `report` with what the people of the story saw.
///
/// # Errors
/// When the report says something that nobody saw, or proves it badly.
pub fn compare(journal: &Journal, report: &Value) -> Result<Tally> {
    let seen = journal.admitted_twice();
    let reported = reported_conflicts(report)?;
    for (serial, gates) in &reported {
        ensure!(
            seen.get(serial) == Some(gates),
            "nobody saw a double entry of {serial} at {gates:?}"
        );
    }
    let event = report["event"].as_u64();
    let event = event.context("the report names no event")?;
    let recorded = count(report, "scans")?;
    let admitted = count(report, "admitted")?;
    ensure!(
        recorded <= journal.shown.len(),
        "the report has {recorded} scans, more than were shown"
    );
    ensure!(
        admitted <= journal.admitted(),
        "the report has {admitted} admissions, more than were shown"
    );
    let unissued = journal.paid - journal.sales.len();
    let unreported = journal.shown.len() - recorded;
    let unfound = seen.len() - reported.len();
    Ok(Tally {
        sold: journal.sales.len(),
        sold_elsewhere: journal.sales.iter().filter(|it| it.event != event).count(),
        scanned: journal.shown.len(),
        admitted: journal.admitted(),
        refused: journal.shown.len() - journal.admitted(),
        conflicts: reported.len(),
        lost: unissued + unreported + unfound,
    })
}

fn count(report: &Value, name: &str) -> Result<usize> {
    let value = report["totals"][name].as_u64();
    let value = value.with_context(|| format!("the report has no total `{name}`"))?;
    Ok(usize::try_from(value)?)
}

/// Serial to gate names, from both proofs of each conflict.
fn reported_conflicts(report: &Value) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let conflicts = report["conflicts"]
        .as_array()
        .context("the report has no conflicts")?;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for conflict in conflicts {
        let serial = conflict["ticket"]["serial"]
            .as_str()
            .context("a conflict without a ticket")?;
        for side in ["counted", "other"] {
            let scan = &conflict[side];
            let device = scan["device_name"]
                .as_str()
                .context("a proof without a device")?;
            let record = scan["proof"]["record"].as_str().unwrap_or_default();
            let batch = scan["proof"]["batch"].as_u64();
            let signed =
                batch.and_then(|index| report["batches"].get(usize::try_from(index).ok()?));
            let holds = signed.and_then(|batch| batch["records"].as_array());
            ensure!(
                holds.is_some_and(|records| records.iter().any(|held| held == record)),
                "the scan of {serial} by {device} is proved by no signed batch"
            );
            found
                .entry(serial.to_owned())
                .or_default()
                .insert(device.to_owned());
        }
    }
    Ok(found)
}
