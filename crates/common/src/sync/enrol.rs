//! Enrolment: how a scanner becomes a device of an organization.

use super::SignedManifest;
use crate::bytes::{Hash, PublicKey, Signature};
use crate::ids::{DeviceId, OrgId};
use crate::time::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What the organizer's one-time enrolment code carries. Text form:
/// `gateline-enrol:` and the base64url of its JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentCode {
    /// Base URL of the server, for instance `https://gates.example.org`.
    pub server: String,
    /// The one-time secret.
    pub secret: String,
    /// The organization's root key, which signs manifests and receipts.
    pub root_key: PublicKey,
    /// SHA-256 of the server's certificate (DER), which the app pins, when the
    /// server is self-signed.
    pub certificate: Option<Hash>,
}

/// A text that is no enrolment code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a Gateline enrolment code")]
pub struct NotAnEnrolmentCode;

const PREFIX: &str = "gateline-enrol:";

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for EnrolmentCode {
    type Err = NotAnEnrolmentCode;
    fn from_str(text: &str) -> Result<Self, NotAnEnrolmentCode> {
        let body = text.trim().strip_prefix(PREFIX).ok_or(NotAnEnrolmentCode)?;
        let json = URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| NotAnEnrolmentCode)?;
        serde_json::from_slice(&json).map_err(|_| NotAnEnrolmentCode)
    }
}

/// `POST /api/checkin/enrol`: the device introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The secret of the enrolment code.
    pub secret: String,
    /// The key that this enrolment signs with.
    pub device_key: PublicKey,
    /// Signature of the secret's bytes with that key, in the domain
    /// `gateline-enrol-v1`: proof that the device holds it.
    pub proof: Signature,
    /// What staff call the device.
    pub name: String,
}

/// The answer to a successful enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolAnswer {
    /// The new device.
    pub device: DeviceId,
    /// What staff call it: the name given with the code, or else its own.
    pub name: String,
    /// Its organization.
    pub org: OrgId,
    /// The bearer token of every further request of the device.
    pub credential: String,
    /// The manifest of the organization.
    pub manifest: SignedManifest,
    /// The server's clock.
    pub server_time: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_code_reads_back_and_other_texts_are_refused() {
        let code = EnrolmentCode {
            server: "http://127.0.0.1:8080".into(),
            secret: "s3cret".into(),
            root_key: PublicKey([7; 32]),
            certificate: Some(Hash::ZERO),
        };
        assert_eq!(code.to_string().parse(), Ok(code));
        for other in [
            "",
            "gateline-enrol:",
            "gateline-enrol:e30",
            "https://example.org",
        ] {
            assert_eq!(other.parse::<EnrolmentCode>(), Err(NotAnEnrolmentCode));
        }
    }
}
