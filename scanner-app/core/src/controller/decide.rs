//! One scan on the store's thread: look up, decide, and log, in one
//! transaction. When this returns, the scan is on disk.

use super::{ControllerError, ControllerErrorCode as Code};
use crate::clock::Clock;
use crate::store::progress::{clock_reading, server_time};
use crate::store::{Choice, Known, Store, StoreError, TicketFacts, list, log, people_inside};
use gateline_admission::{
    Context, Decision, EventRules, Identity, OverrideRefused, Presented, decide,
};
use gateline_common::Hash;
use gateline_common::decision::{Answer, Passage, Refusal};
use gateline_common::ids::{DeviceId, Serial};
use gateline_common::sync::{KeyState, Override, RecordBody, Scan, Subject};
use gateline_common::time::Timestamp;
use rusqlite::Connection;
use std::sync::Arc;
use ticket_crypto::{TicketCode, candidates};

/// Characters of an override's reason that are logged.
const MOST_REASON: usize = 500;

/// What was presented at the gate.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// Text, from a camera or a hand scanner: every way to read it as a code of
    /// ours, and its hash and length in case there is none.
    Text {
        codes: Vec<TicketCode>,
        hash: Hash,
        len: u32,
    },
    /// A ticket chosen from a search result.
    Listed(Serial),
}

impl Seen {
    pub(super) fn text(text: &str) -> Self {
        Self::Text {
            codes: candidates(text),
            hash: Hash::of(&[text.as_bytes()]),
            len: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }

    /// What a logged scan was about. `None` for what is not ours.
    pub(super) fn again(subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Code(bytes) => Some(Self::Text {
                codes: vec![TicketCode::parse(bytes).ok()?],
                hash: Hash::ZERO,
                len: 0,
            }),
            Subject::Listed(serial) => Some(Self::Listed(*serial)),
            Subject::Foreign { .. } => None,
        }
    }

    fn presented(&self) -> Presented<'_> {
        match self {
            Self::Text { codes, .. } if codes.is_empty() => Presented::Foreign,
            Self::Text { codes, .. } => Presented::Candidates(codes),
            Self::Listed(serial) => Presented::Listed(*serial),
        }
    }

    fn subject(&self, rules: &EventRules) -> Subject {
        match self {
            Self::Listed(serial) => Subject::Listed(*serial),
            Self::Text { hash, len, .. } => match self.presented().code(rules) {
                Some(code) => Subject::Code(code.bytes().to_vec()),
                None => Subject::Foreign {
                    hash: *hash,
                    len: *len,
                },
            },
        }
    }
}

/// Where and by whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) device: DeviceId,
    pub(super) choice: Choice,
}

/// An override, not yet checked.
#[derive(Debug, Clone)]
pub(super) struct Waiver {
    pub(super) waived: Refusal,
    pub(super) reason: String,
    pub(super) pin: Option<String>,
}

/// A scan that was decided.
pub(super) struct Decided {
    pub(super) at: Timestamp,
    pub(super) decision: Decision,
    pub(super) facts: TicketFacts,
    pub(super) known: Arc<Known>,
}

/// Decides and logs: answers the record's number with the decision.
pub(super) fn decide_and_log(
    store: &mut Store,
    clock: &dyn Clock,
    place: Place,
    seen: &Seen,
    waiver: Option<&Waiver>,
) -> Result<(u64, Decided), ControllerError> {
    let known = known(store)?;
    let rules = rules(&known, place.choice)?;
    let overridden = waiver.map(|waiver| accept(rules, waiver)).transpose()?;
    let feed_position = store
        .feed(place.choice.event)
        .map_err(not_logged)?
        .map_or(0, |feed| feed.cursor.position);
    let write = |db: &rusqlite::Transaction<'_>| {
        let reading = clock_reading(db)?;
        let device_time = clock.now();
        let at = device_time.plus_ms(reading.offset_ms);
        let waive = waiver.map(|waiver| &waiver.waived);
        let (decision, facts) = judge(db, &known, rules, place, seen, at, waive)?;
        let scan = Scan {
            event: place.choice.event,
            gate: place.choice.gate,
            direction: place.choice.direction,
            subject: seen.subject(rules),
            answer: decision.answer.clone(),
            rules_version: rules.manifest().rules_version,
            feed_position,
            overridden: overridden.clone(),
        };
        let logged = log::append(db, device_time, reading, RecordBody::Scan(scan))?;
        let passed = after_all_before(at, &facts);
        remember(db, rules, place, seen, &decision, passed, logged.seq)?;
        Ok::<_, StoreError>((logged.seq, at, decision, facts))
    };
    let (seq, at, decision, facts) = store.write(write).map_err(not_logged)?;
    let decided = Decided {
        at,
        decision,
        facts,
        known,
    };
    Ok((seq, decided))
}

/// Decides and changes nothing.
pub(super) fn decide_only(
    store: &mut Store,
    clock: &dyn Clock,
    place: Place,
    seen: &Seen,
) -> Result<Decided, ControllerError> {
    let known = known(store)?;
    let rules = rules(&known, place.choice)?;
    let look = |db: &Connection| {
        let at = server_time(db, clock.now())?;
        let (decision, facts) = judge(db, &known, rules, place, seen, at, None)?;
        Ok::<_, StoreError>((at, decision, facts))
    };
    let (at, decision, facts) = store.read(look)?;
    Ok(Decided {
        at,
        decision,
        facts,
        known,
    })
}

pub(super) fn known(store: &mut Store) -> Result<Arc<Known>, ControllerError> {
    store
        .known()?
        .ok_or_else(|| ControllerError::new(Code::NotEnrolled, "there is no manifest yet: sync"))
}

/// The rules of the chosen event.
pub(super) fn rules(known: &Known, choice: Choice) -> Result<&EventRules, ControllerError> {
    known
        .rules(choice.event)
        .ok_or_else(|| match known.unusable(choice.event) {
            Some(why) => ControllerError::new(
                Code::BadManifest,
                format!("the rules of this event cannot be used: {why}"),
            ),
            None => ControllerError::new(
                Code::UnknownPlace,
                "the chosen event is not open for check-in any more",
            ),
        })
}

fn accept(rules: &EventRules, waiver: &Waiver) -> Result<Override, ControllerError> {
    let pin = waiver.pin.as_deref();
    let supervised = pin.is_some_and(|pin| rules.is_supervisor_pin(pin));
    if pin.is_some_and(|pin| !pin.is_empty()) && !supervised {
        return Err(ControllerError::new(
            Code::WrongPin,
            "this is not the supervisor's PIN",
        ));
    }
    let given = Override {
        waived: Answer::Refuse(waiver.waived.clone()),
        reason: waiver.reason.trim().chars().take(MOST_REASON).collect(),
        supervised,
    };
    rules.accept_override(&given).map_err(|refused| {
        let code = match refused {
            OverrideRefused::Forbidden | OverrideRefused::NotWaivable => Code::OverrideForbidden,
            OverrideRefused::NoReason => Code::ReasonMissing,
            OverrideRefused::NoPin => Code::WrongPin,
        };
        ControllerError::new(code, refused.to_string())
    })?;
    Ok(given)
}

fn judge(
    db: &Connection,
    known: &Known,
    rules: &EventRules,
    place: Place,
    seen: &Seen,
    now: Timestamp,
    waive: Option<&Refusal>,
) -> Result<(Decision, TicketFacts), StoreError> {
    let presented = seen.presented();
    let facts = match presented.serial(rules) {
        Some(serial) => TicketFacts::of(db, rules.event(), serial)?,
        None => TicketFacts::default(),
    };
    let proof_used = match presented.code(rules).and_then(proof_hash) {
        Some(hash) => list::proof_used(db, &hash)?,
        None => false,
    };
    let inside = people_inside(db, rules.event())?;
    let context = Context {
        now,
        device: place.device,
        gate: place.choice.gate,
        direction: place.choice.direction,
        highest_epoch: facts.highest_epoch,
        occupancy: &inside,
        proof_used,
        waive,
    };
    let decision = decide(
        rules,
        &known.manifest,
        &presented,
        facts.listed.as_ref(),
        &facts.history,
        &context,
    );
    Ok((decision, facts))
}

/// Whoever passes now does so after all that is known of the ticket, also when the
/// clock was set back since.
fn after_all_before(now: Timestamp, facts: &TicketFacts) -> Timestamp {
    match facts.history.last() {
        Some(last) if last.at >= now => last.at.plus_ms(1),
        _ => now,
    }
}

/// What the next decision must know of this one.
fn remember(
    db: &Connection,
    rules: &EventRules,
    place: Place,
    seen: &Seen,
    decision: &Decision,
    at: Timestamp,
    seq: u64,
) -> Result<(), StoreError> {
    let Some(ticket) = &decision.ticket else {
        return Ok(());
    };
    if let Identity::Verified(code) = ticket.identity
        && code.key() != KeyState::Compromised
    {
        list::note_epoch(db, rules.event(), ticket.serial, code.claims().epoch)?;
    }
    if !decision.answer.is_admitted() {
        return Ok(());
    }
    if let Some(hash) = seen.presented().code(rules).and_then(proof_hash) {
        list::note_proof(db, &hash)?;
    }
    let passage = Passage {
        at,
        device: place.device,
        seq,
        gate: place.choice.gate,
        direction: place.choice.direction,
    };
    list::add_passage(db, rules.event(), Some(rules), ticket.serial, &passage)
}

/// A rotating code is good for one passage.
fn proof_hash(code: &TicketCode) -> Option<Hash> {
    code.proof().map(|_| Hash::of(&[code.bytes()]))
}

pub(super) fn not_logged(error: StoreError) -> ControllerError {
    ControllerError::new(
        Code::NotLogged,
        format!("the scan could not be written, let nobody in on it: {error}"),
    )
}
