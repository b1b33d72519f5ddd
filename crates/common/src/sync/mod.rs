//! The sync protocol between gates and the server: enrolment, the signed
//! manifest, the attendee feed, scan records, receipts, confirmation and the
//! notice of a revocation.
//!
//! Binary messages are framed: `b"GLS"`, one byte protocol version, one byte
//! message kind, then postcard. A captive portal's HTML, a truncated body and a
//! message of another version are each told apart from a good message.

mod enrol;
mod feed;
mod manifest;
mod record;
mod revocation;
mod upload;

pub use enrol::{EnrolAnswer, EnrolRequest, EnrolmentCode, NotAnEnrolmentCode};
pub use feed::{Cursor, FeedEntry, FeedPage, ListedTicket, TicketStatus};
pub use manifest::{EventKey, EventManifest, KeyState, Manifest, SignedManifest, TicketTypeInfo};
pub use record::{
    CLOCK_UNCERTAINTY_UNKNOWN, ClockReading, Override, RECORD_VERSION, Record, RecordBody,
    RecordError, Scan, Subject,
};
pub use revocation::{REVOCATION_VERSION, Revocation, RevocationError, SignedRevocation};
pub use upload::{
    ConfirmAnswer, ConfirmRequest, Outcome, QuarantineReason, Receipt, RecordOutcome, ScanBatch,
    SignedReceipt, UploadAnswer, UploadRequest,
};

use serde::{Serialize, de::DeserializeOwned};

/// The content type of framed messages.
pub const CONTENT_TYPE: &str = "application/vnd.gateline.sync";

/// The version of the protocol that this build speaks.
pub const PROTOCOL_VERSION: u8 = 1;

const MAGIC: &[u8; 3] = b"GLS";

/// A type that travels in a frame.
pub trait Message: Serialize + DeserializeOwned {
    /// The kind byte, unique among messages.
    const KIND: u8;
}

macro_rules! messages {
    ($($kind:literal $name:ident),* $(,)?) => {
        $(impl Message for $name { const KIND: u8 = $kind; })*
    };
}

messages! {
    1 FeedPage,
    2 UploadRequest,
    3 UploadAnswer,
    4 ConfirmRequest,
    5 ConfirmAnswer,
}

/// Why bytes are no message of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not Gateline at all (for instance a captive portal's page).
    #[error("not a Gateline sync message")]
    NotOurs,
    /// A newer or older protocol.
    #[error("sync protocol version {0}, this build speaks version {PROTOCOL_VERSION}")]
    Version(u8),
    /// Another kind of message than was expected.
    #[error("message kind {0} where another was expected")]
    Kind(u8),
    /// Truncated, damaged or with trailing bytes.
    #[error("damaged sync message")]
    Damaged,
}

/// Writes `message` in its frame.
///
/// # Errors
/// [`FrameError::Damaged`] if the value cannot be serialised (no message of
/// this module has such a value).
pub fn encode<M: Message>(message: &M) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(MAGIC);
    bytes.push(PROTOCOL_VERSION);
    bytes.push(M::KIND);
    postcard::to_extend(message, bytes).map_err(|_| FrameError::Damaged)
}

/// Reads a message from its frame.
///
/// # Errors
/// The [`FrameError`] that says what is wrong with `bytes`.
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, FrameError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(FrameError::NotOurs)?;
    let [version, kind, body @ ..] = rest else {
        return Err(FrameError::Damaged);
    };
    if *version != PROTOCOL_VERSION {
        return Err(FrameError::Version(*version));
    }
    if *kind != M::KIND {
        return Err(FrameError::Kind(*kind));
    }
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(FrameError::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EventId, FeedGeneration};

    fn page() -> FeedPage {
        FeedPage {
            event: EventId(7),
            generation: FeedGeneration(uuid::Uuid::nil()),
            entries: vec![],
            next: 12,
            more: false,
            reset: false,
        }
    }

    #[test]
    fn a_frame_reads_back() {
        let bytes = encode(&page()).expect("encodes");
        assert_eq!(decode::<FeedPage>(&bytes), Ok(page()));
    }

    #[test]
    fn html_other_versions_other_kinds_and_damage_are_told_apart() {
        let bytes = encode(&page()).expect("encodes");
        assert_eq!(decode::<FeedPage>(b"<html>"), Err(FrameError::NotOurs));
        let mut newer = bytes.clone();
        newer[3] = 9;
        assert_eq!(decode::<FeedPage>(&newer), Err(FrameError::Version(9)));
        assert_eq!(decode::<UploadRequest>(&bytes), Err(FrameError::Kind(1)));
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(decode::<FeedPage>(&longer), Err(FrameError::Damaged));
        for cut in 3..bytes.len() {
            assert_eq!(decode::<FeedPage>(&bytes[..cut]), Err(FrameError::Damaged));
        }
    }
}
