//! The books of a scenario's server: who is enrolled, which records are held,
//! and the feed in the order of its changes.

use crate::scenarios::admission::device_id;
use crate::scenarios::admission::server::Server;
use crate::scenarios::{EVENT, World, file, secret_key};
use anyhow::ensure;
use gateline_admission::{LoggedRecord, Report, Standing};
use gateline_common::decision::Answer;
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, Serial};
use gateline_common::sync::{
    Cursor, FeedEntry, FeedPage, Manifest, Outcome, QuarantineReason, Record, RecordOutcome,
    Revocation, ScanBatch, SignedManifest, SignedReceipt, SignedRevocation, UploadAnswer,
};
use gateline_common::{Hash, PublicKey, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use ticket_crypto::detached::{Domain, sign, verify};
use uuid::Uuid;

const PAGE: usize = 1_000;

/// What becomes of an uploaded batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scenarios::gate) enum Upload {
    Good,
    /// All of it arrives, and the answer is lost.
    AnswerLost,
    /// The first half of it arrives, then the connection breaks.
    Half,
}

struct Enrolled {
    id: DeviceId,
    name: String,
    key: PublicKey,
    revoked: bool,
    held: BTreeMap<u64, BTreeSet<Hash>>,
}

pub(in crate::scenarios::gate) struct Books {
    pub(in crate::scenarios::gate) now: Timestamp,
    pub(in crate::scenarios::gate) fault: file::Fault,
    pub(in crate::scenarios::gate) upload: Upload,
    /// Admissions that the server was asked about.
    pub(in crate::scenarios::gate) asked: u64,
    server: Server,
    enrolled: Vec<Enrolled>,
    generation: u128,
    position: u64,
    rows: BTreeMap<Serial, (u64, FeedEntry)>,
    order: BTreeMap<u64, Serial>,
}

impl Books {
    /// The feed begins with what devices begin with.
    pub(super) fn open(world: &World) -> anyhow::Result<Self> {
        let mut books = Self {
            now: world.event().starts_at,
            fault: file::Fault::None,
            upload: Upload::Good,
            asked: 0,
            server: Server::new(world)?,
            enrolled: Vec::new(),
            generation: 1,
            position: 0,
            rows: BTreeMap::new(),
            order: BTreeMap::new(),
        };
        for (serial, ticket) in &world.listed {
            books.tell(FeedEntry {
                serial: *serial,
                ticket: Some(ticket.clone()),
                passages: Vec::new(),
            });
        }
        Ok(books)
    }

    /// Writes what has changed into the feed.
    pub(in crate::scenarios::gate) fn publish(&mut self) {
        let mut told = self.server.told();
        let serials = told.list.keys().chain(told.passages.keys());
        let serials: BTreeSet<Serial> = serials.copied().collect();
        for serial in serials {
            let entry = FeedEntry {
                serial,
                ticket: told.list.get(&serial).cloned(),
                passages: told.passages.remove(&serial).unwrap_or_default(),
            };
            let known = self.rows.get(&serial).map(|(_, known)| known);
            let nothing = entry.ticket.is_none() && entry.passages.is_empty();
            if known != Some(&entry) && !(known.is_none() && nothing) {
                self.tell(entry);
            }
        }
    }

    /// The number of tickets on the list.
    pub(in crate::scenarios::gate) fn listed(&self) -> u64 {
        let listed = self.rows.values().filter(|row| row.1.ticket.is_some());
        listed.count() as u64
    }

    pub(in crate::scenarios::gate) fn change(
        &mut self,
        world: &World,
        at: Timestamp,
        change: &file::Change,
    ) -> anyhow::Result<()> {
        self.server.change(world, at, change)?;
        self.publish();
        Ok(())
    }

    pub(in crate::scenarios::gate) fn revoke(&mut self, device: DeviceId) {
        self.server.revoke(device);
        for known in &mut self.enrolled {
            known.revoked |= known.id == device;
        }
    }

    pub(in crate::scenarios::gate) fn report(&self) -> anyhow::Result<Report> {
        self.server.report()
    }

    /// A backup was restored: positions mean something else from here on.
    pub(in crate::scenarios::gate) fn begin_new_history(&mut self) {
        self.generation += 1;
        self.position = 0;
        self.order.clear();
        let rows = std::mem::take(&mut self.rows);
        for (_, entry) in rows.into_values() {
            self.tell(entry);
        }
    }

    /// The first rows of the feed come again at its end.
    pub(super) fn stir(&mut self) {
        let first: Vec<Serial> = self.order.values().take(20).copied().collect();
        for serial in first {
            if let Some((_, entry)) = self.rows.get(&serial).cloned() {
                self.tell(entry);
            }
        }
    }

    fn tell(&mut self, entry: FeedEntry) {
        self.position += 1;
        self.order.insert(self.position, entry.serial);
        let before = self.rows.insert(entry.serial, (self.position, entry));
        if let Some((position, _)) = before {
            self.order.remove(&position);
        }
    }

    pub(super) fn enrol(&mut self, name: String, key: PublicKey) -> DeviceId {
        let earlier = self.enrolled.iter().filter(|known| known.name == name);
        let id = device_id(&name, earlier.count());
        self.enrolled.push(Enrolled {
            id,
            name,
            key,
            revoked: false,
            held: BTreeMap::new(),
        });
        id
    }

    /// The device with this credential, and whether it was revoked.
    pub(super) fn who(&self, credential: &str) -> Option<(DeviceId, bool)> {
        let known = self.enrolled.iter();
        let mut known = known.filter(|known| known.id.to_string() == credential);
        known.next().map(|known| (known.id, known.revoked))
    }

    pub(super) fn manifest(&self) -> &Manifest {
        self.server.manifest()
    }

    pub(super) fn signed_manifest(&self) -> anyhow::Result<SignedManifest> {
        let manifest = serde_json::to_string(self.manifest())?;
        let signature = sign(&secret_key("root"), Domain::Manifest, manifest.as_bytes());
        Ok(SignedManifest {
            manifest,
            signature,
        })
    }

    /// The notice that ends a revoked device's enrolment.
    pub(super) fn notice(&self, device: DeviceId) -> Option<SignedRevocation> {
        let known = self.enrolled.iter().find(|known| known.id == device)?;
        let notice = Revocation {
            device,
            org: self.manifest().org,
            at: self.now,
        };
        let bytes = notice.to_bytes();
        let signature = sign(&secret_key("root"), Domain::Revocation, &bytes);
        known
            .revoked
            .then(|| SignedRevocation::new(&bytes, signature))
    }

    pub(super) fn page(&self, event: EventId, cursor: Option<Cursor>) -> FeedPage {
        let generation = FeedGeneration(Uuid::from_u128(self.generation));
        let known = cursor.filter(|it| it.generation == generation && it.position <= self.position);
        let after = known.map_or(0, |cursor| cursor.position);
        let mut rows = self.order.range(after + 1..);
        let mut page = FeedPage {
            event,
            generation,
            entries: Vec::new(),
            next: after,
            more: false,
            reset: cursor.is_some() && known.is_none(),
        };
        if event != EVENT {
            return page;
        }
        for (position, serial) in rows.by_ref().take(PAGE) {
            page.entries
                .extend(self.rows.get(serial).map(|row| row.1.clone()));
            page.next = *position;
        }
        page.more = rows.next().is_some();
        page
    }

    /// Takes a batch in, or its first half.
    pub(super) fn receive(&mut self, batch: &ScanBatch) -> anyhow::Result<Received> {
        let device = batch.device;
        let known = self.enrolled.iter_mut().find(|known| known.id == device);
        let known = known.ok_or_else(|| anyhow::anyhow!("no such device"))?;
        let last = (batch.first_seq..).zip(&batch.records).last();
        let (last_seq, last) = last.ok_or_else(|| anyhow::anyhow!("an empty batch"))?;
        let head = ScanBatch::head(device, batch.first_seq, last_seq, Record::hash(last));
        ensure!(
            verify(&known.key, Domain::Batch, &head, &batch.signature),
            "a batch that its device did not sign"
        );
        let mut records: Vec<(u64, Vec<u8>)> =
            (batch.first_seq..).zip(batch.records.clone()).collect();
        if self.upload == Upload::Half {
            records.truncate(records.len() / 2);
        }
        let outcomes = records.iter().map(|(seq, bytes)| known.keep(*seq, bytes));
        let outcomes = outcomes.collect();
        let receipt = self.server.receive(device, &records, self.now);
        self.publish();
        Ok(Received { outcomes, receipt })
    }

    pub(super) fn confirm(&self, device: DeviceId, seq: u64) -> anyhow::Result<Answer> {
        self.server.confirm(device, seq, self.now)
    }

    pub(super) fn answer(
        &self,
        device: DeviceId,
        received: Received,
        cursors: &[Cursor],
    ) -> UploadAnswer {
        let known = self.enrolled.iter().find(|known| known.id == device);
        let revoked = known.is_none_or(|known| known.revoked);
        let held = |seq: &u64| known.is_some_and(|known| known.held.contains_key(seq));
        let told = if revoked { &[] } else { cursors };
        UploadAnswer {
            outcomes: received.outcomes,
            receipt: received.receipt,
            unbroken: (1..).take_while(held).last().unwrap_or(0),
            feeds: told
                .iter()
                .map(|cursor| self.page(cursor.event, Some(*cursor)))
                .collect(),
            manifest_version: if revoked { 0 } else { self.manifest().version },
            server_time: self.now,
        }
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Received {
    outcomes: Vec<RecordOutcome>,
    receipt: Option<SignedReceipt>,
}

impl Enrolled {
    fn keep(&mut self, seq: u64, bytes: &[u8]) -> RecordOutcome {
        let hash = Record::hash(bytes);
        let held = self.held.entry(seq).or_default();
        let (other, new) = (!held.is_empty(), held.insert(hash));
        let outcome = match LoggedRecord::read(self.id, seq, bytes).standing {
            _ if !new => Outcome::Known,
            Standing::Quarantined(reason) => Outcome::Quarantined(reason),
            Standing::Counted if self.revoked => Outcome::Quarantined(QuarantineReason::Revoked),
            Standing::Counted if other => Outcome::Fork,
            Standing::Counted => Outcome::Stored,
        };
        RecordOutcome { seq, hash, outcome }
    }
}
