//! Findings in the words of an organizer.

use gateline_admission::reconcile::Cause;
use gateline_common::sync::QuarantineReason;

/// The cause, as an organizer reads it.
pub(super) const fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::SameCodeTwice => "The same ticket was let in again",
        Cause::OldOwner => "A former owner's code was let in",
        Cause::ClockFault => "Let in by a device with a wrong clock",
        Cause::OperatorOverride => "Staff overrode a refusal",
        Cause::UnlistedThenRevoked => "Let in before the list had it, and it does not stand",
        Cause::Revoked => "Let in after it was cancelled, refunded or blocked",
        Cause::NeverIssued => "Signed with our key, but never issued: the key has leaked",
        Cause::RuleOverrun => "A limit was exceeded that the gate, cut off, could not count",
        Cause::ExitWithoutEntry => "Went out without having come in",
    }
}

/// Why a record does not count.
pub(super) const fn why(reason: QuarantineReason) -> &'static str {
    match reason {
        QuarantineReason::Unreadable => "it cannot be read",
        QuarantineReason::NotAsClaimed => "it says another scanner or number than it was sent as",
        QuarantineReason::BrokenChain => "it does not follow the one before it",
        QuarantineReason::Revoked => "it came after the scanner was revoked",
        QuarantineReason::ForeignEvent => "its event is another organization's",
        QuarantineReason::BadSignature => "the scanner did not sign it",
    }
}
