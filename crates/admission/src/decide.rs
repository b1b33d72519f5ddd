//! Deciding one scan.
//!
//! Identity comes first: what was presented must be a genuine code of this event
//! (malformed, bad signature, unknown key, wrong event) or a ticket chosen from
//! the list. Then come the reasons against the ticket, in the order of
//! [`Refusal`]'s variants. The first that applies, and is not the one that staff
//! waived, is the answer.

use crate::judge::{self, Case, Genuine};
use crate::occupancy::Occupancy;
use crate::rules::EventRules;
use crate::{history, steps};
use gateline_common::decision::{Admission, Answer, Direction, Passage, Refusal};
use gateline_common::ids::{DeviceId, Epoch, GateId, Serial, TicketTypeId};
use gateline_common::sync::{KeyState, ListedTicket, Manifest};
use gateline_common::time::Timestamp;
use ticket_crypto::{Freshness, Keyring, TicketClaims, TicketCode, Verification};

pub use crate::steps::NextStep;

/// What the guest presented.
#[derive(Debug, Clone, Copy)]
pub enum Presented<'a> {
    /// A ticket code, not yet verified.
    Code(&'a TicketCode),
    /// Every way to read the scanned text ([`ticket_crypto::candidates`]); none
    /// is the same as [`Presented::Foreign`].
    Candidates(&'a [TicketCode]),
    /// A ticket that staff chose from a search result: no code was verified.
    Listed(Serial),
    /// Something that is not ours.
    Foreign,
}

impl<'a> Presented<'a> {
    /// The serial whose list entry and history [`decide`] needs; `None` if none
    /// of this event was presented.
    #[must_use]
    pub fn serial(&self, rules: &EventRules) -> Option<Serial> {
        match self {
            Self::Listed(serial) => Some(*serial),
            Self::Code(_) | Self::Candidates(_) | Self::Foreign => self
                .code(rules)
                .map(TicketCode::claims)
                .filter(|claims| claims.event == rules.event())
                .map(|claims| claims.serial),
        }
    }

    /// The code that decides: of several candidates the one that verifies.
    #[must_use]
    pub fn code(&self, rules: &EventRules) -> Option<&'a TicketCode> {
        match *self {
            Self::Code(code) => Some(code),
            Self::Candidates([]) | Self::Listed(_) | Self::Foreign => None,
            Self::Candidates([only]) => Some(only),
            Self::Candidates(several) => several
                .iter()
                .find(|code| matches!(rules.keyring().verify(code), Verification::Good { .. }))
                .or(several.first()),
        }
    }
}

/// The circumstances of a scan.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time, corrected as well as the device can.
    pub now: Timestamp,
    /// The device that scans.
    pub device: DeviceId,
    /// The gate that it is set to.
    pub gate: Option<GateId>,
    /// Which way the guest goes.
    pub direction: Direction,
    /// The highest owner epoch that was seen for the serial in a genuine code.
    pub highest_epoch: Option<Epoch>,
    /// People inside, as far as is known.
    pub occupancy: &'a dyn Occupancy,
    /// Was this very holder proof scanned before?
    pub proof_used: bool,
    /// An override: the one reason that staff waive. Ask
    /// [`EventRules::accept_override`] first whether they may.
    pub waive: Option<&'a Refusal>,
}

/// The answer to a scan, and what staff may do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Green or red.
    pub answer: Answer,
    /// The ticket; `None` if what was presented is no genuine ticket of this
    /// event.
    pub ticket: Option<DecidedTicket>,
    /// What staff may do next, the likeliest first.
    pub next: Vec<NextStep>,
}

/// The ticket that was decided about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedTicket {
    /// Its serial.
    pub serial: Serial,
    /// Its type: the list's, or of an unlisted ticket the code's. `None` only
    /// for a serial that is not on the list and has no code.
    pub ticket_type: Option<TicketTypeId>,
    /// The name of that type.
    pub type_name: Option<String>,
    /// Is it on the list?
    pub listed: bool,
    /// How it was identified.
    pub identity: Identity,
}

/// How a ticket was identified. A guest chosen from the list is not a verified
/// code, and no code in this workspace can make the one from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// By a code whose signatures are good.
    Verified(VerifiedCode),
    /// By staff, from a search result.
    Chosen,
}

/// Proof that a code was verified: only this module makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedCode {
    claims: TicketClaims,
    key: KeyState,
}

impl VerifiedCode {
    /// What the code claims; true, as far as the event's key says so.
    #[must_use]
    pub const fn claims(&self) -> &TicketClaims {
        &self.claims
    }

    /// What the key that signed it is worth.
    #[must_use]
    pub const fn key(&self) -> KeyState {
        self.key
    }
}

/// Decides one scan. `listed` and `history` are those of the serial that
/// [`Presented::serial`] names.
#[must_use]
pub fn decide(
    rules: &EventRules,
    manifest: &Manifest,
    presented: &Presented<'_>,
    listed: Option<&ListedTicket>,
    history: &[Passage],
    context: &Context<'_>,
) -> Decision {
    let (serial, code, identity) = match identify(rules, manifest, presented) {
        Ok(identified) => identified,
        Err(refusal) => {
            let next = steps::after_refusal(rules, &refusal, false);
            return Decision {
                answer: Answer::Refuse(refusal),
                ticket: None,
                next,
            };
        }
    };
    let history = history::in_order(history);
    let freshness = code.map_or(Freshness::NotAsked, |code| code.freshness(context.now));
    let case = Case {
        rules,
        code: match identity {
            Identity::Chosen => None,
            Identity::Verified(VerifiedCode { claims, key }) => Some(Genuine {
                claims,
                key,
                freshness,
                proof_used: context.proof_used,
            }),
        },
        list: listed.map(Into::into),
        history: &history,
        now: context.now,
        gate: context.gate,
        direction: context.direction,
        highest_epoch: context.highest_epoch,
        occupancy: context.occupancy,
    };
    let (answer, next) = match judge::judge(&case, context.waive) {
        Ok(admission) => (Answer::Admit(admission), steps::after_admission(listed)),
        Err(refusal) => {
            let next = steps::after_refusal(rules, &refusal, case.is_waivable(&refusal));
            (Answer::Refuse(refusal), next)
        }
    };
    let ticket_type = case.ticket_type();
    let ticket = DecidedTicket {
        serial,
        ticket_type,
        type_name: ticket_type
            .and_then(|id| rules.ticket_type(id))
            .map(|info| info.name.clone()),
        listed: listed.is_some(),
        identity,
    };
    Decision {
        answer,
        ticket: Some(ticket),
        next,
    }
}

type Identified<'a> = (Serial, Option<&'a TicketCode>, Identity);

/// The first four reasons: malformed, bad signature, unknown key, wrong event.
fn identify<'a>(
    rules: &EventRules,
    manifest: &Manifest,
    presented: &Presented<'a>,
) -> Result<Identified<'a>, Refusal> {
    if let Presented::Listed(serial) = presented {
        return Ok((*serial, None, Identity::Chosen));
    }
    let code = presented.code(rules).ok_or(Refusal::Malformed)?;
    let claims = *code.claims();
    if claims.event != rules.event() {
        return Err(of_another_event(manifest, code));
    }
    let key = genuine(rules.keyring(), code)?;
    let identity = Identity::Verified(VerifiedCode { claims, key });
    Ok((claims.serial, Some(code), identity))
}

fn genuine(keyring: &Keyring, code: &TicketCode) -> Result<KeyState, Refusal> {
    match keyring.verify(code) {
        Verification::Good { state } => Ok(state),
        Verification::BadSignature => Err(Refusal::BadSignature),
        Verification::UnknownKey => Err(Refusal::UnknownKey),
    }
}

/// A code that names another event. The keys of a stranger's event are not
/// known, and whatever they would say, it is not for this door.
fn of_another_event(manifest: &Manifest, code: &TicketCode) -> Refusal {
    let event = code.claims().event;
    let Some(known) = manifest.events.iter().find(|known| known.event == event) else {
        return Refusal::WrongEvent { event, title: None };
    };
    match genuine(&Keyring::new(&known.keys), code) {
        Ok(_) => Refusal::WrongEvent {
            event,
            title: Some(known.title.clone()),
        },
        Err(refusal) => refusal,
    }
}

impl Decision {
    /// Was somebody let in on the signature alone?
    #[must_use]
    pub fn is_unlisted(&self) -> bool {
        self.answer == Answer::Admit(Admission::Unlisted)
    }
}
