//! An event, its tickets, and logs of scans.

use gateline_admission::{EventRules, LoggedRecord};
use gateline_common::catalog::{EntryPolicy, Gate, TypeAdmission};
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::{DeviceId, Epoch, EventId, GateId, KeyId, OrgId, Serial, TicketTypeId};
use gateline_common::sync::{
    ClockReading, EventKey, EventManifest, KeyState, ListedTicket, Manifest, Receipt, Record,
    RecordBody, Scan, SignedReceipt, Subject, TicketStatus, TicketTypeInfo,
};
use gateline_common::{Hash, Signature, Timestamp};
use ticket_crypto::{SigningKey, TicketClaims, TicketCode, issue};
use uuid::Uuid;

pub(crate) const EVENT: EventId = EventId(1001);
pub(crate) const DAY: TicketTypeId = TicketTypeId(1);
pub(crate) const NORTH: GateId = GateId(1);
pub(crate) const SOUTH: GateId = GateId(2);
/// 2027-06-12, 18:00 in Vienna.
pub(crate) const SIX: Timestamp = Timestamp(1_812_816_000_000);
pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32])
}

pub(crate) fn device(number: u8) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(number) + 1))
}

pub(crate) fn serial(number: u8) -> Serial {
    Serial::truncate(u64::from(number) + 100)
}

pub(crate) fn event() -> EventManifest {
    let gate = |id, name: &str| Gate {
        id,
        name: name.into(),
        zone: None,
    };
    EventManifest {
        event: EVENT,
        title: "Summer Fair".into(),
        timezone: "Europe/Vienna".into(),
        starts_at: SIX,
        ends_at: SIX.plus_ms(300 * MINUTE),
        cancelled: false,
        rules_version: 1,
        policy: EntryPolicy::default(),
        supervisor_pin: None,
        keys: vec![EventKey {
            id: KeyId(1),
            key: key(1).public_key(),
            state: KeyState::Current,
        }],
        gates: vec![gate(NORTH, "North"), gate(SOUTH, "South")],
        zones: Vec::new(),
        ticket_types: vec![TicketTypeInfo {
            id: DAY,
            name: "Day".into(),
            admission: TypeAdmission::default(),
        }],
        rules: Vec::new(),
    }
}

pub(crate) fn manifest(event: &EventManifest) -> Manifest {
    Manifest {
        version: 1,
        org: OrgId(Uuid::from_u128(1)),
        org_name: "Open Fairs".into(),
        issued_at: SIX,
        events: vec![event.clone()],
        devices: vec![(device(0), "Tablet 0".into())],
    }
}

pub(crate) fn rules(event: &EventManifest) -> EventRules {
    EventRules::compile(event).unwrap()
}

pub(crate) fn claims(serial: Serial, epoch: u16) -> TicketClaims {
    TicketClaims {
        key_id: KeyId(1),
        event: EVENT,
        serial,
        ticket_type: DAY,
        epoch: Epoch(epoch),
        not_after_days: SIX.days() + 400,
    }
}

pub(crate) fn code(number: u8, epoch: u16) -> TicketCode {
    issue(&key(1), &claims(serial(number), epoch))
}

pub(crate) fn listed() -> ListedTicket {
    ListedTicket {
        ticket_type: DAY,
        epoch: Epoch(0),
        status: TicketStatus::Valid,
        name: None,
        seat: None,
        order_code: "ORDER1".into(),
        note: None,
    }
}

pub(crate) fn scan(code: &TicketCode, answer: Answer) -> RecordBody {
    RecordBody::Scan(Scan {
        event: EVENT,
        gate: Some(NORTH),
        direction: Direction::Entry,
        subject: Subject::Code(code.bytes().to_vec()),
        answer,
        rules_version: 1,
        feed_position: 0,
        overridden: None,
    })
}

/// A device's log, written record by record.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) device: DeviceId,
    pub(crate) records: Vec<LoggedRecord>,
}

impl Log {
    pub(crate) fn of(number: u8) -> Self {
        Self {
            device: device(number),
            records: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, at: Timestamp, body: RecordBody) -> u64 {
        let seq = self.records.len() as u64 + 1;
        let record = Record {
            device: self.device,
            seq,
            previous: self.records.last().map_or(Hash::ZERO, |last| last.hash),
            at,
            clock: ClockReading::UNKNOWN,
            body,
        };
        let bytes = record.to_bytes().unwrap();
        self.records
            .push(LoggedRecord::read(self.device, seq, &bytes));
        seq
    }

    /// The server's receipt for the last record, given at `at` and appended.
    pub(crate) fn receipted(&mut self, at: Timestamp) -> Receipt {
        let last = self.records.last().unwrap();
        let receipt = Receipt {
            device: self.device,
            seq: last.seq,
            hash: last.hash,
            at,
        };
        let signature = Signature([0; 64]);
        self.push(
            at,
            RecordBody::Receipt(SignedReceipt { receipt, signature }),
        );
        receipt
    }
}
