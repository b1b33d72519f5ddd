//! Confirming an admission: the server takes in the record and decides over all
//! devices' records, with the code and rules that the gate used.
//!
//! Always true: the record is stored conditional on the ticket as it was decided
//! on. Of two gates that ask about one ticket at once, one is stored first and
//! the other is decided again, over the first one's passage.
//!
//! A record that the server refused is *pending*: it counts for nobody, because
//! the guest most likely stands outside. The device's next word settles it. A
//! withdrawal takes it back for good. A next scan without one, or the same record
//! in a plain upload, says that the device had shown green at its deadline: then
//! it counts, and is a conflict if another admission counts too. A question that
//! comes after its record's upload is answered and changes nothing. A repeated
//! request gets the answer that was stored.

use super::CheckIn;
use super::batch::{Batch, Claim};
use super::device::Device;
use super::error::CheckInError;
use super::figures::{Deltas, Figure, Figures};
use super::ingest::Asked;
use super::log::{StoredRecord, scan_of};
use super::ports::LogWrite;
use super::tally::{self, EventBook};
use super::ticket::{TicketKey, TicketState};
use super::upload::{Reading, Stored, check_cursors, judge};
use crate::shared::StoreError;
use gateline_admission::{Context, EventRules, Occupancy, Presented, decide};
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Passage, Refusal};
use gateline_common::ids::{EventId, Serial, ZoneId};
use gateline_common::sync::{
    CLOCK_UNCERTAINTY_UNKNOWN, ConfirmAnswer, ConfirmRequest, Manifest, Record, Scan, Subject,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use ticket_crypto::TicketCode;

/// How often a decision starts again because another gate was first.
const MOST_TRIES: usize = 64;

impl CheckIn {
    /// Takes in the batch and decides its last record.
    ///
    /// # Errors
    /// `Invalid` when the last record is not an admission by the device of one of
    /// its organization's events (a refusal never waits for the server);
    /// `DeviceRevoked`; what [`CheckIn::upload`] says.
    pub async fn confirm(
        &self,
        device: &Device,
        request: ConfirmRequest,
    ) -> Result<ConfirmAnswer, CheckInError> {
        if device.revoked_at.is_some() {
            return Err(CheckInError::DeviceRevoked);
        }
        let cursors: Vec<_> = request.cursor.into_iter().collect();
        check_cursors(&cursors)?;
        let batch = Batch::read(device.device, &device.key, request.batch)?;
        check_question(&batch)?;
        let (answer, stored) = self.decide_and_store(device, batch).await?;
        Ok(ConfirmAnswer {
            answer,
            upload: self.answer(device, &cursors, stored).await?,
        })
    }

    async fn decide_and_store(
        &self,
        device: &Device,
        batch: Batch,
    ) -> Result<(Answer, Stored), CheckInError> {
        for _ in 0..MOST_TRIES {
            let reading = Arc::new(self.read(device, batch.clone()).await?);
            let known = answered_before(&reading);
            let (answer, guard) = match &known {
                Some(answer) => (answer.clone(), None),
                None => self.decide_last(&reading).await?,
            };
            let asked = match known {
                Some(_) => Asked::Open,
                None => Asked::Answered(answer.clone()),
            };
            let (reading, ingested) = judge(reading, asked).await?;
            match self.store_ingested(&reading, ingested, guard).await {
                Ok(stored) => return Ok((answer, stored)),
                Err(CheckInError::Store(StoreError::Conflict)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(CheckInError::Busy)
    }

    async fn decide_last(
        &self,
        reading: &Reading,
    ) -> Result<(Answer, Option<(EventId, u64)>), CheckInError> {
        let question = Question::of(reading)?;
        let event = question.scan.event;
        let manifest = self.titles(reading, &question).await?;
        if !has_capacity(&question.book.rules) {
            return Ok((
                question.decide(reading, &manifest, &Figures::default()),
                None,
            ));
        }
        let (figures, changes) = self.store.figures(event).await?;
        let answer = question.decide(reading, &manifest, &figures);
        Ok((answer, Some((event, changes))))
    }

    /// The titles of other events, if the code names one.
    async fn titles(
        &self,
        reading: &Reading,
        question: &Question<'_>,
    ) -> Result<Manifest, CheckInError> {
        let code = question.code.as_ref();
        if code.is_none_or(|code| code.claims().event == question.scan.event) {
            return Ok(super::manifest::build(&reading.org, &[], &[]));
        }
        let source = self.store.manifest_source(reading.device.org).await?;
        let (org, events, devices) = source.ok_or(CheckInError::NotFound("organization"))?;
        Ok(super::manifest::build(&org, &events, &devices))
    }
}

fn has_capacity(rules: &EventRules) -> bool {
    let mut zones = rules.manifest().zones.iter();
    rules.policy().capacity.is_some() || zones.any(|zone| zone.capacity.is_some())
}

/// A question must be a signed admission.
fn check_question(batch: &Batch) -> Result<(), CheckInError> {
    let invalid = |message: &str| Err(CheckInError::invalid("batch", message));
    if !batch.signed {
        return invalid("the batch is not signed with the device's key");
    }
    let record = batch.records.last().and_then(|claim| claim.record.as_ref());
    match record.and_then(scan_of) {
        None => invalid("the last record is not a scan"),
        Some(scan) if !scan.answer.is_admitted() => {
            invalid("a refusal is not confirmed: it never waits")
        }
        Some(_) => Ok(()),
    }
}

/// The answer that was stored for the same question.
fn answered_before(reading: &Reading) -> Option<Answer> {
    let asked = reading.batch.records.last()?;
    let held = reading.view.held.iter();
    let mut same = held.filter(|held| held.seq == asked.seq && held.hash == asked.hash);
    same.find_map(|held| held.confirmed.clone())
}

/// The last record of a batch, and what is needed to decide it.
struct Question<'a> {
    claim: &'a Claim,
    record: &'a Record,
    scan: &'a Scan,
    code: Option<TicketCode>,
    book: &'a EventBook,
}

impl<'a> Question<'a> {
    fn of(reading: &'a Reading) -> Result<Self, CheckInError> {
        let invalid = |message: &str| CheckInError::invalid("batch", message);
        let claim = reading.batch.records.last();
        let asked = claim.and_then(|claim| {
            let record = claim.record.as_ref()?;
            Some((claim, record, scan_of(record)?))
        });
        let (claim, record, scan) = asked.ok_or_else(|| invalid("nothing to decide"))?;
        let claimed = record.device == reading.device.device && record.seq == claim.seq;
        if !claimed {
            return Err(invalid("the record is not of this device and sequence"));
        }
        let book = reading.books.get(&scan.event);
        let code = match &scan.subject {
            Subject::Code(bytes) => TicketCode::parse(bytes).ok(),
            Subject::Listed(_) | Subject::Foreign { .. } => None,
        };
        Ok(Self {
            claim,
            record,
            scan,
            code,
            book: book.ok_or_else(|| invalid("its event is not one of the organization"))?,
        })
    }

    fn decide(&self, reading: &Reading, manifest: &Manifest, figures: &Figures) -> Answer {
        let own = (reading.device.device, self.claim.seq);
        let taken_in = reading.ingest(&reading.batch, &Asked::Open).write;
        let (ticket, records) = self.ticket(reading, &taken_in);
        let all = tally::passages(&records);
        let is_own = |passage: &&Passage| (passage.device, passage.seq) == own;
        let history: Vec<Passage> = all.iter().filter(|p| !is_own(p)).cloned().collect();
        let presented = match (&self.scan.subject, &self.code) {
            (Subject::Listed(serial), _) => Presented::Listed(*serial),
            (_, Some(code)) => Presented::Code(code),
            (_, None) => Presented::Foreign,
        };
        let rules = &self.book.rules;
        let people = Counted {
            event: self.scan.event,
            figures,
            deltas: &taken_in.deltas,
            own: gateline_admission::places(rules, &all)
                .difference(&gateline_admission::places(rules, &history))
                .copied()
                .collect(),
        };
        let code = self.code.as_ref();
        let context = Context {
            now: self.now(reading),
            device: reading.device.device,
            gate: self.scan.gate,
            direction: self.scan.direction,
            highest_epoch: tally::highest_epoch(&ticket, &records),
            occupancy: &people,
            proof_used: code.is_some_and(|code| tally::proof_used(code, own, &records)),
            waive: self.waived(),
        };
        let listed = ticket.listed.as_ref();
        decide(rules, manifest, &presented, listed, &history, &context).answer
    }

    /// The ticket, and the records about it as they will be held.
    fn ticket(&self, reading: &Reading, taken_in: &LogWrite) -> (TicketState, Vec<StoredRecord>) {
        let key = self.claim.ticket().unwrap_or(TicketKey {
            event: self.scan.event,
            serial: Serial::MAX,
        });
        let mut loaded = reading.view.tickets.iter();
        let loaded = loaded.find(|(ticket, _)| ticket.key == key);
        let (ticket, mut records) = loaded
            .cloned()
            .unwrap_or_else(|| (TicketState::unknown(key), Vec::new()));
        for amended in &taken_in.amended {
            let same = |record: &&mut StoredRecord| {
                (record.device, record.hash) == (amended.device, amended.hash)
            };
            if let Some(record) = records.iter_mut().find(same) {
                record.pending = amended.pending;
                record.quarantine = amended.quarantine;
            }
        }
        let new = taken_in.records.iter();
        records.extend(new.filter(|record| record.ticket == Some(key)).cloned());
        (ticket, records)
    }

    /// When the guest stood there, if the device's clock was ever compared with
    /// the server's; else now.
    fn now(&self, reading: &Reading) -> Timestamp {
        let clock = self.record.clock;
        match clock.uncertainty_ms {
            CLOCK_UNCERTAINTY_UNKNOWN => reading.now,
            _ => self.record.at.plus_ms(clock.offset_ms).min(reading.now),
        }
    }

    /// The reason that staff waived, if the event lets them.
    fn waived(&self) -> Option<&Refusal> {
        let given = self.scan.overridden.as_ref()?;
        self.book.rules.accept_override(given).ok()?;
        match &given.waived {
            Answer::Refuse(refusal) => Some(refusal),
            Answer::Admit(_) => None,
        }
    }
}

/// The people whom the figures will count, without the one in question.
struct Counted<'a> {
    event: EventId,
    figures: &'a Figures,
    deltas: &'a Deltas,
    own: BTreeSet<Option<ZoneId>>,
}

impl Occupancy for Counted<'_> {
    fn inside(&self, place: Option<ZoneId>) -> u32 {
        let figure = Figure::Inside(place);
        let held = i64::try_from(self.figures.get(figure)).unwrap_or(i64::MAX);
        let people = held + self.deltas.get(self.event, figure);
        let others = people - i64::from(self.own.contains(&place));
        u32::try_from(others.max(0)).unwrap_or(u32::MAX)
    }
}
