//! The signed manifest that the gate holds, and the rules made from it. Its
//! version only ever rises.

use super::counts::recount_inside;
use super::error::unreadable;
use super::{Store, StoreError};
use gateline_admission::EventRules;
use gateline_common::Signature;
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::{Manifest, SignedManifest};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A manifest as it came, and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldManifest {
    /// The version that its text says.
    pub version: u64,
    /// Text and signature.
    pub signed: SignedManifest,
}

/// What the manifest says, ready for use.
#[derive(Debug)]
pub struct Known {
    /// The manifest.
    pub manifest: Manifest,
    rules: BTreeMap<EventId, EventRules>,
    unusable: BTreeMap<EventId, String>,
}

impl Known {
    /// Reads a manifest's text.
    ///
    /// # Errors
    /// `Damaged` when it is none.
    pub fn read(text: &str) -> Result<Self, StoreError> {
        let manifest: Manifest =
            serde_json::from_str(text).map_err(|_| unreadable("the manifest"))?;
        let (mut rules, mut unusable) = (BTreeMap::new(), BTreeMap::new());
        for event in &manifest.events {
            match EventRules::compile(event) {
                Ok(compiled) => drop(rules.insert(event.event, compiled)),
                Err(error) => drop(unusable.insert(event.event, error.to_string())),
            }
        }
        Ok(Self {
            manifest,
            rules,
            unusable,
        })
    }

    /// The rules of an event.
    #[must_use]
    pub fn rules(&self, event: EventId) -> Option<&EventRules> {
        self.rules.get(&event)
    }

    /// Why the rules of an event cannot be used.
    #[must_use]
    pub fn unusable(&self, event: EventId) -> Option<&str> {
        self.unusable.get(&event).map(String::as_str)
    }

    /// What staff call a device.
    #[must_use]
    pub fn device_name(&self, device: DeviceId) -> Option<&str> {
        let mut devices = self.manifest.devices.iter();
        let found = devices.find(|(known, _)| *known == device)?;
        Some(&found.1)
    }
}

/// What the manifest in `db` says; `None` without a manifest.
pub(super) fn known_in(db: &Connection) -> Result<Option<Known>, StoreError> {
    let text: Option<String> = db
        .query_row("SELECT text FROM manifest", [], |row| row.get(0))
        .optional()?;
    text.map(|text| Known::read(&text)).transpose()
}

impl Store {
    /// What the manifest held says; `None` without a manifest. Made once per
    /// manifest, also when another program brought the new one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn known(&mut self) -> Result<Option<Arc<Known>>, StoreError> {
        let signature = self.manifest_signature()?;
        if self.known.as_ref().map(|known| known.0) != signature {
            self.known = match self.manifest()? {
                Some(held) => {
                    let known = Arc::new(Known::read(&held.signed.manifest)?);
                    Some((held.signed.signature, known))
                }
                None => None,
            };
        }
        Ok(self.known.as_ref().map(|known| Arc::clone(&known.1)))
    }

    fn manifest_signature(&self) -> Result<Option<Signature>, StoreError> {
        let signature = self
            .db
            .prepare_cached("SELECT signature FROM manifest")?
            .query_row([], |row| Ok(Signature(row.get(0)?)))
            .optional()?;
        Ok(signature)
    }

    /// The version held; 0 without a manifest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn manifest_version(&self) -> Result<u64, StoreError> {
        let version = self
            .db
            .prepare_cached("SELECT version FROM manifest")?
            .query_row([], |row| row.get::<_, i64>(0))
            .optional()?;
        Ok(super::uint(version.unwrap_or(0)))
    }

    /// The manifest held.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn manifest(&self) -> Result<Option<HeldManifest>, StoreError> {
        let held = self
            .db
            .prepare_cached("SELECT version, text, signature FROM manifest")?
            .query_row([], |row| {
                Ok(HeldManifest {
                    version: super::uint(row.get(0)?),
                    signed: SignedManifest {
                        manifest: row.get(1)?,
                        signature: Signature(row.get(2)?),
                    },
                })
            })
            .optional()?;
        Ok(held)
    }

    /// Keeps a verified manifest if its version is higher than the one held;
    /// says whether it was. People inside are counted anew where gates or zones
    /// are not what they were.
    ///
    /// # Errors
    /// When it cannot be read back, or the store cannot be written.
    pub fn keep_manifest(&mut self, held: &HeldManifest) -> Result<bool, StoreError> {
        let before = self.known()?;
        let after = Arc::new(Known::read(&held.signed.manifest)?);
        let kept = self.write(|db| {
            let changed = db.execute(
                "INSERT INTO manifest (one, version, text, signature) VALUES (1, ?1, ?2, ?3) \
                 ON CONFLICT (one) DO UPDATE SET version = ?1, text = ?2, signature = ?3 \
                 WHERE version < ?1",
                params![
                    super::int(held.version),
                    held.signed.manifest,
                    held.signed.signature.0
                ],
            )?;
            if changed == 1 {
                recount_where_changed(db, before.as_deref(), &after)?;
            }
            Ok::<_, StoreError>(changed == 1)
        })?;
        if kept {
            self.known = Some((held.signed.signature, after));
        }
        Ok(kept)
    }
}

fn recount_where_changed(
    db: &Transaction<'_>,
    before: Option<&Known>,
    after: &Known,
) -> Result<(), StoreError> {
    let events: BTreeSet<EventId> = before
        .into_iter()
        .chain([after])
        .flat_map(|known| known.rules.keys().copied())
        .collect();
    for event in events {
        let old = before.and_then(|known| known.rules(event));
        let new = after.rules(event);
        let places = |rules: &EventRules| {
            let manifest = rules.manifest();
            (manifest.gates.clone(), manifest.zones.clone())
        };
        if old.map(places) != new.map(places) {
            recount_inside(db, event, new)?;
        }
    }
    Ok(())
}
