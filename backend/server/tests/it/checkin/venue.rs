//! A venue: an organization with one event, told to check-in as other services
//! would tell it.

use super::gate::Gate;
use crate::support::{TestApp, TestUser};
use gateline_adapters::sqlite::{Db, SqliteCheckIn};
use gateline_common::bus::{BusEvent, EventFacts, EventStatus, TicketFacts, TicketTypeFacts};
use gateline_common::catalog::{EntryPolicy, Gate as GateInfo, TypeAdmission};
use gateline_common::ids::{
    Epoch, EventId, GateId, KeyId, OrderId, OrgId, Serial, TicketTypeId, UserId,
};
use gateline_common::sync::{EventKey, KeyState, TicketStatus};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::ports::LogWrite;
use gateline_core::shared::{Clock, Commit, random};
use serde_json::{Value, json};
use ticket_crypto::{SigningKey, TicketClaims, TicketCode, issue};
use uuid::Uuid;

pub(crate) const NORTH: GateId = GateId(1);
pub(crate) const SOUTH: GateId = GateId(2);
pub(crate) const ADULT: TicketTypeId = TicketTypeId(1);

pub(crate) struct Venue {
    pub(crate) app: TestApp,
    pub(crate) organizer: TestUser,
    pub(crate) org: OrgId,
    pub(crate) facts: EventFacts,
    store: SqliteCheckIn,
}

/// Versions of other services' aggregates that no real one reaches here.
const VERSION: u64 = 1_000;

impl Venue {
    /// With the default policy.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// With what `set` makes of the event.
    pub(crate) async fn open_with(set: impl FnOnce(&mut EventFacts)) -> Self {
        Self::open_in(TestApp::init().await, set).await
    }

    /// The same in a server of other settings.
    pub(crate) async fn open_in(app: TestApp, set: impl FnOnce(&mut EventFacts)) -> Self {
        let (organizer, org) = app.organizer("olga").await;
        let org: OrgId = org.parse().unwrap();
        let now = app.clock.now();
        let mut facts = event(EventId(77), org, now);
        set(&mut facts);
        let db = Db::open(&app.folder().join("gateline.db")).unwrap();
        let venue = Self {
            app,
            organizer,
            org,
            facts,
            store: SqliteCheckIn(db),
        };
        venue.announce(&venue.facts, VERSION).await;
        venue
    }

    pub(crate) fn event(&self) -> EventId {
        self.facts.event
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Tells an event, its only ticket type and its key, in that order; the bus
    /// makes another of it.
    pub(crate) async fn announce(&self, facts: &EventFacts, version: u64) {
        let event = facts.event;
        let ticket_type = TicketTypeFacts {
            event,
            ticket_type: ADULT,
            org: facts.org,
            name: "Adult".into(),
            price: Money::new(1_000, Currency::EUR),
            limit: 1_000_000,
            max_per_order: 10,
            sale_starts: None,
            sale_ends: None,
            deleted: false,
            admission: TypeAdmission::default(),
        };
        let key = EventKey {
            id: KeyId(1),
            key: key(event).public_key(),
            state: KeyState::Current,
        };
        let keys = vec![key];
        self.publish(
            version,
            [
                BusEvent::EventUpdated(facts.clone()),
                BusEvent::TicketTypeUpdated(ticket_type),
                BusEvent::SigningKeysChanged { event, keys },
            ],
        )
        .await;
    }

    /// The event is cancelled.
    pub(crate) async fn call_off(&self) {
        let mut cancelled = self.facts.clone();
        cancelled.status = EventStatus::Cancelled;
        self.publish(2_000, [BusEvent::EventUpdated(cancelled)])
            .await;
    }

    /// Publishes what other services would.
    pub(crate) async fn publish(&self, version: u64, events: impl IntoIterator<Item = BusEvent>) {
        let mut commit = Commit::nothing();
        for event in events {
            commit = commit.publishing("test:1".into(), version, self.now(), event);
        }
        let nothing = LogWrite::default();
        self.store.write_log(&nothing, &commit).await.unwrap();
    }

    /// Issues tickets and waits until they are on the list.
    pub(crate) async fn issue(&self, serials: std::ops::RangeInclusive<u64>) {
        let before = self.figures().await["expected"].as_u64().unwrap_or(0);
        let expected = before + serials.clone().count() as u64;
        let issued = serials.map(|serial| BusEvent::TicketIssued(self.ticket(serial)));
        self.publish(1, issued).await;
        self.app
            .wait_until("the tickets are listed", async || {
                self.figures().await["expected"] == expected
            })
            .await;
    }

    /// Puts many tickets on the list at once, without the bus.
    pub(crate) async fn fill_list(&self, count: u64) {
        use gateline_core::checkin::ports::TicketWrite;
        use gateline_core::checkin::ticket::{TicketKey, TicketState};
        for first in (1..=count).step_by(5_000) {
            let tickets = (first..first + 5_000).map(|number| {
                // Serials are random in life: they do not compress.
                let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
                let key = TicketKey {
                    event: self.event(),
                    serial: Serial::truncate(mixed),
                };
                let mut facts = self.ticket(mixed);
                facts.attendee_name = Some(format!("Guest {:06x} {number}", mixed & 0xff_ffff));
                facts.order_code = random::short_code(8);
                let ticket = TicketState::unknown(key).with_facts(1, self.now(), &facts);
                TicketWrite {
                    ticket: ticket.unwrap(),
                    moves: true,
                    passages: false,
                }
            });
            let write = LogWrite {
                tickets: tickets.collect(),
                ..LogWrite::default()
            };
            let commit = Commit::nothing();
            self.store.write_log(&write, &commit).await.unwrap();
        }
    }

    pub(crate) fn ticket(&self, serial: u64) -> TicketFacts {
        TicketFacts {
            event: self.event(),
            serial: Serial::truncate(serial),
            org: self.org,
            order: OrderId(Uuid::nil()),
            order_code: format!("ORD{serial}"),
            ticket_type: ADULT,
            epoch: Epoch(1),
            status: TicketStatus::Valid,
            owner: UserId(Uuid::nil()),
            attendee_name: Some(format!("Guest {serial}")),
            seat: Some(format!("A{serial}")),
            note: None,
            holder_key: None,
            code_hash: Some(self.code(serial).ticket_hash()),
        }
    }

    /// The code of a ticket at its first epoch.
    pub(crate) fn code(&self, serial: u64) -> TicketCode {
        code(self.event(), serial, 1)
    }

    /// Enrols a gate.
    pub(crate) async fn gate(&self, name: &str, gate: GateId) -> Gate {
        let code = self.enrolment_code(Some(name)).await;
        let mut enrolled = Gate::enrol(&self.app, &code, name, self.event(), gate).await;
        self.app
            .wait_until("the manifest shows the event", async || {
                enrolled.manifest().await["events"][0]["keys"][0]["id"] == 1
                    && !enrolled.manifest().await["events"][0]["ticket_types"]
                        .as_array()
                        .unwrap()
                        .is_empty()
            })
            .await;
        enrolled.rules_version = enrolled.manifest().await["events"][0]["rules_version"]
            .as_u64()
            .unwrap();
        enrolled
    }

    pub(crate) async fn enrolment_code(&self, name: Option<&str>) -> String {
        let body = json!({"org": self.org, "name": name});
        let made = self
            .organizer
            .post("/api/checkin/enrolment-codes", body)
            .await;
        made.good()["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, what: &str) -> String {
        format!("/api/checkin/events/{}/{what}", self.event())
    }

    pub(crate) async fn figures(&self) -> Value {
        let answer = self.organizer.get(&self.path("figures")).await;
        match answer.status {
            404 => Value::Null,
            _ => answer.good(),
        }
    }

    pub(crate) async fn report(&self) -> Value {
        self.organizer.get(&self.path("report")).await.good()
    }
}

pub(crate) fn event(event: EventId, org: OrgId, now: Timestamp) -> EventFacts {
    let gate = |id, name: &str| GateInfo {
        id,
        name: name.into(),
        zone: None,
    };
    EventFacts {
        event,
        org,
        title: "Summer Night".into(),
        place: "Harbour".into(),
        timezone: "Europe/Berlin".into(),
        starts_at: now.plus_ms(-3_600_000),
        ends_at: now.plus_ms(36_000_000),
        status: EventStatus::Published,
        gates: vec![gate(NORTH, "North"), gate(SOUTH, "South")],
        zones: vec![],
        rules: vec![],
        policy: EntryPolicy::default(),
        supervisor_pin: None,
    }
}

/// The signing key of an event.
pub(crate) fn key(event: EventId) -> SigningKey {
    let mut seed = [9; 32];
    seed[..4].copy_from_slice(&event.0.to_be_bytes());
    SigningKey::from_seed(seed)
}

pub(crate) fn code(event: EventId, serial: u64, epoch: u16) -> TicketCode {
    let claims = TicketClaims {
        key_id: KeyId(1),
        event,
        serial: Serial::truncate(serial),
        ticket_type: ADULT,
        epoch: Epoch(epoch),
        not_after_days: 40_000,
    };
    issue(&key(event), &claims)
}
