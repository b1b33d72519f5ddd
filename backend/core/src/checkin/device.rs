//! Devices and the one-time codes that enrol them. Secrets are kept as hashes.

use gateline_common::ids::{DeviceId, OrgId, UserId};
use gateline_common::{Hash, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest name of a device, in characters.
pub const MAX_DEVICE_NAME: usize = 60;

/// One enrolment of a scanner: one key, one chain of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Which.
    pub device: DeviceId,
    /// Its organization.
    pub org: OrgId,
    /// What staff call it.
    pub name: String,
    /// The key that signs its batches.
    pub key: PublicKey,
    /// Hash of its bearer credential.
    pub credential: Hash,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Who made the code that it was enrolled with.
    pub enrolled_by: UserId,
    /// When its enrolment was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When an organizer last accepted what had come in after the revocation.
    /// What comes later is set aside again.
    pub accepted_at: Option<Timestamp>,
}

impl Device {
    /// Are its new records to be set aside?
    #[must_use]
    pub const fn is_quarantined(&self) -> bool {
        self.revoked_at.is_some()
    }

    /// The device as it is saved over what is held: a revocation stays since when it
    /// was first, an acceptance is the latest.
    #[must_use]
    pub fn saved_over(&self, held: &Self) -> Self {
        Self {
            revoked_at: held.revoked_at.or(self.revoked_at),
            accepted_at: self.accepted_at.max(held.accepted_at),
            ..self.clone()
        }
    }
}

/// A one-time enrolment code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Hash of its secret.
    pub secret: Hash,
    /// The organization that the device will belong to.
    pub org: OrgId,
    /// The name for the device, if it was given with the code.
    pub name: Option<String>,
    /// Who made it.
    pub made_by: UserId,
    /// From then on it is worthless.
    pub expires_at: Timestamp,
}

/// The hash under which a secret (enrolment code, credential) is kept. Secrets
/// are 32 random bytes, so a plain hash cannot be searched backwards.
#[must_use]
pub fn secret_hash(domain: &str, secret: &str) -> Hash {
    Hash::of(&[domain.as_bytes(), &[0], secret.as_bytes()])
}

/// Domain of the hash of an enrolment code's secret.
pub(super) const ENROLMENT: &str = "gateline-enrolment-secret";
/// Domain of the hash of a device's credential.
pub(super) const CREDENTIAL: &str = "gateline-device-credential";
