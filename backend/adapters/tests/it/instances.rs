//! Check-in as two instances over one store: what one has stored the other knows,
//! whatever it had in memory, and one ticket is let in once.

use crate::put_back;
use futures::join;
use gateline_adapters::sqlite::{Db, SqliteCheckIn};
use gateline_common::bus::{BusEvent, Envelope, EventFacts, EventStatus, TicketFacts};
use gateline_common::catalog::{self, EntryPolicy, TypeAdmission};
use gateline_common::decision::{Admission, Answer, Direction};
use gateline_common::ids::{
    DeviceId, Epoch, EventId, GateId, OrderId, OrgId, Serial, SessionId, TicketTypeId, UserId,
};
use gateline_common::money::{Currency, Money};
use gateline_common::sync::{
    ClockReading, ConfirmRequest, Record, RecordBody, Scan, ScanBatch, Subject, TicketStatus,
};
use gateline_common::{Hash, Timestamp, bus};
use gateline_core::checkin::figures::Figure;
use gateline_core::checkin::ports::ManifestBump;
use gateline_core::checkin::{CheckIn, CheckInStore, Device, Enrolment, Settings};
use gateline_core::shared::{Commit, Handler, Principal, SystemClock};
use std::sync::Arc;
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{self, Domain};
use uuid::Uuid;

const EVENT: EventId = EventId(7);
const ORG: OrgId = OrgId(Uuid::from_u128(1));
const TICKETS: u64 = 6;

fn instance(store: Arc<dyn CheckInStore>) -> CheckIn {
    let settings = Settings {
        public_url: "http://localhost".into(),
        certificate: None,
    };
    CheckIn::new(store, Arc::new(SystemClock), settings)
}

fn told(version: u64, body: BusEvent) -> Envelope {
    Envelope {
        id: Uuid::new_v4(),
        aggregate: String::new(),
        version,
        at: Timestamp(1_000),
        trace: None,
        body,
    }
}

fn event(title: &str) -> EventFacts {
    EventFacts {
        event: EVENT,
        org: ORG,
        title: title.into(),
        place: "Hall".into(),
        timezone: "Europe/Vienna".into(),
        starts_at: Timestamp(0),
        ends_at: Timestamp(i64::MAX / 2),
        status: EventStatus::Published,
        gates: vec![catalog::Gate {
            id: GateId(1),
            name: "North".into(),
            zone: None,
        }],
        zones: Vec::new(),
        rules: Vec::new(),
        policy: EntryPolicy::default(),
        supervisor_pin: None,
    }
}

fn kind() -> bus::TicketTypeFacts {
    bus::TicketTypeFacts {
        event: EVENT,
        ticket_type: TicketTypeId(1),
        org: ORG,
        name: "Adult".into(),
        price: Money::new(100, Currency::EUR),
        limit: 10,
        max_per_order: 4,
        sale_starts: None,
        sale_ends: None,
        deleted: false,
        admission: TypeAdmission::default(),
    }
}

fn ticket(serial: u64) -> TicketFacts {
    TicketFacts {
        event: EVENT,
        serial: Serial::truncate(serial),
        org: ORG,
        order: OrderId(Uuid::nil()),
        order_code: "ABC".into(),
        ticket_type: TicketTypeId(1),
        epoch: Epoch(0),
        status: TicketStatus::Valid,
        owner: UserId(Uuid::nil()),
        attendee_name: None,
        seat: None,
        note: None,
        holder_key: None,
        code_hash: None,
    }
}

fn organizer() -> Principal {
    Principal {
        user: UserId(Uuid::nil()),
        session: SessionId(Uuid::nil()),
        email: String::new(),
        name: String::new(),
        admin: true,
        memberships: Vec::new(),
    }
}

/// A scanner and its chain.
struct Gate {
    device: Device,
    key: SigningKey,
    last: Hash,
    seq: u64,
}

impl Gate {
    async fn enrolled(store: &dyn CheckInStore, number: u8) -> Self {
        let key = SigningKey::from_seed([number; 32]);
        let made_by = UserId(Uuid::nil());
        let code = Enrolment {
            secret: Hash([number; 32]),
            org: ORG,
            name: None,
            made_by,
            expires_at: Timestamp(99),
        };
        store.add_enrolment(&code).await.unwrap();
        let device = Device {
            device: DeviceId(Uuid::from_u128(u128::from(number))),
            org: ORG,
            name: format!("Gate {number}"),
            key: key.public_key(),
            credential: code.secret,
            enrolled_at: Timestamp(10),
            enrolled_by: made_by,
            revoked_at: None,
            accepted_at: None,
        };
        let bump = ManifestBump {
            org: ORG,
            at: Timestamp(10),
        };
        let nothing = Commit::nothing();
        let enrolled = store.enrol(code.secret, &device, bump, &nothing);
        enrolled.await.unwrap();
        Self {
            device,
            key,
            last: Hash::ZERO,
            seq: 0,
        }
    }

    /// Asks whether a guest of the list may come in.
    fn asks(&mut self, serial: u64) -> ConfirmRequest {
        self.seq += 1;
        let record = Record {
            device: self.device.device,
            seq: self.seq,
            previous: self.last,
            at: Timestamp(2_000),
            clock: ClockReading::UNKNOWN,
            body: RecordBody::Scan(Scan {
                event: EVENT,
                gate: Some(GateId(1)),
                direction: Direction::Entry,
                subject: Subject::Listed(Serial::truncate(serial)),
                answer: Answer::Admit(Admission::Entry),
                rules_version: 1,
                feed_position: 0,
                overridden: None,
            }),
        };
        let bytes = record.to_bytes().unwrap();
        self.last = Record::hash(&bytes);
        let head = ScanBatch::head(self.device.device, self.seq, self.seq, self.last);
        ConfirmRequest {
            batch: ScanBatch {
                device: self.device.device,
                first_seq: self.seq,
                records: vec![bytes],
                signature: detached::sign(&self.key, Domain::Batch, &head),
            },
            cursor: None,
            manifest_version: 0,
        }
    }
}

async fn two_instances_let_each_ticket_in_once(
    one: Arc<dyn CheckInStore>,
    other: Arc<dyn CheckInStore>,
) {
    let (here, there) = (instance(Arc::clone(&one)), instance(other));
    let named = bus::OrganizationFacts {
        org: ORG,
        name: "House".into(),
    };
    for envelope in [
        told(1, BusEvent::OrganizationUpdated(named)),
        told(1, BusEvent::EventCreated(event("Ball"))),
        told(1, BusEvent::TicketTypeCreated(kind())),
    ] {
        here.handle(&envelope).await.unwrap();
    }
    for serial in 1..=TICKETS {
        let issued = told(1, BusEvent::TicketIssued(ticket(serial)));
        there.handle(&issued).await.unwrap();
    }
    let mut gates = [
        Gate::enrolled(&*one, 1).await,
        Gate::enrolled(&*one, 2).await,
    ];
    let caller = organizer();
    for serial in 1..=TICKETS {
        let asked = gates.each_mut().map(|gate| gate.asks(serial));
        let [north, south] = &gates;
        let [at_north, at_south] = asked;
        let (first, second) = join!(
            here.confirm(&north.device, at_north),
            there.confirm(&south.device, at_south)
        );
        let (first, second) = (first.unwrap().answer, second.unwrap().answer);
        assert!(
            first.is_admitted() != second.is_admitted(),
            "{first:?} {second:?}"
        );
        for service in [&here, &there] {
            let (_, figures, _) = service.figures(&caller, EVENT).await.unwrap();
            assert_eq!(figures.get(Figure::Entered), serial);
            let report = service.report(&caller, EVENT).await.unwrap();
            assert_eq!(report.totals.tickets_admitted, serial);
            let read: u64 = report
                .devices
                .iter()
                .map(|device| device.chain.records)
                .sum();
            assert_eq!(read, 2 * serial, "both logs, as they are now");
        }
    }
    let renamed = told(2, BusEvent::EventUpdated(event("Masked ball")));
    here.handle(&renamed).await.unwrap();
    let report = there.report(&caller, EVENT).await.unwrap();
    assert_eq!(report.title, "Masked ball");
    let north = &gates[0].device;
    assert_eq!(
        here.manifest(north).await.unwrap(),
        there.manifest(north).await.unwrap()
    );
    here.revoke(&caller, north.device).await.unwrap();
    assert!(there.is_revoked(north.device).await);
}

#[tokio::test]
async fn two_instances_over_the_embedded_store_let_each_ticket_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    let store = || Arc::new(SqliteCheckIn(db.clone()));
    two_instances_let_each_ticket_in_once(store(), store()).await;
}

#[tokio::test]
async fn two_instances_over_the_distributed_store_let_each_ticket_in_once() {
    let [one, other] = put_back::two_instances().await;
    two_instances_let_each_ticket_in_once(Arc::new(one), Arc::new(other)).await;
}
