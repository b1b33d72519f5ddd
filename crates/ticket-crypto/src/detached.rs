//! Signatures over the messages of the sync protocol, each in a domain of its
//! own, so that a signature made for one purpose is worthless for another.

use crate::keys::{self, SigningKey};
use gateline_common::{PublicKey, Signature};

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Domain {
    /// A manifest, by the organization's root key.
    Manifest,
    /// A receipt, by the organization's root key.
    Receipt,
    /// The notice that a device was revoked, by the organization's root key.
    Revocation,
    /// The head of a batch of records, by the device.
    Batch,
    /// The secret of an enrolment code, by the device.
    Enrol,
    /// A device's whole log as a file, by the device.
    LogFile,
}

impl Domain {
    /// The domain string; a zero byte stands between it and what is signed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "gateline-manifest-v1",
            Self::Receipt => "gateline-receipt-v1",
            Self::Revocation => "gateline-revocation-v1",
            Self::Batch => "gateline-batch-v1",
            Self::Enrol => "gateline-enrol-v1",
            Self::LogFile => "gateline-log-file-v1",
        }
    }
}

/// Signs `bytes` for the purpose `domain`.
#[must_use]
pub fn sign(key: &SigningKey, domain: Domain, bytes: &[u8]) -> Signature {
    key.sign(domain.as_str(), bytes)
}

/// Did the owner of `key` sign `bytes` for the purpose `domain`?
#[must_use]
pub fn verify(key: &PublicKey, domain: Domain, bytes: &[u8], signature: &Signature) -> bool {
    keys::verifying_key(key)
        .is_some_and(|key| keys::verify(&key, domain.as_str(), bytes, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_for_one_purpose_by_one_key_over_one_text_is_none_for_another() {
        let key = SigningKey::from_seed([1; 32]);
        let signature = sign(&key, Domain::Manifest, b"text");
        let public = key.public_key();
        assert!(verify(&public, Domain::Manifest, b"text", &signature));
        for domain in [
            Domain::Receipt,
            Domain::Revocation,
            Domain::Batch,
            Domain::Enrol,
            Domain::LogFile,
        ] {
            assert!(!verify(&public, domain, b"text", &signature));
        }
        assert!(!verify(&public, Domain::Manifest, b"test", &signature));
        let other = SigningKey::from_seed([2; 32]).public_key();
        assert!(!verify(&other, Domain::Manifest, b"text", &signature));
    }

    #[test]
    fn a_signature_is_over_the_domain_a_zero_byte_and_the_bytes() {
        let key = SigningKey::from_seed([1; 32]);
        let signature = sign(&key, Domain::Receipt, b"text").0;
        let public = keys::verifying_key(&key.public_key()).unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        let signed = b"gateline-receipt-v1\0text";
        assert!(public.verify_strict(signed, &signature).is_ok());
    }

    #[test]
    fn keys_that_are_no_point_or_of_small_order_verify_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;
        for bytes in [[0; 32], identity, [2; 32], [0xff; 32]] {
            let forged = Signature([0; 64]);
            assert!(!verify(&PublicKey(bytes), Domain::Batch, b"", &forged));
        }
        assert!(!crate::is_usable(&PublicKey(identity)));
    }

    #[test]
    fn a_secret_key_is_not_shown_by_debug() {
        let key = SigningKey::from_seed([7; 32]);
        assert!(!format!("{key:?}").contains("7, 7"));
        assert_eq!(
            SigningKey::from_seed(*key.seed()).public_key(),
            key.public_key()
        );
    }
}
