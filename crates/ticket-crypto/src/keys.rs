//! Ed25519 keys and the one way in which this crate signs and verifies.

use ed25519_dalek::{Signer, VerifyingKey};
use gateline_common::{PublicKey, Signature};
use std::fmt;
use zeroize::Zeroizing;

/// A secret key, wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a seed: 32 bytes that must come from a cryptographic source
    /// of randomness, or from where [`SigningKey::seed`] was kept.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The seed, for keeping it where secrets are kept. The copy is wiped when
    /// dropped.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, domain: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&message(domain, bytes)).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public_key())
    }
}

/// Can anything verify under this key? False for bytes that are no point of the
/// curve and for points of small order, under which anybody can sign.
#[must_use]
pub fn is_usable(key: &PublicKey) -> bool {
    verifying_key(key).is_some()
}

pub(crate) fn verifying_key(key: &PublicKey) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(key.as_bytes())
        .ok()
        .filter(|key| !key.is_weak())
}

pub(crate) fn verify(
    key: &VerifyingKey,
    domain: &str,
    bytes: &[u8],
    signature: &Signature,
) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
    key.verify_strict(&message(domain, bytes), &signature)
        .is_ok()
}

/// Domain, one zero byte, bytes: a signature for one purpose is none for another.
fn message(domain: &str, bytes: &[u8]) -> Vec<u8> {
    [domain.as_bytes(), &[0], bytes].concat()
}
