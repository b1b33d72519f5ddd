//! What signing, reading and verifying a ticket code cost.

use criterion::{Criterion, criterion_group, criterion_main};
use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
use gateline_common::sync::{EventKey, KeyState};
use std::hint::black_box;
use ticket_crypto::{Keyring, SigningKey, TicketClaims, TicketCode, candidates, issue};

fn claims() -> TicketClaims {
    TicketClaims {
        key_id: KeyId(1),
        event: EventId(1),
        serial: Serial::truncate(0x1234_5678_9abc),
        ticket_type: TicketTypeId(1),
        epoch: Epoch(1),
        not_after_days: u16::MAX,
    }
}

fn codes(criterion: &mut Criterion) {
    let key = SigningKey::from_seed([2; 32]);
    let code = issue(&key, &claims());
    let (text, bytes) = (code.to_digits(), code.bytes().to_vec());
    let keyring = Keyring::new(&[EventKey {
        id: KeyId(1),
        key: key.public_key(),
        state: KeyState::Current,
    }]);
    criterion.bench_function("sign a ticket", |bench| {
        bench.iter(|| issue(&key, black_box(&claims())));
    });
    criterion.bench_function("read a text of digits", |bench| {
        bench.iter(|| candidates(black_box(&text)));
    });
    criterion.bench_function("parse a code's bytes", |bench| {
        bench.iter(|| TicketCode::parse(black_box(&bytes)));
    });
    criterion.bench_function("verify a ticket", |bench| {
        bench.iter(|| keyring.verify(black_box(&code)));
    });
}

criterion_group!(benches, codes);
criterion_main!(benches);
