//! An organization, its keys, its event and its tickets.

use gateline_common::bytes::Hash;
use gateline_common::catalog::{EntryPolicy, Gate, ReEntry, TypeAdmission, Zone};
use gateline_common::ids::{
    DeviceId, Epoch, EventId, GateId, KeyId, OrgId, Serial, TicketTypeId, ZoneId,
};
use gateline_common::sync::{
    EventKey, EventManifest, KeyState, ListedTicket, Manifest, SignedManifest, TicketStatus,
    TicketTypeInfo,
};
use gateline_common::time::{DAY_MS, Timestamp};
use ticket_crypto::detached::{Domain, sign};
use ticket_crypto::{SigningKey, TicketClaims, TicketCode, issue};
use uuid::Uuid;

pub(crate) const ORG: OrgId = OrgId(Uuid::from_u128(1));
pub(crate) const EVENT: EventId = EventId(7);
pub(crate) const OTHER_EVENT: EventId = EventId(8);
/// Noon of a day in spring: the event is on.
pub(crate) const T0: Timestamp = Timestamp(1_777_000_000_000);

/// Everything that the server knows and signs.
pub(crate) struct World {
    pub(crate) root: SigningKey,
    pub(crate) key: SigningKey,
    pub(crate) manifest: Manifest,
}

impl World {
    pub(crate) fn new() -> Self {
        let key = SigningKey::from_seed([2; 32]);
        let other = SigningKey::from_seed([3; 32]);
        Self {
            root: SigningKey::from_seed([1; 32]),
            manifest: Manifest {
                version: 1,
                org: ORG,
                org_name: "Field and Stage".into(),
                issued_at: T0,
                events: vec![
                    event(EVENT, "Summer Night", &key),
                    event(OTHER_EVENT, "Winter Night", &other),
                ],
                devices: vec![
                    (DeviceId(Uuid::from_u128(100)), "North 1".into()),
                    (DeviceId(Uuid::from_u128(101)), "South 1".into()),
                ],
            },
            key,
        }
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(&mut EventManifest)) {
        self.manifest.version += 1;
        self.manifest.events[0].rules_version += 1;
        change(&mut self.manifest.events[0]);
    }

    pub(crate) fn policy(&mut self, change: impl FnOnce(&mut EntryPolicy)) {
        self.change(|event| change(&mut event.policy));
    }

    pub(crate) fn signed(&self) -> SignedManifest {
        let manifest = serde_json::to_string(&self.manifest).expect("a manifest");
        let signature = sign(&self.root, Domain::Manifest, manifest.as_bytes());
        SignedManifest {
            manifest,
            signature,
        }
    }

    pub(crate) fn ticket(&self, serial: u64) -> TicketCode {
        self.ticket_of_epoch(serial, 1)
    }

    pub(crate) fn ticket_of_epoch(&self, serial: u64, epoch: u16) -> TicketCode {
        issue(
            &self.key,
            &TicketClaims {
                key_id: KeyId(1),
                event: EVENT,
                serial: Serial::truncate(serial),
                ticket_type: TicketTypeId(1),
                epoch: Epoch(epoch),
                not_after_days: T0.plus_ms(400 * DAY_MS).days(),
            },
        )
    }

    pub(crate) fn digits(&self, serial: u64) -> String {
        self.ticket(serial).to_digits()
    }
}

fn event(id: EventId, title: &str, key: &SigningKey) -> EventManifest {
    EventManifest {
        event: id,
        title: title.into(),
        timezone: "Europe/Berlin".into(),
        starts_at: T0,
        ends_at: T0.plus_ms(DAY_MS),
        cancelled: false,
        rules_version: 1,
        policy: EntryPolicy::default(),
        supervisor_pin: None::<Hash>,
        keys: vec![EventKey {
            id: KeyId(1),
            key: key.public_key(),
            state: KeyState::Current,
        }],
        gates: vec![
            gate(1, "North", None),
            gate(2, "South", None),
            gate(3, "Backstage", Some(1)),
        ],
        zones: vec![Zone {
            id: ZoneId(1),
            name: "Backstage".into(),
            parent: None,
            capacity: None,
        }],
        ticket_types: vec![
            kind(1, "Day ticket", TypeAdmission::default()),
            kind(
                2,
                "Crew",
                TypeAdmission {
                    re_entry: Some(ReEntry::Always),
                    ..TypeAdmission::default()
                },
            ),
        ],
        rules: vec![],
    }
}

fn gate(id: u16, name: &str, zone: Option<u16>) -> Gate {
    Gate {
        id: GateId(id),
        name: name.into(),
        zone: zone.map(ZoneId),
    }
}

fn kind(id: u16, name: &str, admission: TypeAdmission) -> TicketTypeInfo {
    TicketTypeInfo {
        id: TicketTypeId(id),
        name: name.into(),
        admission,
    }
}

pub(crate) fn listed(name: &str) -> ListedTicket {
    ListedTicket {
        ticket_type: TicketTypeId(1),
        epoch: Epoch(1),
        status: TicketStatus::Valid,
        name: Some(name.into()),
        seat: None,
        order_code: "QX7R2".into(),
        note: None,
    }
}
