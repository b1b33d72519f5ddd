//! Gates as the server knows them: enrolled devices with a log that is chained
//! and signed as real ones are, made beforehand, so that uploading costs nothing
//! but sending.

use super::closed_loop::Client;
use super::connection::{Connection, request};
use crate::gate::material::{code_of, event_key};
use crate::gate::server::Server;
use anyhow::{Context as _, Result, ensure};
use gateline_common::Hash;
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::ids::{DeviceId, EventId, GateId, TicketTypeId};
use gateline_common::sync::{
    self, CONTENT_TYPE, ClockReading, Cursor, EnrolAnswer, EnrolRequest, Manifest, Outcome, Record,
    RecordBody, Scan, ScanBatch, Subject, UploadAnswer, UploadRequest,
};
use gateline_scanner::clock::{Clock, SystemClock};
use std::collections::VecDeque;
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{Domain, sign};

/// What a gate sends at once when much waits.
pub(super) const BATCH: usize = 400;
/// Every so many scans somebody shows a ticket that was let in elsewhere, and is
/// refused.
const AGAIN_EVERY: u64 = 50;
/// Every so many the gate did not know, and lets it in.
const TWICE_EVERY: u64 = 10_000;
/// So many scans lie between the two.
const LATER_BY: u64 = 20_003;

/// What is scanned, by whichever gate.
pub(super) struct Place {
    pub(super) event: EventId,
    pub(super) ticket_type: TicketTypeId,
    pub(super) rules_version: u64,
    pub(super) key: SigningKey,
    clock: SystemClock,
}

impl Place {
    pub(super) fn of(event: EventId, ticket_type: TicketTypeId, rules_version: u64) -> Self {
        Self {
            event,
            ticket_type,
            rules_version,
            key: event_key(),
            clock: SystemClock::default(),
        }
    }

    /// The scan number `n` of the event: nearly always another guest.
    fn scan(&self, n: u64) -> RecordBody {
        let again = n % AGAIN_EVERY == AGAIN_EVERY - 1 && n >= LATER_BY;
        let ticket = if again { n - LATER_BY } else { n };
        let answer = if again && n % TWICE_EVERY != TWICE_EVERY - 1 {
            Answer::Refuse(Refusal::AlreadyAdmitted {
                at: self.clock.now(),
                device: DeviceId(uuid::Uuid::nil()),
                gate: None,
            })
        } else {
            Answer::Admit(Admission::Entry)
        };
        let code = code_of(&self.key, self.event, self.ticket_type, ticket);
        RecordBody::Scan(Scan {
            event: self.event,
            gate: Some(GateId(1)),
            direction: Direction::Entry,
            subject: Subject::Code(code.bytes().to_vec()),
            answer,
            rules_version: self.rules_version,
            feed_position: 0,
            overridden: None,
        })
    }
}

/// A device's log.
pub(super) struct Log {
    device: DeviceId,
    key: SigningKey,
    seq: u64,
    last: Hash,
    waiting: Vec<Vec<u8>>,
}

impl Log {
    /// The empty log of `device`.
    pub(super) const fn new(device: DeviceId, key: SigningKey) -> Self {
        Self {
            device,
            key,
            seq: 0,
            last: Hash::ZERO,
            waiting: Vec::new(),
        }
    }

    /// Appends the scan number `n` of the event.
    pub(super) fn scan(&mut self, place: &Place, n: u64) -> Result<()> {
        let body = place.scan(n);
        self.append(&place.clock, body)
    }

    fn append(&mut self, clock: &SystemClock, body: RecordBody) -> Result<()> {
        self.seq += 1;
        let record = Record {
            device: self.device,
            seq: self.seq,
            previous: self.last,
            at: clock.now(),
            clock: ClockReading {
                offset_ms: 0,
                uncertainty_ms: 1,
            },
            body,
        };
        let bytes = record.to_bytes()?;
        self.last = Record::hash(&bytes);
        self.waiting.push(bytes);
        Ok(())
    }

    /// Records that were not taken yet.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// All that waits, as one signed batch.
    pub(super) fn take(&mut self) -> ScanBatch {
        let records = std::mem::take(&mut self.waiting);
        let first = self.seq + 1 - records.len() as u64;
        let head = ScanBatch::head(self.device, first, self.seq, self.last);
        ScanBatch {
            device: self.device,
            first_seq: first,
            records,
            signature: sign(&self.key, Domain::Batch, &head),
        }
    }
}

/// An enrolled gate with what it has to send.
pub(super) struct Gate {
    connection: Connection,
    credential: String,
    log: Log,
    clock: SystemClock,
    ready: VecDeque<(Vec<u8>, u64)>,
}

impl Gate {
    /// Enrols gate number `n`. Answers the version of the event's rules too.
    pub(super) async fn enrol(server: &Server, n: u32) -> Result<(Self, u64)> {
        let code = server.enrolment_code().await?;
        let mut seed = [7; 32];
        seed[..4].copy_from_slice(&n.to_be_bytes());
        let key = SigningKey::from_seed(seed);
        let asked = EnrolRequest {
            device_key: key.public_key(),
            proof: sign(&key, Domain::Enrol, code.secret.as_bytes()),
            secret: code.secret,
            name: format!("Gate {n}"),
        };
        let nobody = server.organizer().anonymous();
        let asked = serde_json::to_value(asked)?;
        let answer = nobody.post("/api/checkin/enrol", &asked).await?;
        let answer: EnrolAnswer = serde_json::from_value(answer)?;
        let manifest: Manifest = serde_json::from_str(&answer.manifest.manifest)?;
        let mut events = manifest.events.iter();
        let event = events.find(|event| event.event == server.event);
        let gate = Self {
            connection: Connection::to(server.address()?).await?,
            credential: answer.credential,
            log: Log::new(answer.device, key),
            clock: SystemClock::default(),
            ready: VecDeque::new(),
        };
        Ok((gate, event.context("the event")?.rules_version))
    }

    /// Records that are not ready to be sent yet.
    pub(super) const fn waiting(&self) -> u64 {
        self.log.waiting() as u64
    }

    /// Connects anew: a connection that nothing comes over is closed.
    pub(super) async fn connect(&mut self, server: &Server) -> Result<()> {
        self.connection = Connection::to(server.address()?).await?;
        Ok(())
    }

    /// Scans, and gets the batch ready once it holds `most` records.
    pub(super) fn scan(&mut self, place: &Place, n: u64, most: usize) -> Result<()> {
        self.log.scan(place, n)?;
        if self.log.waiting() >= most {
            self.seal(&[])?;
        }
        Ok(())
    }

    /// Gets what waits ready to be sent.
    pub(super) fn seal(&mut self, cursors: &[Cursor]) -> Result<()> {
        let records = self.log.waiting() as u64;
        if records == 0 {
            return Ok(());
        }
        let message = sync::encode(&UploadRequest {
            batch: Some(self.log.take()),
            cursors: cursors.to_vec(),
            manifest_version: 1,
        })?;
        let kind = format!("content-type: {CONTENT_TYPE}");
        let path = "/api/checkin/device/scans";
        let asked = request("POST", path, Some(&self.credential), &[kind], &message);
        self.ready.push_back((asked, records));
        Ok(())
    }

    /// Sends the next batch. Its receipt goes onto the log, as at a real gate.
    /// Answers how many records it had, and what the server said.
    pub(super) async fn upload(&mut self) -> Result<Option<(u64, UploadAnswer)>> {
        let Some((asked, records)) = self.ready.pop_front() else {
            return Ok(None);
        };
        let answer: UploadAnswer = sync::decode(self.connection.succeed(&asked).await?)?;
        let mut outcomes = answer.outcomes.iter();
        ensure!(
            outcomes.all(|told| told.outcome == Outcome::Stored) && answer.unbroken > 0,
            "not stored as it came"
        );
        let receipt = answer.receipt.context("a receipt")?;
        self.log.append(&self.clock, RecordBody::Receipt(receipt))?;
        Ok(Some((records, answer)))
    }
}

impl Client for Gate {
    async fn once(&mut self, _: u64) -> Result<Option<u64>> {
        Ok(self.upload().await?.map(|(records, _)| records))
    }
}
