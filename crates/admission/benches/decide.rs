//! What a decision costs once everything that it needs is in memory.

use criterion::{Criterion, criterion_group, criterion_main};
use gateline_admission::{Context, EventRules, NobodyCounted, Presented, decide};
use gateline_common::Timestamp;
use gateline_common::catalog::{EntryPolicy, TypeAdmission};
use gateline_common::decision::{Direction, Passage};
use gateline_common::ids::{DeviceId, Epoch, EventId, KeyId, OrgId, Serial, TicketTypeId};
use gateline_common::sync::{
    EventKey, EventManifest, KeyState, ListedTicket, Manifest, TicketStatus, TicketTypeInfo,
};
use std::hint::black_box;
use ticket_crypto::{SigningKey, TicketClaims, TicketCode, issue};
use uuid::Uuid;

const EVENT: EventId = EventId(1);
const DAY: TicketTypeId = TicketTypeId(1);
/// 2027-06-12, 18:00 in Vienna.
const SIX: Timestamp = Timestamp(1_812_816_000_000);
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

fn event(key: &SigningKey) -> EventManifest {
    EventManifest {
        event: EVENT,
        title: "Summer Fair".into(),
        timezone: "Europe/Vienna".into(),
        starts_at: SIX,
        ends_at: SIX.plus_ms(18_000_000),
        cancelled: false,
        rules_version: 1,
        policy: EntryPolicy::default(),
        supervisor_pin: None,
        keys: vec![EventKey {
            id: KeyId(1),
            key: key.public_key(),
            state: KeyState::Current,
        }],
        gates: vec![],
        zones: vec![],
        ticket_types: vec![TicketTypeInfo {
            id: DAY,
            name: "Day".into(),
            admission: TypeAdmission::default(),
        }],
        rules: vec![],
    }
}

fn code(key: &SigningKey) -> TicketCode {
    issue(
        key,
        &TicketClaims {
            key_id: KeyId(1),
            event: EVENT,
            serial: Serial::truncate(7),
            ticket_type: DAY,
            epoch: Epoch(1),
            not_after_days: u16::MAX,
        },
    )
}

fn listed() -> ListedTicket {
    ListedTicket {
        ticket_type: DAY,
        epoch: Epoch(1),
        status: TicketStatus::Valid,
        name: None,
        seat: None,
        order_code: "ABC234".into(),
        note: None,
    }
}

#[expect(clippy::expect_used, reason = "the rules above compile")]
fn deciding(criterion: &mut Criterion) {
    let key = SigningKey::from_seed([2; 32]);
    let manifest = Manifest {
        version: 1,
        org: OrgId(Uuid::from_u128(1)),
        org_name: "Open Fairs".into(),
        issued_at: SIX,
        events: vec![event(&key)],
        devices: vec![],
    };
    let rules = EventRules::compile(&manifest.events[0]).expect("the rules compile");
    let context = Context {
        now: SIX,
        device: DEVICE,
        gate: None,
        direction: Direction::Entry,
        highest_epoch: None,
        occupancy: &NobodyCounted,
        proof_used: false,
        waive: None,
    };
    let (code, ticket) = (code(&key), listed());
    let inside = [Passage {
        at: SIX,
        device: DEVICE,
        seq: 1,
        gate: None,
        direction: Direction::Entry,
    }];
    for (name, history) in [("admit a ticket", &[][..]), ("refuse a copy", &inside[..])] {
        criterion.bench_function(name, |bench| {
            bench.iter(|| {
                let presented = Presented::Code(black_box(&code));
                decide(
                    &rules,
                    &manifest,
                    &presented,
                    Some(&ticket),
                    history,
                    &context,
                )
            });
        });
    }
}

criterion_group!(benches, deciding);
criterion_main!(benches);
