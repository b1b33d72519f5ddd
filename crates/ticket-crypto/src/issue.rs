//! Making codes: by the event's key, and the proof by the holder's.

use crate::code::{self, TicketClaims, TicketCode};
use crate::keys::SigningKey;
use crate::proof::{self, HolderProof};
use gateline_common::PublicKey;

/// The domain of the event key's signature in a ticket code.
pub(crate) const TICKET_DOMAIN: &str = "gateline-ticket-v1";

/// Issues a plain code.
#[must_use]
pub fn issue(key: &SigningKey, claims: &TicketClaims) -> TicketCode {
    sign(key, claims, None)
}

/// Issues a code bound to the holder's key. It admits only together with a
/// proof that [`prove`] makes at the door.
#[must_use]
pub fn issue_holder_bound(
    key: &SigningKey,
    claims: &TicketClaims,
    holder: PublicKey,
) -> TicketCode {
    sign(key, claims, Some(&holder))
}

fn sign(key: &SigningKey, claims: &TicketClaims, holder: Option<&PublicKey>) -> TicketCode {
    let bytes = code::signed_bytes(claims, holder);
    let signature = key.sign(TICKET_DOMAIN, &bytes);
    code::assemble(claims, holder, bytes, &signature)
}

/// Adds the holder's proof for this moment, in place of an older one. A plain
/// code has no holder and comes back as it is.
#[must_use]
pub fn prove(holder: &SigningKey, code: &TicketCode, unix_seconds: u32) -> TicketCode {
    if code.holder_key().is_none() {
        return code.clone();
    }
    let message = proof::signed_bytes(&code.ticket_hash(), unix_seconds);
    let signature = holder.sign(proof::HOLDER_DOMAIN, &message);
    code::with_proof(
        code,
        &HolderProof {
            unix_seconds,
            signature,
        },
    )
}
