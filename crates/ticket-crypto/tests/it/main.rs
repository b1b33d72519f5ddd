//! Everything about the ticket code that is promised to the outside: pinned
//! vectors, tampering, keyboards, QR sizes, and properties over random codes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod fuzzed;
mod holder;
mod keyboards;
mod keyring;
mod properties;
mod qr;
mod tamper;
mod vectors;

use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
use gateline_common::sync::{EventKey, KeyState};
use ticket_crypto::{
    Keyring, SigningKey, TicketClaims, TicketCode, issue, issue_holder_bound, prove,
};

const NOW: u32 = 1_795_000_000;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

fn claims() -> TicketClaims {
    TicketClaims {
        key_id: KeyId(1),
        event: EventId(0xdead_beef),
        serial: Serial::truncate(0x1234_5678_9abc),
        ticket_type: TicketTypeId(7),
        epoch: Epoch(2),
        not_after_days: 20_812,
    }
}

fn event_key(id: u8, key: &SigningKey, state: KeyState) -> EventKey {
    EventKey {
        id: KeyId(id),
        key: key.public_key(),
        state,
    }
}

fn keyring() -> Keyring {
    Keyring::new(&[event_key(1, &key(1), KeyState::Current)])
}

fn plain() -> TicketCode {
    issue(&key(1), &claims())
}

fn bound() -> TicketCode {
    issue_holder_bound(&key(1), &claims(), key(9).public_key())
}

fn proven() -> TicketCode {
    prove(&key(9), &bound(), NOW)
}
