//! What receipts and chains prove of which record came first.

use super::log::TimedScan;
use gateline_common::time::Timestamp;

/// Do receipts, or one unforked chain, prove which of two records came first?
pub(super) fn is_order_provable(one: &TimedScan, other: &TimedScan) -> bool {
    let apart = |first: &TimedScan, second: &TimedScan| matches!((first.not_after, second.not_before), (Some(end), Some(begin)) if end <= begin);
    (one.device == other.device && !one.forked) || apart(one, other) || apart(other, one)
}

/// Do receipts prove on which side of a moment of the server's a record lies?
pub(super) fn is_proven_against(scan: &TimedScan, moment: Timestamp) -> bool {
    scan.not_before.is_some_and(|begin| begin >= moment)
        || scan.not_after.is_some_and(|end| end < moment)
}
