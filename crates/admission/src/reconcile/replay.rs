//! One ticket: its scans at all devices, replayed in order of (time, device,
//! sequence) with all that is known now. The first admission counts. Whoever was
//! let through is in, also where that should not have been: such a passage is a
//! conflict, and an exit after it is none.

use super::facts::{Facts, TicketState, state_at};
use super::log::{Cancelled, TimedScan};
use super::order::{is_order_provable, is_proven_against};
use super::report::{Cause, Conflict, Evidence, TicketReport};
use crate::judge::{Case, Genuine};
use crate::occupancy::NobodyCounted;
use crate::overrides;
use gateline_common::decision::{Admission, Answer, Direction, Passage, Refusal};
use gateline_common::ids::Serial;
use gateline_common::sync::{KeyState, Subject, TicketStatus};
use gateline_common::time::Timestamp;
use std::collections::BTreeSet;
use ticket_crypto::{Freshness, Kind, TicketCode, Verification};

/// Reconciles the scans of one ticket, given in any order and any number of
/// times.
#[must_use]
pub fn reconcile_ticket<'a>(
    facts: &Facts,
    serial: Serial,
    scans: impl IntoIterator<Item = &'a TimedScan>,
) -> TicketReport {
    let mut scans: Vec<&TimedScan> = scans
        .into_iter()
        .filter(|scan| scan.serial == Some(serial))
        .collect();
    scans.sort_by_key(|scan| (scan.at, scan.device, scan.seq, scan.hash));
    scans.dedup_by_key(|scan| (scan.device, scan.seq, scan.hash));
    let mut replay = Replay {
        facts,
        states: facts.states_of(serial),
        passed: Vec::new(),
        proofs: BTreeSet::new(),
        collisions: Vec::new(),
        wrongly_refused: Vec::new(),
    };
    for scan in scans {
        replay.take(scan);
    }
    replay.report(serial)
}

struct Replay<'a> {
    facts: &'a Facts,
    states: Vec<TicketState>,
    /// Passages that stand, or stood until they were undone.
    passed: Vec<Passed<'a>>,
    /// Codes with a holder's proof that were admitted.
    proofs: BTreeSet<&'a [u8]>,
    collisions: Vec<Collision<'a>>,
    wrongly_refused: Vec<Evidence>,
}

struct Passed<'a> {
    scan: &'a TimedScan,
    /// Does it speak against a later entry? If not, it should not have been,
    /// and takes nobody's place.
    counts: bool,
}

struct Collision<'a> {
    cause: Cause,
    /// The passage that it collides with, where that is clear at once.
    with: Option<&'a TimedScan>,
    other: &'a TimedScan,
    order_provable: bool,
}

impl<'a> Replay<'a> {
    fn take(&mut self, scan: &'a TimedScan) {
        let reasons = self.reasons_against(scan, scan.at);
        match scan.shown() {
            Answer::Refuse(refusal) => {
                if reasons.is_empty() && self.can_be_wrong(scan, refusal) {
                    self.wrongly_refused.push(self.evidence(scan));
                }
            }
            Answer::Admit(admission) => {
                self.admitted(scan, *admission, reasons);
                if let Subject::Code(bytes) = &scan.scan.subject {
                    self.proofs.insert(bytes);
                }
            }
        }
    }

    fn admitted(&mut self, scan: &'a TimedScan, admission: Admission, reasons: Vec<Refusal>) {
        if scan.cancelled.is_some() {
            // Undone: it stood for a while, and nobody is in because of it.
            self.passed.push(Passed { scan, counts: true });
            return;
        }
        let mut counts = true;
        let waived = scan.scan.overridden.as_ref().map(|given| &given.waived);
        let is_waived = |refusal: &Refusal| match waived {
            Some(Answer::Refuse(waived)) => overrides::is_same_reason(refusal, waived),
            Some(Answer::Admit(_)) | None => false,
        };
        let worst = reasons
            .iter()
            .filter(|reason| !is_waived(reason))
            .min_by_key(|reason| gravity(reason));
        if let Some(worst) = worst {
            let collision = self.collision(scan, admission, worst);
            counts = matches!(collision.cause, Cause::ClockFault | Cause::RuleOverrun);
            self.collisions.push(collision);
        } else if let Some(reason) = reasons.iter().find(|reason| is_waived(reason)) {
            let with = self.met(scan, reason);
            let order_provable = with.is_none_or(|with| is_order_provable(with, scan));
            let cause = Cause::OperatorOverride;
            self.collisions.push(Collision {
                cause,
                with,
                other: scan,
                order_provable,
            });
        } else if admission == Admission::Unlisted
            && let Some(revoked) = self.states.last().filter(|last| !stands(last))
        {
            let order_provable = is_proven_against(scan, revoked.since);
            let cause = Cause::UnlistedThenRevoked;
            self.collisions.push(Collision {
                cause,
                with: None,
                other: scan,
                order_provable,
            });
        }
        self.passed.push(Passed { scan, counts });
    }

    /// Why this admission should not have been, as it was at `now`.
    fn reasons_against(&self, scan: &TimedScan, now: Timestamp) -> Vec<Refusal> {
        let history = self.history(scan);
        let case = Case {
            rules: self.facts.rules_of(scan.scan.rules_version),
            code: self.genuine(scan),
            list: state_at(&self.states, now).map(Into::into),
            history: &history,
            now,
            gate: scan.scan.gate,
            direction: scan.scan.direction,
            highest_epoch: None,
            occupancy: &NobodyCounted,
        };
        case.reasons_against().collect()
    }

    /// What stood when the ticket was scanned: for an entry what counts, for an
    /// exit everybody who was in.
    fn history(&self, now: &TimedScan) -> Vec<Passage> {
        let is_exit = now.scan.direction == Direction::Exit;
        let mut passages: Vec<Passage> = self
            .passed
            .iter()
            .filter(|passed| passed.counts || is_exit)
            .filter(|passed| match &passed.scan.cancelled {
                None => true,
                Some(Cancelled::Undone(until)) => *until > now.at,
                Some(Cancelled::Withdrawn(_)) => false,
            })
            .map(|passed| passage(passed.scan))
            .collect();
        passages.sort();
        passages
    }

    fn genuine(&self, scan: &TimedScan) -> Option<Genuine> {
        let Subject::Code(bytes) = &scan.scan.subject else {
            return None;
        };
        let code = TicketCode::parse(bytes).ok()?;
        Some(Genuine {
            claims: *code.claims(),
            // What no list has is reported as never issued, whatever the key.
            key: if self.states.is_empty() {
                KeyState::Compromised
            } else {
                KeyState::Current
            },
            freshness: match code.kind() {
                Kind::Plain => Freshness::NotAsked,
                Kind::HolderBound => Freshness::Fresh,
            },
            proof_used: code.proof().is_some() && self.proofs.contains(bytes.as_slice()),
        })
    }

    fn collision(
        &self,
        scan: &'a TimedScan,
        admission: Admission,
        reason: &Refusal,
    ) -> Collision<'a> {
        let with = self.met(scan, reason);
        let state = state_at(&self.states, scan.at);
        let since = state.map_or(scan.at, |state| state.since);
        let cause = match reason {
            Refusal::Superseded => Cause::OldOwner,
            Refusal::Cancelled | Refusal::Refunded | Refusal::Blocked => match admission {
                Admission::Unlisted => Cause::UnlistedThenRevoked,
                Admission::Entry | Admission::ReEntry | Admission::Exit => Cause::Revoked,
            },
            Refusal::NotListed => Cause::NeverIssued,
            Refusal::NotInside => Cause::ExitWithoutEntry,
            Refusal::AlreadyAdmitted { .. } => match with {
                Some(with)
                    if with.epoch.is_some() && scan.epoch.is_some() && with.epoch != scan.epoch =>
                {
                    Cause::OldOwner
                }
                _ => Cause::SameCodeTwice,
            },
            Refusal::StaleRotatingCode => Cause::SameCodeTwice,
            _ if !self.reasons_against(scan, scan.claimed).contains(reason) => Cause::ClockFault,
            _ => Cause::RuleOverrun,
        };
        let order_provable = match (with, cause) {
            (Some(with), _) => is_order_provable(with, scan),
            (None, Cause::OldOwner | Cause::Revoked | Cause::UnlistedThenRevoked) => {
                is_proven_against(scan, since)
            }
            (None, _) => true,
        };
        Collision {
            cause,
            with,
            other: scan,
            order_provable,
        }
    }

    /// The passage that an "already admitted" names.
    fn met(&self, scan: &TimedScan, reason: &Refusal) -> Option<&'a TimedScan> {
        let Refusal::AlreadyAdmitted { at, device, gate } = reason else {
            return None;
        };
        let named = |stood: &&TimedScan| {
            stood.at == *at
                && stood.device == *device
                && stood.scan.gate == *gate
                && stood.scan.direction == Direction::Entry
                && (stood.seq, stood.hash) != (scan.seq, scan.hash)
        };
        let counting = self.passed.iter().filter(|passed| passed.counts);
        counting.map(|passed| passed.scan).find(named)
    }

    /// Was this refusal one that more knowledge could prove wrong?
    fn can_be_wrong(&self, scan: &TimedScan, refusal: &Refusal) -> bool {
        let rules = self.facts.rules_of(scan.scan.rules_version);
        let from_list = matches!(scan.scan.subject, Subject::Listed(_));
        !matches!(refusal, Refusal::StaleRotatingCode)
            && !rules.is_capacity_refusal(refusal)
            && (from_list || self.is_genuine(scan) == Some(true))
    }

    fn is_genuine(&self, scan: &TimedScan) -> Option<bool> {
        let Subject::Code(bytes) = &scan.scan.subject else {
            return None;
        };
        if scan.verified {
            return Some(true);
        }
        let good = TicketCode::parse(bytes).is_ok_and(|code| {
            matches!(
                self.facts.rules.keyring().verify(&code),
                Verification::Good { .. }
            )
        });
        Some(good)
    }

    fn evidence(&self, scan: &TimedScan) -> Evidence {
        Evidence {
            device: scan.device,
            seq: scan.seq,
            hash: scan.hash,
            at: scan.at,
            device_time: scan.device_time,
            not_before: scan.not_before,
            not_after: scan.not_after,
            gate: scan.scan.gate,
            direction: scan.scan.direction,
            answer: scan.shown().clone(),
            epoch: scan.epoch,
            genuine: self.is_genuine(scan),
            overridden: scan.scan.overridden.clone(),
        }
    }

    fn report(&self, serial: Serial) -> TicketReport {
        let standing = || {
            let passed = self.passed.iter();
            passed.filter(|passed| passed.scan.cancelled.is_none())
        };
        let first = standing()
            .filter(|passed| passed.counts)
            .map(|passed| passed.scan)
            .find(|scan| scan.scan.direction == Direction::Entry);
        let conflicts = self.collisions.iter().map(|collision| {
            let other = collision.other;
            let counted = collision.with.or(first);
            let counted =
                counted.filter(|counted| (counted.seq, counted.hash) != (other.seq, other.hash));
            Conflict {
                cause: collision.cause,
                counted: counted.map(|scan| self.evidence(scan)),
                other: self.evidence(other),
                order_provable: collision.order_provable,
            }
        });
        TicketReport {
            serial,
            admission: first.map(|scan| self.evidence(scan)),
            passages: standing().map(|passed| passage(passed.scan)).collect(),
            conflicts: conflicts.collect(),
            wrongly_refused: self.wrongly_refused.clone(),
        }
    }
}

/// Which of several reasons a conflict is reported for: the smallest.
fn gravity(reason: &Refusal) -> u8 {
    match reason {
        Refusal::NotListed => 0,
        Refusal::Superseded => 1,
        Refusal::Cancelled | Refusal::Refunded | Refusal::Blocked => 2,
        Refusal::AlreadyAdmitted { .. } => 3,
        Refusal::NotInside | Refusal::StaleRotatingCode => 4,
        _ => 5,
    }
}

fn stands(state: &TicketState) -> bool {
    state.status == TicketStatus::Valid
}

fn passage(scan: &TimedScan) -> Passage {
    Passage {
        at: scan.at,
        device: scan.device,
        seq: scan.seq,
        gate: scan.scan.gate,
        direction: scan.scan.direction,
    }
}
