//! A ticket code as it was read: its fields, not yet verified. Only
//! [`crate::Keyring::verify`] says whether they are true.

use crate::digits;
use crate::proof::HolderProof;
use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
use gateline_common::{Hash, PublicKey, Signature};
use std::fmt;

const PLAIN: u8 = 0x11;
const HOLDER_BOUND: u8 = 0x21;

const CLAIMS_LEN: usize = 18;
const KEY_LEN: usize = 32;
const SIGNATURE_LEN: usize = 64;
const PLAIN_LEN: usize = CLAIMS_LEN + SIGNATURE_LEN;
const BOUND_LEN: usize = CLAIMS_LEN + KEY_LEN + SIGNATURE_LEN;
const PROVEN_LEN: usize = BOUND_LEN + 4 + SIGNATURE_LEN;

/// What a ticket code claims. For a listed serial the list prevails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TicketClaims {
    /// Which of the event's keys signed it: a hint.
    pub key_id: KeyId,
    /// The event.
    pub event: EventId,
    /// The serial.
    pub serial: Serial,
    /// The ticket type at the time of issue.
    pub ticket_type: TicketTypeId,
    /// The owner epoch.
    pub epoch: Epoch,
    /// The last day of the outer validity, in days since 1970-01-01 (UTC).
    pub not_after_days: u16,
}

/// The two kinds of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Good for whoever shows it first.
    Plain,
    /// Bound to a key that never leaves the holder's phone.
    HolderBound,
}

/// Why bytes or digits are no ticket code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not digits, or digits that stand for no bytes.
    #[error("not the digits of a ticket code")]
    Digits,
    /// Another kind or version.
    #[error("no kind of ticket code that this version reads")]
    Kind,
    /// Truncated or with trailing bytes.
    #[error("a ticket code of this kind does not have {0} bytes")]
    Length(usize),
}

/// A ticket code, parsed and not yet verified. Equal codes have equal bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TicketCode {
    bytes: Vec<u8>,
    claims: TicketClaims,
    kind: Kind,
}

impl TicketCode {
    /// Reads the bytes of a code.
    ///
    /// # Errors
    /// The [`ParseError`] that says what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let kind = match bytes.first() {
            Some(&PLAIN) => Kind::Plain,
            Some(&HOLDER_BOUND) => Kind::HolderBound,
            Some(_) => return Err(ParseError::Kind),
            None => return Err(ParseError::Length(0)),
        };
        match (kind, bytes.len()) {
            (Kind::Plain, PLAIN_LEN) | (Kind::HolderBound, BOUND_LEN | PROVEN_LEN) => {}
            (_, len) => return Err(ParseError::Length(len)),
        }
        let claims = read_claims(bytes).ok_or(ParseError::Length(bytes.len()))?;
        Ok(Self {
            bytes: bytes.to_vec(),
            claims,
            kind,
        })
    }

    /// Reads the digits of a code: exactly as [`TicketCode::to_digits`] writes
    /// them. [`crate::candidates`] is for what a scanner typed.
    ///
    /// # Errors
    /// The [`ParseError`] that says what is wrong.
    pub fn from_digits(text: &str) -> Result<Self, ParseError> {
        Self::parse(&digits::decode(text).ok_or(ParseError::Digits)?)
    }

    /// The exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digits that go into the QR code.
    #[must_use]
    pub fn to_digits(&self) -> String {
        digits::encode(&self.bytes)
    }

    /// What it claims.
    #[must_use]
    pub const fn claims(&self) -> &TicketClaims {
        &self.claims
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The holder's key of a holder-bound code.
    #[must_use]
    pub fn holder_key(&self) -> Option<PublicKey> {
        match self.kind {
            Kind::Plain => None,
            Kind::HolderBound => self.array(CLAIMS_LEN).map(PublicKey),
        }
    }

    /// The holder's proof, when the code was shown live.
    #[must_use]
    pub fn proof(&self) -> Option<HolderProof> {
        if self.kind == Kind::Plain {
            return None;
        }
        Some(HolderProof {
            unix_seconds: u32::from_be_bytes(self.array(BOUND_LEN)?),
            signature: Signature(self.array(BOUND_LEN + 4)?),
        })
    }

    /// The bytes without the holder's proof: what stays the same for as long as
    /// the ticket has this epoch.
    #[must_use]
    pub fn ticket_bytes(&self) -> &[u8] {
        match self.kind {
            Kind::Plain => &self.bytes,
            Kind::HolderBound => self.bytes.get(..BOUND_LEN).unwrap_or(&self.bytes),
        }
    }

    /// The hash that a holder's proof covers.
    #[must_use]
    pub fn ticket_hash(&self) -> Hash {
        Hash::of(&[self.ticket_bytes()])
    }

    /// What the event's key signed, and its signature.
    pub(crate) fn signed_part(&self) -> Option<(&[u8], Signature)> {
        let ticket = self.ticket_bytes();
        let (signed, _) = ticket.split_last_chunk::<SIGNATURE_LEN>()?;
        Some((signed, Signature(self.array(signed.len())?)))
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        array(&self.bytes, at)
    }
}

impl fmt::Debug for TicketCode {
    /// Shows the claims, not the code: a log line must not admit anybody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketCode")
            .field("kind", &self.kind)
            .field("claims", &self.claims)
            .field("proven_at", &self.proof().map(|proof| proof.unix_seconds))
            .finish_non_exhaustive()
    }
}

/// The bytes before the signature.
pub(crate) fn signed_bytes(claims: &TicketClaims, holder: Option<&PublicKey>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PROVEN_LEN);
    bytes.push(if holder.is_some() {
        HOLDER_BOUND
    } else {
        PLAIN
    });
    bytes.push(claims.key_id.0);
    bytes.extend_from_slice(&claims.event.0.to_be_bytes());
    bytes.extend_from_slice(&claims.serial.get().to_be_bytes()[2..]);
    bytes.extend_from_slice(&claims.ticket_type.0.to_be_bytes());
    bytes.extend_from_slice(&claims.epoch.0.to_be_bytes());
    bytes.extend_from_slice(&claims.not_after_days.to_be_bytes());
    if let Some(holder) = holder {
        bytes.extend_from_slice(holder.as_bytes());
    }
    bytes
}

/// A code of these parts.
pub(crate) fn assemble(
    claims: &TicketClaims,
    holder: Option<&PublicKey>,
    mut bytes: Vec<u8>,
    signature: &Signature,
) -> TicketCode {
    bytes.extend_from_slice(signature.as_bytes());
    let kind = if holder.is_some() {
        Kind::HolderBound
    } else {
        Kind::Plain
    };
    TicketCode {
        bytes,
        claims: *claims,
        kind,
    }
}

/// The same holder-bound code with this proof in place of any other.
pub(crate) fn with_proof(code: &TicketCode, proof: &HolderProof) -> TicketCode {
    let mut bytes = code.ticket_bytes().to_vec();
    bytes.extend_from_slice(&proof.unix_seconds.to_be_bytes());
    bytes.extend_from_slice(proof.signature.as_bytes());
    TicketCode {
        bytes,
        claims: code.claims,
        kind: code.kind,
    }
}

fn read_claims(bytes: &[u8]) -> Option<TicketClaims> {
    let mut serial = [0; 8];
    serial[2..].copy_from_slice(&array::<6>(bytes, 6)?);
    Some(TicketClaims {
        key_id: KeyId(*bytes.get(1)?),
        event: EventId(u32::from_be_bytes(array(bytes, 2)?)),
        serial: Serial::truncate(u64::from_be_bytes(serial)),
        ticket_type: TicketTypeId(u16::from_be_bytes(array(bytes, 12)?)),
        epoch: Epoch(u16::from_be_bytes(array(bytes, 14)?)),
        not_after_days: u16::from_be_bytes(array(bytes, 16)?),
    })
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}
