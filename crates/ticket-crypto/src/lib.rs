//! The ticket code: its claims, its bytes and digits, signing, verifying, the
//! keyring of an event and the holder's proof; and detached signatures over the
//! messages of the sync protocol.
//!
//! Format (big-endian; [`TicketCode::to_digits`] writes it as decimal digits):
//! ```text
//! plain         kind+version 1 | key id 1 | event 4 | serial 6 | ticket type 2
//!               | owner epoch 2 | not after, days 2 | signature 64             =  82 bytes, 200 digits
//! holder-bound  … the same 18 bytes | holder public key 32 | signature 64      = 114 bytes, 277 digits
//!               | then, once proven: unix seconds 4 | holder's signature 64    = 182 bytes, 442 digits
//! ```
//! Every signature is Ed25519 over a domain string, one zero byte and the bytes
//! that it covers, and is checked strictly (no small-order keys, canonical
//! scalars): a signed code has exactly one form that verifies.
//!
//! Always true: nothing here reads a clock, draws random numbers or does I/O,
//! and no input makes it panic. Secret keys are wiped when dropped and never
//! shown by `Debug`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod code;
pub mod detached;
mod digits;
mod issue;
mod keyring;
mod keys;
mod proof;
mod read;

pub use code::{Kind, ParseError, TicketClaims, TicketCode};
pub use gateline_common::{PublicKey, Signature};
pub use issue::{issue, issue_holder_bound, prove};
pub use keyring::{Keyring, Verification};
pub use keys::{SigningKey, is_usable};
pub use proof::{Freshness, HolderProof, PROOF_WINDOW_SECONDS};
pub use read::candidates;
