//! What the server remembers, and how it takes in records and tells the feed.

use super::super::World;
use super::Mode;
use gateline_common::PublicKey;
use gateline_common::decision::Passage;
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, Serial};
use gateline_common::sync::{
    self, Cursor, FeedEntry, FeedPage, Outcome, Receipt, Record, RecordBody, RecordOutcome,
    Revocation, ScanBatch, SignedReceipt, Subject, UploadAnswer,
};
use gateline_common::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use ticket_crypto::detached::{Domain, sign, verify};
use ticket_crypto::{SigningKey, TicketCode};
use uuid::Uuid;

pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) key: PublicKey,
    pub(crate) records: BTreeMap<u64, Vec<u8>>,
    pub(crate) forks: Vec<Vec<u8>>,
    /// What it uploaded, not what it asked about.
    pub(crate) uploaded: BTreeSet<u64>,
    pub(crate) revoked: bool,
}

pub(crate) struct Memory {
    pub(crate) world: World,
    pub(crate) mode: Mode,
    pub(crate) devices: Vec<Device>,
    pub(crate) now: Timestamp,
    pub(crate) generation: FeedGeneration,
    pub(super) position: u64,
    pub(super) list: BTreeMap<Serial, (u64, FeedEntry)>,
    pub(crate) page_size: usize,
    pub(crate) entries_sent: usize,
    pub(crate) refuse_record: Option<u64>,
    pub(crate) quarantine: bool,
    pub(crate) manifest_override: Option<sync::SignedManifest>,
    /// Told in place of the notice, to revoked devices and others.
    pub(crate) notice_override: Option<sync::SignedRevocation>,
    /// The name that was given with the enrolment code.
    pub(crate) device_name: Option<String>,
    /// Receipts are signed with another key.
    pub(crate) forge_receipts: bool,
    /// Revoked devices may not even send.
    pub(crate) refuse_revoked: bool,
}

impl Memory {
    pub(crate) fn change(&mut self, serial: Serial, change: impl FnOnce(&mut FeedEntry)) {
        self.position += 1;
        let fresh = FeedEntry {
            serial,
            ticket: None,
            passages: vec![],
        };
        let row = self.list.entry(serial).or_insert((0, fresh));
        row.0 = self.position;
        change(&mut row.1);
    }

    /// A backup was restored: positions mean something else now.
    pub(crate) fn begin_new_history(&mut self) {
        self.generation = FeedGeneration(Uuid::from_u128(self.generation.0.as_u128() + 1));
        let serials: Vec<Serial> = self.list.keys().copied().collect();
        self.position = 0;
        for serial in serials {
            self.change(serial, |_| {});
        }
    }

    pub(crate) fn unlist(&mut self, serial: u64) {
        self.list.remove(&Serial::truncate(serial));
    }

    pub(super) fn page(&mut self, event: EventId, cursor: Option<Cursor>) -> FeedPage {
        let known =
            cursor.filter(|it| it.generation == self.generation && it.position <= self.position);
        let after = known.map_or(0, |cursor| cursor.position);
        let mut rows: Vec<_> = match event == super::super::EVENT {
            true => self
                .list
                .values()
                .filter(|row| row.0 > after)
                .cloned()
                .collect(),
            false => vec![],
        };
        rows.sort_by_key(|row| row.0);
        let more = rows.len() > self.page_size;
        rows.truncate(self.page_size);
        self.entries_sent += rows.len();
        FeedPage {
            event,
            generation: self.generation,
            next: rows.last().map_or(after, |row| row.0),
            entries: rows.into_iter().map(|row| row.1).collect(),
            more,
            reset: cursor.is_some() && known.is_none(),
        }
    }

    pub(super) fn take(
        &mut self,
        batch: Option<&ScanBatch>,
    ) -> (Vec<RecordOutcome>, Option<SignedReceipt>) {
        let Some(batch) = batch else {
            return (vec![], None);
        };
        let mut outcomes = Vec::new();
        for (seq, bytes) in (batch.first_seq..).zip(&batch.records) {
            let hash = Record::hash(bytes);
            let outcome = self.take_one(batch.device, seq, bytes);
            outcomes.push(RecordOutcome { seq, hash, outcome });
        }
        let last = outcomes.last().unwrap();
        let head = ScanBatch::head(batch.device, batch.first_seq, last.seq, last.hash);
        let device = self
            .devices
            .iter()
            .find(|it| it.id == batch.device)
            .unwrap();
        assert!(
            verify(&device.key, Domain::Batch, &head, &batch.signature),
            "the batch is signed by its device"
        );
        let receipt = Receipt {
            device: batch.device,
            seq: last.seq,
            hash: last.hash,
            at: self.now,
        };
        let key = match self.forge_receipts {
            true => SigningKey::from_seed([99; 32]),
            false => self.world.root.clone(),
        };
        let signature = sign(&key, Domain::Receipt, &receipt.to_signed_bytes());
        (outcomes, Some(SignedReceipt { receipt, signature }))
    }

    fn take_one(&mut self, device: DeviceId, seq: u64, bytes: &[u8]) -> Outcome {
        let quarantine = self.quarantine;
        let device = self.devices.iter_mut().find(|it| it.id == device).unwrap();
        match device.records.get(&seq) {
            Some(held) if held == bytes => return Outcome::Known,
            Some(_) => {
                device.forks.push(bytes.to_vec());
                return Outcome::Fork;
            }
            None => drop(device.records.insert(seq, bytes.to_vec())),
        }
        let record = Record::from_bytes(bytes).unwrap();
        assert_eq!(record.seq, seq);
        if let Some(before) = device.records.get(&(seq - 1)) {
            assert_eq!(record.previous, Record::hash(before), "the chain holds");
        }
        if quarantine {
            return Outcome::Quarantined(sync::QuarantineReason::ForeignEvent);
        }
        if device.revoked {
            return Outcome::Quarantined(sync::QuarantineReason::Revoked);
        }
        self.learn(&record);
        Outcome::Stored
    }

    pub(crate) fn notice(&self, device: DeviceId) -> sync::SignedRevocation {
        let notice = Revocation {
            device,
            org: self.world.manifest.org,
            at: self.now,
        };
        signed(&notice, &self.world.root)
    }

    fn learn(&mut self, record: &Record) {
        let (serial, add) = match &record.body {
            RecordBody::Scan(scan) if scan.answer.is_admitted() => {
                (serial_of(&scan.subject), Some((scan.gate, scan.direction)))
            }
            RecordBody::Withdrawal { seq, .. } | RecordBody::Undo { seq } => {
                let device = self
                    .devices
                    .iter()
                    .find(|it| it.id == record.device)
                    .unwrap();
                let of = Record::from_bytes(&device.records[seq]).unwrap();
                let RecordBody::Scan(scan) = of.body else {
                    panic!("of a scan")
                };
                (serial_of(&scan.subject), None)
            }
            _ => return,
        };
        let (device, seq, at) = (record.device, record.seq, record.at);
        self.change(serial, |entry| match add {
            Some((gate, direction)) => entry.passages.push(Passage {
                at,
                device,
                seq,
                gate,
                direction,
            }),
            None => entry.passages.retain(|passage| passage.device != device),
        });
    }

    pub(super) fn upload_answer(
        &mut self,
        device: DeviceId,
        taken: (Vec<RecordOutcome>, Option<SignedReceipt>),
        cursors: &[Cursor],
    ) -> UploadAnswer {
        let known = self.devices.iter().find(|it| it.id == device).unwrap();
        let (records, revoked) = (&known.records, known.revoked);
        let cursors = if revoked { &[] } else { cursors };
        let unbroken = (1..).take_while(|seq| records.contains_key(seq)).last();
        UploadAnswer {
            outcomes: taken.0,
            receipt: taken.1,
            unbroken: unbroken.unwrap_or(0),
            feeds: cursors
                .iter()
                .map(|cursor| self.page(cursor.event, Some(*cursor)))
                .collect(),
            manifest_version: if revoked {
                0
            } else {
                self.world.manifest.version
            },
            server_time: self.now,
        }
    }
}

pub(crate) fn signed(notice: &Revocation, root: &SigningKey) -> sync::SignedRevocation {
    let bytes = notice.to_bytes();
    sync::SignedRevocation::new(&bytes, sign(root, Domain::Revocation, &bytes))
}

pub(super) fn serial_of(subject: &Subject) -> Serial {
    match subject {
        Subject::Code(bytes) => TicketCode::parse(bytes).unwrap().claims().serial,
        Subject::Listed(serial) => *serial,
        Subject::Foreign { .. } => panic!("not admitted"),
    }
}
