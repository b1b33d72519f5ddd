//! What check-in keeps of an organization: its root key, which signs manifests
//! and receipts, and the version of its manifest.
//!
//! Always true: the root key is made once and never changes; the manifest's
//! version rises in the same transaction as anything that the manifest shows.

use super::{CheckIn, CheckInError};
use crate::shared::random;
use gateline_common::Timestamp;
use gateline_common::ids::OrgId;
use std::fmt;
use ticket_crypto::SigningKey;

/// An organization.
#[derive(Clone, PartialEq, Eq)]
pub struct Organization {
    /// Which.
    pub org: OrgId,
    /// Its name; empty until auth has told it.
    pub name: String,
    /// The version of auth's facts that the name is from.
    pub name_version: u64,
    /// The seed of its root key.
    pub root_seed: [u8; 32],
    /// The version of its manifest.
    pub manifest_version: u64,
    /// When the manifest got this version.
    pub manifest_at: Timestamp,
}

impl Organization {
    /// An organization with this root key and an empty manifest.
    #[must_use]
    pub fn new(org: OrgId, root_seed: [u8; 32], now: Timestamp) -> Self {
        Self {
            org,
            name: String::new(),
            name_version: 0,
            root_seed,
            manifest_version: 1,
            manifest_at: now,
        }
    }

    /// The key that signs manifests and receipts.
    #[must_use]
    pub fn root_key(&self) -> SigningKey {
        SigningKey::from_seed(self.root_seed)
    }
}

impl fmt::Debug for Organization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Organization")
            .field("org", &self.org)
            .field("name", &self.name)
            .field("manifest_version", &self.manifest_version)
            .finish_non_exhaustive()
    }
}

impl CheckIn {
    /// The organization, made with a new root key when it is not known yet.
    pub(super) async fn organization(
        &self,
        org: OrgId,
        now: Timestamp,
    ) -> Result<Organization, CheckInError> {
        if let Some(known) = self.store.organization(org).await? {
            return Ok(known);
        }
        let new = Organization::new(org, random::bytes(), now);
        Ok(self.store.add_organization(&new).await?)
    }
}
