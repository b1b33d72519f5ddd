//! The signed manifest of an organization. The same version always has the same
//! bytes: it is made from what the store holds as of one moment, and its time is
//! that of its last change.

use super::CheckIn;
use super::device::Device;
use super::error::CheckInError;
use super::event::EventState;
use super::organization::Organization;
use gateline_common::ids::OrgId;
use gateline_common::sync::{Manifest, SignedManifest};
use gateline_common::time::DAY_MS;
use ticket_crypto::detached::{self, Domain};

/// How long after its end gates still hear of an event.
const KEPT_AFTER_END_MS: i64 = 30 * DAY_MS;

impl CheckIn {
    /// The manifest for an enrolled device.
    ///
    /// # Errors
    /// `DeviceRevoked`; store failures.
    pub async fn manifest(&self, device: &Device) -> Result<SignedManifest, CheckInError> {
        if device.revoked_at.is_some() {
            return Err(CheckInError::DeviceRevoked);
        }
        self.signed_manifest(device.org).await
    }

    pub(super) async fn signed_manifest(&self, org: OrgId) -> Result<SignedManifest, CheckInError> {
        let source = self.store.manifest_source(org).await?;
        let (org, events, devices) = source.ok_or(CheckInError::NotFound("organization"))?;
        sign(&org, &build(&org, &events, &devices))
    }
}

/// What gates are told.
pub(super) fn build(org: &Organization, events: &[EventState], devices: &[Device]) -> Manifest {
    let heard_of = org.manifest_at.plus_ms(-KEPT_AFTER_END_MS);
    let open = events.iter().filter(|event| event.is_open());
    Manifest {
        version: org.manifest_version,
        org: org.org,
        org_name: org.name.clone(),
        issued_at: org.manifest_at,
        events: open
            .filter_map(|event| event.manifest.clone())
            .filter(|event| event.ends_at >= heard_of)
            .collect(),
        devices: devices
            .iter()
            .map(|device| (device.device, device.name.clone()))
            .collect(),
    }
}

fn sign(org: &Organization, manifest: &Manifest) -> Result<SignedManifest, CheckInError> {
    let text = serde_json::to_string(manifest)
        .map_err(|error| CheckInError::Unusable(error.to_string()))?;
    let signature = detached::sign(&org.root_key(), Domain::Manifest, text.as_bytes());
    Ok(SignedManifest {
        manifest: text,
        signature,
    })
}
