//! An event, its codes, and devices that keep chained logs, for the tests of the
//! pure functions of check-in.

use super::batch::Batch;
use super::device::Device;
use super::tally::EventBook;
use gateline_admission::EventRules;
use gateline_common::catalog::{EntryPolicy, Gate, TypeAdmission};
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::ids::{
    DeviceId, Epoch, EventId, GateId, KeyId, OrgId, Serial, TicketTypeId, UserId,
};
use gateline_common::sync::{
    ClockReading, EventKey, EventManifest, KeyState, Record, RecordBody, Scan, ScanBatch, Subject,
    TicketTypeInfo,
};
use gateline_common::{Hash, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use ticket_crypto::detached::{self, Domain};
use ticket_crypto::{SigningKey, TicketClaims, TicketCode, issue};
use uuid::Uuid;

pub(super) const EVENT: EventId = EventId(7);
pub(super) const ADULT: TicketTypeId = TicketTypeId(1);
pub(super) const NORTH: GateId = GateId(1);
pub(super) const SOUTH: GateId = GateId(2);
pub(super) const OPENING: Timestamp = Timestamp(1_000_000);
/// Later than every scan of a test.
pub(super) const CLOSING: Timestamp = Timestamp(9_000_000);
const ORG: OrgId = OrgId(Uuid::from_u128(1));

pub(super) fn manifest() -> EventManifest {
    let gate = |id, name: &str| Gate {
        id,
        name: name.into(),
        zone: None,
    };
    EventManifest {
        event: EVENT,
        title: "Fair".into(),
        timezone: "Europe/Berlin".into(),
        starts_at: OPENING,
        ends_at: CLOSING,
        cancelled: false,
        rules_version: 1,
        policy: EntryPolicy::default(),
        supervisor_pin: None,
        keys: vec![EventKey {
            id: KeyId(1),
            key: event_key().public_key(),
            state: KeyState::Current,
        }],
        gates: vec![gate(NORTH, "North"), gate(SOUTH, "South")],
        zones: vec![],
        ticket_types: vec![TicketTypeInfo {
            id: ADULT,
            name: "Adult".into(),
            admission: TypeAdmission::default(),
        }],
        rules: vec![],
    }
}

pub(super) fn books(capacity: Option<u32>) -> BTreeMap<EventId, EventBook> {
    let mut manifest = manifest();
    manifest.policy.capacity = capacity;
    let rules = EventRules::compile(&manifest).expect("the rules are good");
    let book = EventBook {
        rules: Arc::new(rules),
        versions: Arc::default(),
    };
    [(EVENT, book)].into()
}

fn event_key() -> SigningKey {
    SigningKey::from_seed([9; 32])
}

pub(super) fn root_key() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

fn code(serial: u64) -> Vec<u8> {
    signed(serial, &event_key()).bytes().to_vec()
}

/// A code that no key of the event signed.
pub(super) fn forged(serial: u64) -> TicketCode {
    signed(serial, &SigningKey::from_seed([10; 32]))
}

fn signed(serial: u64, key: &SigningKey) -> TicketCode {
    let claims = TicketClaims {
        key_id: KeyId(1),
        event: EVENT,
        serial: Serial::truncate(serial),
        ticket_type: ADULT,
        epoch: Epoch(0),
        not_after_days: 40_000,
    };
    issue(key, &claims)
}

/// A device and its log.
#[derive(Debug, Clone)]
pub(super) struct TestGate {
    number: u8,
    gate: GateId,
    pub(super) log: Vec<Vec<u8>>,
}

impl TestGate {
    pub(super) fn new(number: u8, gate: GateId) -> Self {
        Self {
            number,
            gate,
            log: Vec::new(),
        }
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_seed([100 + self.number; 32])
    }

    pub(super) fn device(&self) -> Device {
        Device {
            device: DeviceId(Uuid::from_u128(self.number.into())),
            org: ORG,
            name: format!("Tablet {}", self.number),
            key: self.key().public_key(),
            credential: Hash::ZERO,
            enrolled_at: Timestamp(0),
            enrolled_by: UserId(Uuid::nil()),
            revoked_at: None,
            accepted_at: None,
        }
    }

    pub(super) fn append(&mut self, body: RecordBody) -> u64 {
        let previous = self.log.last();
        let seq = self.log.len() as u64 + 1;
        let record = Record {
            device: self.device().device,
            seq,
            previous: previous.map_or(Hash::ZERO, |bytes| Record::hash(bytes)),
            at: OPENING.plus_ms(i64::try_from(seq).expect("a short log") * 1_000),
            clock: ClockReading {
                offset_ms: i64::from(self.number),
                uncertainty_ms: 5,
            },
            body,
        };
        self.log.push(record.to_bytes().expect("it can be written"));
        seq
    }

    /// Lets in whoever shows this code.
    pub(super) fn scan_code(&mut self, code: TicketCode) -> u64 {
        self.scan(code.bytes().to_vec(), Answer::Admit(Admission::Entry))
    }

    fn scan(&mut self, code: Vec<u8>, answer: Answer) -> u64 {
        self.append(RecordBody::Scan(Scan {
            event: EVENT,
            gate: Some(self.gate),
            direction: Direction::Entry,
            subject: Subject::Code(code),
            answer,
            rules_version: 1,
            feed_position: 0,
            overridden: None,
        }))
    }

    pub(super) fn admit(&mut self, serial: u64) -> u64 {
        self.scan(code(serial), Answer::Admit(Admission::Entry))
    }

    pub(super) fn refuse(&mut self, serial: u64) -> u64 {
        self.scan(code(serial), Answer::Refuse(Refusal::Blocked))
    }

    /// A signed batch of these records.
    pub(super) fn batch(&self, first: u64, last: u64) -> Batch {
        let at = |seq: u64| usize::try_from(seq).expect("a short log");
        let records = self.log[at(first) - 1..at(last)].to_vec();
        let hash = records.last().map_or(Hash::ZERO, |last| Record::hash(last));
        let device = self.device();
        let head = ScanBatch::head(device.device, first, last, hash);
        let batch = ScanBatch {
            device: device.device,
            first_seq: first,
            records,
            signature: detached::sign(&self.key(), Domain::Batch, &head),
        };
        Batch::read(device.device, &device.key, batch).expect("it can be read")
    }
}
