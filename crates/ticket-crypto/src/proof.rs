//! The holder's proof: the phone signs the hash of its ticket and the time. A
//! scanner checks it offline with nothing that could forge one.
//!
//! The signature is checked together with the ticket's by
//! [`crate::Keyring::verify`]; here is only whether the proof is of this moment.
//! That no proof is used twice is for whoever keeps the scans.

use crate::code::{Kind, TicketCode};
use gateline_common::{Hash, Signature, Timestamp};

/// The domain of the holder's signature.
pub(crate) const HOLDER_DOMAIN: &str = "gateline-holder-v1";

/// How far a proof's time may be from the scanner's, in seconds, either way.
pub const PROOF_WINDOW_SECONDS: u32 = 60;

/// The holder's signature over ticket hash and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HolderProof {
    /// When the phone signed, in seconds since 1970.
    pub unix_seconds: u32,
    /// The signature.
    pub signature: Signature,
}

/// Is a code live at some moment?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// A plain code: it has no proof and needs none.
    NotAsked,
    /// A holder-bound code without a proof: a copy, or not opened in the app.
    Missing,
    /// Within [`PROOF_WINDOW_SECONDS`].
    Fresh,
    /// Too old or too new.
    Stale,
}

impl TicketCode {
    /// Whether the proof is of the moment `now`, the edges included.
    #[must_use]
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        match (self.kind(), self.proof()) {
            (Kind::Plain, _) => Freshness::NotAsked,
            (Kind::HolderBound, None) => Freshness::Missing,
            (Kind::HolderBound, Some(proof)) => {
                let proven = Timestamp(i64::from(proof.unix_seconds) * 1000);
                let window = u64::from(PROOF_WINDOW_SECONDS) * 1000;
                if now.since_ms(proven).unsigned_abs() <= window {
                    Freshness::Fresh
                } else {
                    Freshness::Stale
                }
            }
        }
    }
}

/// What the holder signs.
pub(crate) fn signed_bytes(ticket: &Hash, unix_seconds: u32) -> Vec<u8> {
    [&ticket.as_bytes()[..], &unix_seconds.to_be_bytes()].concat()
}
