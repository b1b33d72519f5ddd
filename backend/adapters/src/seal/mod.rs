//! Sealing: how secret halves of signing keys lie in a store. Whoever has a copy
//! of the store, and not the file of [`StoreKeys`], can sign nothing.
//!
//! Form: version 1 | id of the sealing key 4 | nonce 24 | seed and tag 48, by
//! XChaCha20-Poly1305. What the seed belongs to is authenticated with it, so one
//! row's seal is worthless in another row.
//!
//! Always true: a seed is sealed with the newest key; those before only open.
//! What is not sealed is never taken for a seed.

mod key_file;

pub use key_file::KeyFile;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use gateline_common::Hash;
use gateline_common::ids::{EventId, KeyId, OrgId};
use gateline_core::shared::random;
use std::fmt;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE: usize = 24;
const DOMAIN: &[u8] = b"gateline-seal-v1\0";

/// Names a sealing key: the first bytes of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SealId(pub(crate) [u8; 4]);

/// What a sealed seed belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Belongs {
    /// A signing key of an event.
    EventKey(EventId, KeyId),
    /// The root key of an organization.
    RootKey(OrgId),
}

impl Belongs {
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::EventKey(event, key) => {
                [DOMAIN, b"event-key\0", &event.0.to_be_bytes(), &[key.0]].concat()
            }
            Self::RootKey(org) => [DOMAIN, b"root-key\0", org.0.as_bytes()].concat(),
        }
    }
}

/// A seed that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No key of the file sealed it.
    #[error("a signing key in the store is sealed with a key that the store's key file lacks")]
    UnknownKey,
    /// Changed, or moved from another row.
    #[error("a signing key in the store was tampered with, or is not sealed")]
    Broken,
}

/// One key that seals.
#[derive(Clone)]
struct StoreKey {
    id: SealId,
    secret: Zeroizing<[u8; 32]>,
}

/// The keys that seal a store, the newest first.
#[derive(Clone)]
pub struct StoreKeys {
    newest: StoreKey,
    before: Vec<StoreKey>,
}

impl fmt::Debug for StoreKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreKeys")
            .field("newest", &self.newest.id)
            .finish_non_exhaustive()
    }
}

impl StoreKey {
    fn of(secret: [u8; 32]) -> Self {
        let hash = Hash::of(&[b"gateline-store-key-id", &secret]);
        let [a, b, c, d, ..] = hash.0;
        Self {
            id: SealId([a, b, c, d]),
            secret: Zeroizing::new(secret),
        }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.secret).into())
    }
}

impl StoreKeys {
    /// With `newest` sealing, and those `before` it still opening.
    #[must_use]
    pub fn new(newest: [u8; 32], before: &[[u8; 32]]) -> Self {
        Self {
            newest: StoreKey::of(newest),
            before: before.iter().map(|secret| StoreKey::of(*secret)).collect(),
        }
    }

    pub(crate) fn newest_id(&self) -> SealId {
        self.newest.id
    }

    pub(crate) fn has(&self, id: SealId) -> bool {
        self.key(id).is_some()
    }

    fn key(&self, id: SealId) -> Option<&StoreKey> {
        let mut all = std::iter::once(&self.newest).chain(&self.before);
        all.find(|key| key.id == id)
    }

    /// Seals a seed with the newest key.
    pub(crate) fn seal(&self, belongs: Belongs, seed: &[u8; 32]) -> Result<Vec<u8>, SealError> {
        let nonce = random::bytes::<NONCE>();
        let payload = Payload {
            msg: seed,
            aad: &belongs.to_bytes(),
        };
        let sealed = self.newest.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SealError::Broken)?;
        Ok([&[VERSION], &self.newest.id.0[..], &nonce, &sealed].concat())
    }

    /// Opens a sealed seed.
    pub(crate) fn open(&self, belongs: Belongs, sealed: &[u8]) -> Result<[u8; 32], SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Broken)?;
        let (id, rest) = rest.split_first_chunk().ok_or(SealError::Broken)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        if *version != VERSION {
            return Err(SealError::Broken);
        }
        let key = self.key(SealId(*id)).ok_or(SealError::UnknownKey)?;
        let payload = Payload {
            msg: text,
            aad: &belongs.to_bytes(),
        };
        let seed = key.cipher().decrypt(&XNonce::from(*nonce), payload);
        let seed = seed.map(Zeroizing::new).map_err(|_| SealError::Broken)?;
        seed.as_slice().try_into().map_err(|_| SealError::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Belongs = Belongs::EventKey(EventId(7), KeyId(1));

    #[test]
    fn a_sealed_seed_opens_in_its_place_and_in_no_other() {
        let keys = StoreKeys::new([1; 32], &[]);
        let sealed = keys.seal(HERE, &[9; 32]).unwrap();
        assert_eq!(sealed.len(), 77);
        assert_eq!(keys.open(HERE, &sealed), Ok([9; 32]));
        assert_ne!(keys.seal(HERE, &[9; 32]).unwrap(), sealed);
        for other in [
            Belongs::EventKey(EventId(7), KeyId(2)),
            Belongs::EventKey(EventId(8), KeyId(1)),
            Belongs::RootKey(OrgId(uuid::Uuid::nil())),
        ] {
            assert_eq!(keys.open(other, &sealed), Err(SealError::Broken));
        }
    }

    #[test]
    fn a_seal_that_was_changed_cut_or_never_made_opens_nothing() {
        let keys = StoreKeys::new([1; 32], &[]);
        let sealed = keys.seal(HERE, &[9; 32]).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(HERE, &changed).is_err(), "byte {at}");
            assert!(keys.open(HERE, &sealed[..at]).is_err(), "cut to {at}");
        }
        assert_eq!(keys.open(HERE, &[9; 32]), Err(SealError::Broken));
    }

    #[test]
    fn an_older_key_opens_what_it_sealed_and_a_strange_one_nothing() {
        let old = StoreKeys::new([1; 32], &[]);
        let sealed = old.seal(HERE, &[9; 32]).unwrap();
        let rotated = StoreKeys::new([2; 32], &[[1; 32]]);
        assert_eq!(rotated.open(HERE, &sealed), Ok([9; 32]));
        let strange = StoreKeys::new([3; 32], &[]);
        assert_eq!(strange.open(HERE, &sealed), Err(SealError::UnknownKey));
        assert!(!format!("{rotated:?}").contains("[2, 2"));
    }
}
