//! A scanner in the report's text: its scans, and what its chain shows.

use super::shape::DeviceShown;
use super::words::why;
use gateline_admission::reconcile::Tampering;
use std::fmt::{self, Display, Formatter};

/// "1 scan", "2 scans".
pub(super) fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// A scanner's log, and what its chain shows.
pub(super) struct Log<'a>(pub(super) &'a DeviceShown);

impl Display for Log<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let device = self.0;
        let chain = &device.chain;
        let revoked = if device.revoked_at.is_some() {
            " (revoked)"
        } else {
            ""
        };
        writeln!(
            f,
            "  {}{revoked}: {} here, {} let through; {} in its log",
            device.name,
            counted(device.scans, "scan"),
            device.admitted,
            counted(chain.records, "record")
        )?;
        for gap in &chain.gaps {
            match gap.to - gap.from {
                0 => writeln!(f, "    ! record {} is missing", gap.from)?,
                _ => writeln!(f, "    ! records {} to {} are missing", gap.from, gap.to)?,
            }
        }
        for fork in &chain.forks {
            writeln!(
                f,
                "    ! record {} exists {} times, and all count: the scanner's store was copied",
                fork.seq,
                fork.hashes.len()
            )?;
        }
        for sign in &chain.tampering {
            let (seq, what) = match sign {
                Tampering::BrokenLink { seq, .. } => (seq, "does not follow the one before it"),
                Tampering::NotAsReceipted { seq, .. } => {
                    (seq, "is not the one that the server receipted")
                }
            };
            writeln!(f, "    ! record {seq} {what}")?;
        }
        for aside in &chain.quarantined {
            writeln!(
                f,
                "    ! record {} does not count: {}",
                aside.seq,
                why(aside.reason)
            )?;
        }
        if chain.clock_corrections > 0 {
            writeln!(
                f,
                "    ! its clock was wrong at {}, by up to {} s (corrected)",
                counted(chain.clock_corrections, "scan"),
                chain.worst_clock_error_ms.unsigned_abs() / 1_000
            )?;
        }
        Ok(())
    }
}
