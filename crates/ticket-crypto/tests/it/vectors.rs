//! The vectors were made by another implementation (Node's crypto) and are
//! permanent: printed tickets must stay readable. A new format gets a new
//! version byte and new vectors; these stay.

use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
use gateline_common::sync::{EventKey, KeyState};
use gateline_common::{PublicKey, Signature};
use serde::Deserialize;
use ticket_crypto::detached::{self, Domain};
use ticket_crypto::{
    Keyring, Kind, ParseError, SigningKey, TicketClaims, TicketCode, Verification, issue,
    issue_holder_bound, prove,
};

#[derive(Deserialize)]
struct CodeVector {
    name: String,
    kind: String,
    seed: String,
    public_key: String,
    claims: ClaimsVector,
    holder_seed: Option<String>,
    proven_at: Option<u32>,
    bytes: String,
    digits: String,
}

#[derive(Deserialize)]
struct ClaimsVector {
    key_id: u8,
    event: u32,
    serial: u64,
    ticket_type: u16,
    epoch: u16,
    not_after_days: u16,
}

#[derive(Deserialize)]
struct RefusedVector {
    name: String,
    digits: String,
    error: String,
}

#[derive(Deserialize)]
struct DetachedVector {
    domain: String,
    seed: String,
    public_key: String,
    message: String,
    signature: String,
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn codes() -> Vec<CodeVector> {
    serde_json::from_str(include_str!("../vectors/codes.json")).unwrap()
}

impl CodeVector {
    fn claims(&self) -> TicketClaims {
        TicketClaims {
            key_id: KeyId(self.claims.key_id),
            event: EventId(self.claims.event),
            serial: Serial::new(self.claims.serial).unwrap(),
            ticket_type: TicketTypeId(self.claims.ticket_type),
            epoch: Epoch(self.claims.epoch),
            not_after_days: self.claims.not_after_days,
        }
    }

    fn issued(&self) -> TicketCode {
        let key = SigningKey::from_seed(bytes(&self.seed));
        let Some(seed) = &self.holder_seed else {
            return issue(&key, &self.claims());
        };
        let holder = SigningKey::from_seed(bytes(seed));
        let code = issue_holder_bound(&key, &self.claims(), holder.public_key());
        self.proven_at
            .map_or(code.clone(), |at| prove(&holder, &code, at))
    }

    fn keyring(&self) -> Keyring {
        Keyring::new(&[EventKey {
            id: KeyId(self.claims.key_id),
            key: PublicKey(bytes(&self.public_key)),
            state: KeyState::Current,
        }])
    }
}

#[test]
fn codes_are_issued_read_and_verified_as_another_implementation_does() {
    for vector in codes() {
        let issued = vector.issued();
        assert_eq!(hex::encode(issued.bytes()), vector.bytes, "{}", vector.name);
        assert_eq!(issued.to_digits(), vector.digits, "{}", vector.name);
        let read = TicketCode::from_digits(&vector.digits).unwrap();
        assert_eq!(read, issued);
        assert_eq!(*read.claims(), vector.claims());
        assert_eq!(read.kind() == Kind::Plain, vector.kind == "plain");
        assert_eq!(
            read.proof().map(|proof| proof.unix_seconds),
            vector.proven_at
        );
        let good = Verification::Good {
            state: KeyState::Current,
        };
        assert_eq!(vector.keyring().verify(&read), good, "{}", vector.name);
    }
}

#[test]
fn codes_that_must_be_refused_are_refused_for_the_pinned_reason() {
    let refused: Vec<RefusedVector> =
        serde_json::from_str(include_str!("../vectors/refused.json")).unwrap();
    let keyring = codes()[0].keyring();
    for vector in refused {
        let found = match TicketCode::from_digits(&vector.digits) {
            Err(ParseError::Digits) => "digits",
            Err(ParseError::Kind) => "kind",
            Err(ParseError::Length(_)) => "length",
            Ok(code) => match keyring.verify(&code) {
                Verification::BadSignature => "signature",
                other => panic!("{}: {other:?}", vector.name),
            },
        };
        assert_eq!(found, vector.error, "{}", vector.name);
    }
}

#[test]
fn detached_signatures_are_those_of_another_implementation() {
    let vectors: Vec<DetachedVector> =
        serde_json::from_str(include_str!("../vectors/detached.json")).unwrap();
    for vector in vectors {
        let domain = match vector.domain.as_str() {
            "manifest" => Domain::Manifest,
            "receipt" => Domain::Receipt,
            "revocation" => Domain::Revocation,
            "batch" => Domain::Batch,
            "enrol" => Domain::Enrol,
            other => panic!("no such domain: {other}"),
        };
        let key = SigningKey::from_seed(bytes(&vector.seed));
        let message = hex::decode(&vector.message).unwrap();
        let signature = Signature(bytes(&vector.signature));
        assert_eq!(detached::sign(&key, domain, &message), signature);
        let public = PublicKey(bytes(&vector.public_key));
        assert!(detached::verify(&public, domain, &message, &signature));
    }
}
