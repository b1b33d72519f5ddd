//! The verifying keys of one event: several at once while keys rotate, and
//! those that leaked.

use crate::code::TicketCode;
use crate::issue::TICKET_DOMAIN;
use crate::keys;
use crate::proof;
use ed25519_dalek::VerifyingKey;
use gateline_common::ids::KeyId;
use gateline_common::sync::{EventKey, KeyState};

/// The keys of one event.
#[derive(Debug, Clone)]
pub struct Keyring {
    keys: Vec<(KeyId, KeyState, VerifyingKey)>,
}

/// What the signatures of a code say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Every signature in it is good: the event's and, where there is a proof,
    /// the holder's.
    Good {
        /// What the key that signed it is worth.
        state: KeyState,
    },
    /// The key that it names is known, but no key verifies it; or the holder's
    /// signature is not good.
    BadSignature,
    /// No key verifies it, and the one that it names is not known: after the
    /// next sync it may be.
    UnknownKey,
}

impl Keyring {
    /// The keyring of these keys. Those that nothing can verify under (see
    /// [`crate::is_usable`]) are left out; a key that is listed twice counts as
    /// compromised if one of its entries does.
    #[must_use]
    pub fn new(keys: &[EventKey]) -> Self {
        let leaked = |key: &EventKey| {
            keys.iter()
                .any(|other| other.key == key.key && other.state == KeyState::Compromised)
        };
        let keys = keys
            .iter()
            .filter_map(|key| {
                let state = if leaked(key) {
                    KeyState::Compromised
                } else {
                    key.state
                };
                Some((key.id, state, keys::verifying_key(&key.key)?))
            })
            .collect();
        Self { keys }
    }

    /// Verifies every signature in `code`. The key id is only a hint: the keys
    /// that bear it are tried first, then all others.
    #[must_use]
    pub fn verify(&self, code: &TicketCode) -> Verification {
        let hint = code.claims().key_id;
        let (hinted, others): (Vec<_>, Vec<_>) = self.keys.iter().partition(|key| key.0 == hint);
        let signer = code.signed_part().and_then(|(bytes, signature)| {
            hinted
                .iter()
                .chain(&others)
                .find(|(_, _, key)| keys::verify(key, TICKET_DOMAIN, bytes, &signature))
        });
        match signer {
            Some((_, state, _)) if proof_holds(code) => Verification::Good { state: *state },
            None if hinted.is_empty() => Verification::UnknownKey,
            _ => Verification::BadSignature,
        }
    }
}

/// Is the holder's signature good? A code without a proof has nothing to check.
fn proof_holds(code: &TicketCode) -> bool {
    let Some(proof) = code.proof() else {
        return true;
    };
    let message = proof::signed_bytes(&code.ticket_hash(), proof.unix_seconds);
    code.holder_key()
        .and_then(|key| keys::verifying_key(&key))
        .is_some_and(|key| keys::verify(&key, proof::HOLDER_DOMAIN, &message, &proof.signature))
}
