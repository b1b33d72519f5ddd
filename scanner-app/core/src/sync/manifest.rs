//! Is this manifest to be trusted? Signed by the root key that the enrolment
//! code carried, of the same organization, and not older than the one held.

use super::SyncError;
use crate::store::HeldManifest;
use gateline_common::PublicKey;
use gateline_common::ids::OrgId;
use gateline_common::sync::{Manifest, SignedManifest};
use ticket_crypto::detached::{Domain, verify};

/// Checks a manifest's signature and organization.
///
/// # Errors
/// `BadManifest`.
pub(super) fn check(
    signed: SignedManifest,
    root_key: &PublicKey,
    org: OrgId,
) -> Result<(HeldManifest, Manifest), SyncError> {
    let bytes = signed.manifest.as_bytes();
    if !verify(root_key, Domain::Manifest, bytes, &signed.signature) {
        return Err(SyncError::BadManifest(
            "it is not signed by the organization",
        ));
    }
    let manifest: Manifest = serde_json::from_str(&signed.manifest)
        .map_err(|_| SyncError::BadManifest("this version of the app cannot read it"))?;
    if manifest.org != org {
        return Err(SyncError::BadManifest("it is of another organization"));
    }
    let held = HeldManifest {
        version: manifest.version,
        signed,
    };
    Ok((held, manifest))
}
