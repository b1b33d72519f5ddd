//! The revocation notice: the organization's signed word that a device's
//! enrolment has ended. A device wipes nothing and goes on scanning until it
//! holds one that is about itself; whoever answers in the server's place cannot
//! make one.

use crate::bytes::Signature;
use crate::ids::{DeviceId, OrgId};
use crate::time::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of the notice that this build writes and reads.
pub const REVOCATION_VERSION: u8 = 1;

const LENGTH: usize = 1 + 16 + 16 + 8;

/// `GET /api/checkin/device/revocation`: a notice and the root key's signature
/// over its bytes in the domain `gateline-revocation-v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedRevocation {
    /// The bytes of the notice, unpadded base64url.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "AQAAAAAAAAAAAAAAAAAAAGUAAAAAAAAAAAAAAAAAAAAJAAABnL068gA")
    )]
    pub notice: String,
    /// The signature over those bytes.
    pub signature: Signature,
}

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The device whose enrolment has ended.
    pub device: DeviceId,
    /// Its organization.
    pub org: OrgId,
    /// Since when (the server's clock).
    pub at: Timestamp,
}

/// Why bytes are no revocation notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// Of a version that this build does not read.
    #[error("revocation notice of version {0}")]
    Version(u8),
    /// Truncated, damaged, or with trailing bytes.
    #[error("damaged revocation notice")]
    Damaged,
}

impl Revocation {
    /// The exact bytes that are signed: version 1 | device 16 | organization 16 |
    /// time, UTC milliseconds, 8; numbers big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(REVOCATION_VERSION);
        bytes.extend_from_slice(self.device.0.as_bytes());
        bytes.extend_from_slice(self.org.0.as_bytes());
        bytes.extend_from_slice(&self.at.0.to_be_bytes());
        bytes
    }

    /// Reads a notice.
    ///
    /// # Errors
    /// The [`RevocationError`] that says what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RevocationError> {
        let (version, body) = bytes.split_first().ok_or(RevocationError::Damaged)?;
        if *version != REVOCATION_VERSION {
            return Err(RevocationError::Version(*version));
        }
        let (device, rest) = body.split_first_chunk().ok_or(RevocationError::Damaged)?;
        let (org, rest) = rest.split_first_chunk().ok_or(RevocationError::Damaged)?;
        let at = rest.try_into().map_err(|_| RevocationError::Damaged)?;
        Ok(Self {
            device: DeviceId(Uuid::from_bytes(*device)),
            org: OrgId(Uuid::from_bytes(*org)),
            at: Timestamp(i64::from_be_bytes(at)),
        })
    }
}

impl SignedRevocation {
    /// A notice with its signature.
    #[must_use]
    pub fn new(notice: &[u8], signature: Signature) -> Self {
        Self {
            notice: URL_SAFE_NO_PAD.encode(notice),
            signature,
        }
    }

    /// The bytes that the signature is over.
    ///
    /// # Errors
    /// `Damaged` when the text is no base64url.
    pub fn notice_bytes(&self) -> Result<Vec<u8>, RevocationError> {
        URL_SAFE_NO_PAD
            .decode(&self.notice)
            .map_err(|_| RevocationError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signed in the vectors of `ticket-crypto`.
    const BYTES: &str = "AQAAAAAAAAAAAAAAAAAAAGUAAAAAAAAAAAAAAAAAAAAJAAABnL068gA";

    fn notice() -> Revocation {
        Revocation {
            device: DeviceId(Uuid::from_u128(101)),
            org: OrgId(Uuid::from_u128(9)),
            at: Timestamp(0x019c_bd3a_f200),
        }
    }

    #[test]
    fn a_notice_is_written_as_it_always_was_and_reads_back() {
        let bytes = URL_SAFE_NO_PAD.decode(BYTES).expect("base64url");
        assert_eq!(notice().to_bytes(), bytes);
        assert_eq!(Revocation::from_bytes(&bytes), Ok(notice()));
    }

    #[test]
    fn other_versions_and_other_lengths_are_told_apart() {
        let bytes = notice().to_bytes();
        let mut newer = bytes.clone();
        newer[0] = 2;
        assert_eq!(
            Revocation::from_bytes(&newer),
            Err(RevocationError::Version(2))
        );
        for cut in 0..bytes.len() {
            assert_eq!(
                Revocation::from_bytes(&bytes[..cut]),
                Err(RevocationError::Damaged)
            );
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(
            Revocation::from_bytes(&longer),
            Err(RevocationError::Damaged)
        );
        let signed = SignedRevocation::new(&bytes, Signature([0; 64]));
        assert_eq!(signed.notice_bytes(), Ok(bytes));
    }
}
