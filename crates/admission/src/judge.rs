//! The reasons against a genuine ticket of this event, in their fixed order.
//! [`crate::decide`] puts identity in front; reconciliation replays scans here.

use crate::built_in::BuiltInRule;
use crate::condition::Entry;
use crate::history;
use crate::occupancy::Occupancy;
use crate::overrides;
use crate::rules::EventRules;
use gateline_common::catalog::{OverridePolicy, ReEntry};
use gateline_common::decision::{Admission, Direction, Passage, Refusal};
use gateline_common::ids::{Epoch, GateId, TicketTypeId};
use gateline_common::sync::{KeyState, ListedTicket, TicketStatus};
use gateline_common::time::{DAY_MS, Timestamp};
use ticket_crypto::{Freshness, TicketClaims};

/// What the list says about a ticket, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListState {
    pub(crate) ticket_type: TicketTypeId,
    pub(crate) epoch: Epoch,
    pub(crate) status: TicketStatus,
}

impl From<&ListedTicket> for ListState {
    fn from(listed: &ListedTicket) -> Self {
        Self {
            ticket_type: listed.ticket_type,
            epoch: listed.epoch,
            status: listed.status,
        }
    }
}

/// A genuine code, as far as it decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Genuine {
    pub(crate) claims: TicketClaims,
    pub(crate) key: KeyState,
    pub(crate) freshness: Freshness,
    pub(crate) proof_used: bool,
}

/// One scan of a ticket: by its genuine code, or (`None`) chosen from the list.
pub(crate) struct Case<'a> {
    pub(crate) rules: &'a EventRules,
    pub(crate) code: Option<Genuine>,
    pub(crate) list: Option<ListState>,
    /// In order of time.
    pub(crate) history: &'a [Passage],
    pub(crate) now: Timestamp,
    pub(crate) gate: Option<GateId>,
    pub(crate) direction: Direction,
    pub(crate) highest_epoch: Option<Epoch>,
    pub(crate) occupancy: &'a dyn Occupancy,
}

/// Decides, with at most one reason waived.
pub(crate) fn judge(case: &Case<'_>, waive: Option<&Refusal>) -> Result<Admission, Refusal> {
    let forbidden = case.rules.policy().overrides == OverridePolicy::Forbidden;
    let waive = waive.filter(|_| !forbidden);
    let stands = |refusal: &Refusal| {
        !waive.is_some_and(|waived| {
            case.is_waivable(refusal) && overrides::is_same_reason(refusal, waived)
        })
    };
    match case.reasons_against().find(stands) {
        Some(refusal) => Err(refusal),
        None => Ok(case.admission()),
    }
}

impl Case<'_> {
    /// Every reason against, in the documented order. An exit is held up by
    /// nothing but not being inside, and by a code that is not the holder's:
    /// whoever leaves, leaves, and the count must follow.
    pub(crate) fn reasons_against(&self) -> impl Iterator<Item = Refusal> {
        let on_entry: Vec<Refusal> = match self.direction {
            Direction::Exit => Vec::new(),
            Direction::Entry => [
                self.not_listed(),
                self.superseded(),
                self.status(),
                self.not_yet_valid(),
                self.no_longer_valid(),
                self.wrong_gate(),
                self.wrong_type(),
            ]
            .into_iter()
            .flatten()
            .chain(self.rules_against())
            .chain(self.already_admitted())
            .collect(),
        };
        on_entry
            .into_iter()
            .chain(self.not_inside())
            .chain(self.stale())
    }

    /// Whether this reason can be waived here.
    pub(crate) fn is_waivable(&self, refusal: &Refusal) -> bool {
        match refusal {
            // What the event ended, no door can begin again.
            Refusal::Cancelled => !self.rules.is_cancelled(),
            // Whoever holds a leaked key makes any number of such codes; and
            // without a code there is nothing left that says who it is.
            Refusal::NotListed => self
                .code
                .is_some_and(|code| code.key != KeyState::Compromised),
            other => overrides::is_waivable(other),
        }
    }

    /// The list prevails over the code.
    pub(crate) fn ticket_type(&self) -> Option<TicketTypeId> {
        self.list
            .map(|list| list.ticket_type)
            .or(self.code.map(|code| code.claims.ticket_type))
    }

    fn admission(&self) -> Admission {
        let place = self.rules.place_of(self.gate);
        match self.direction {
            Direction::Exit => Admission::Exit,
            Direction::Entry if self.list.is_none() => Admission::Unlisted,
            Direction::Entry => match history::entries(self.rules, self.history, place).next() {
                None => Admission::Entry,
                Some(_) => Admission::ReEntry,
            },
        }
    }

    fn not_listed(&self) -> Option<Refusal> {
        // Where nobody is admitted, no newer list and no newer code helps.
        if self.list.is_some() || self.rules.is_cancelled() {
            return None;
        }
        let trusted = self
            .code
            .is_some_and(|code| code.key != KeyState::Compromised);
        (!trusted || !self.rules.policy().admit_unlisted).then_some(Refusal::NotListed)
    }

    fn superseded(&self) -> Option<Refusal> {
        if self.rules.is_cancelled() {
            return None;
        }
        let epoch = self.code?.claims.epoch;
        let least = self.list.map(|list| list.epoch).max(self.highest_epoch)?;
        (epoch < least).then_some(Refusal::Superseded)
    }

    fn status(&self) -> Option<Refusal> {
        if self.rules.is_cancelled() {
            return Some(Refusal::Cancelled);
        }
        match self.list?.status {
            TicketStatus::Valid => None,
            TicketStatus::Cancelled => Some(Refusal::Cancelled),
            TicketStatus::Refunded => Some(Refusal::Refunded),
            TicketStatus::Blocked => Some(Refusal::Blocked),
        }
    }

    fn not_yet_valid(&self) -> Option<Refusal> {
        let of_type = self
            .admission_of_type()
            .and_then(|admission| admission.valid_from);
        let from = self.rules.policy().doors_open.max(of_type)?;
        (self.now < from).then_some(Refusal::NotYetValid { from })
    }

    fn no_longer_valid(&self) -> Option<Refusal> {
        let of_type = self
            .admission_of_type()
            .and_then(|admission| admission.valid_until);
        // The signed window is for unlisted tickets only: a postponed event
        // kills no printed ticket that is on the list.
        let signed = self
            .code
            .filter(|_| self.list.is_none())
            .map(|code| Timestamp((i64::from(code.claims.not_after_days) + 1) * DAY_MS - 1));
        let until = [self.rules.policy().doors_close, of_type, signed]
            .into_iter()
            .flatten()
            .min()?;
        (self.now > until).then_some(Refusal::NoLongerValid { until })
    }

    fn wrong_gate(&self) -> Option<Refusal> {
        let gates = self
            .admission_of_type()
            .map_or(&[][..], |admission| &admission.gates);
        let removed = self
            .gate
            .is_some_and(|gate| self.rules.gate(gate).is_none());
        let taken = gates.is_empty() || self.gate.is_some_and(|gate| gates.contains(&gate));
        if taken && !removed {
            return None;
        }
        let every = || {
            self.rules
                .manifest()
                .gates
                .iter()
                .map(|gate| gate.id)
                .collect()
        };
        let gates = if gates.is_empty() {
            every()
        } else {
            gates.to_vec()
        };
        Some(Refusal::WrongGate { gates })
    }

    fn wrong_type(&self) -> Option<Refusal> {
        let known = self.ticket_type().and_then(|id| self.rules.ticket_type(id));
        known.is_none().then_some(Refusal::WrongTicketType)
    }

    /// The event's rules in their order, then zones, limits and capacity.
    fn rules_against(&self) -> Vec<Refusal> {
        let Some(ticket_type) = self.ticket_type() else {
            return Vec::new();
        };
        let entry = Entry {
            rules: self.rules,
            history: self.history,
            now: self.now,
            gate: self.gate,
            ticket_type,
        };
        let broken = self
            .rules
            .rules_for(ticket_type)
            .filter(|rule| !entry.satisfies(&rule.condition))
            .map(|rule| Refusal::Rule {
                rule: Some(rule.id),
                name: rule.name.clone(),
            });
        let built_in = self
            .outside_of_what_is_around()
            .into_iter()
            .chain(self.limits(&entry))
            .chain(self.full());
        broken
            .chain(built_in.map(|rule| Refusal::Rule {
                rule: None,
                name: rule.to_string(),
            }))
            .collect()
    }

    fn outside_of_what_is_around(&self) -> Option<BuiltInRule> {
        let zone = self.rules.place_of(self.gate)?;
        let outer = self.rules.asked_before(zone)?;
        let inside = history::places(self.rules, self.history).contains(&Some(outer.id));
        (!inside).then(|| BuiltInRule::FirstThrough(outer.name.clone()))
    }

    fn limits(&self, entry: &Entry<'_>) -> Vec<BuiltInRule> {
        let Some(admission) = self.admission_of_type() else {
            return Vec::new();
        };
        let mut reached = Vec::new();
        if let Some(most) = admission.max_entries
            && entry.count() >= usize::from(most)
        {
            reached.push(BuiltInRule::EntriesInAll(most));
        }
        if let Some(most) = admission.max_entries_per_day
            && entry.count_today() >= usize::from(most)
        {
            reached.push(BuiltInRule::EntriesADay(most));
        }
        reached
    }

    /// Places that this entry would newly put somebody into and that are full.
    fn full(&self) -> Vec<BuiltInRule> {
        let place = self.rules.place_of(self.gate);
        let inside = history::places(self.rules, self.history);
        let around = place
            .into_iter()
            .flat_map(|zone| self.rules.around(zone))
            .map(Some);
        let mut entered: Vec<_> = [place].into_iter().chain(around).collect();
        if place.is_some() {
            entered.push(None);
        }
        entered.retain(|place| !inside.contains(place));
        entered
            .into_iter()
            .filter_map(|place| {
                let (capacity, name) = match place {
                    None => (self.rules.policy().capacity?, &self.rules.manifest().title),
                    Some(zone) => {
                        let zone = self.rules.zone(zone)?;
                        (zone.capacity?, &zone.name)
                    }
                };
                (self.occupancy.inside(place) >= capacity).then(|| BuiltInRule::Full(name.clone()))
            })
            .collect()
    }

    fn already_admitted(&self) -> Option<Refusal> {
        let place = self.rules.place_of(self.gate);
        let entered = match self.rules.re_entry(self.ticket_type()?) {
            ReEntry::Always => None,
            ReEntry::AfterExit => history::standing_entry(self.rules, self.history, place),
            ReEntry::Never => history::entries(self.rules, self.history, place).next(),
        }?;
        Some(Refusal::AlreadyAdmitted {
            at: entered.at,
            gate: entered.gate,
            device: entered.device,
        })
    }

    fn not_inside(&self) -> Option<Refusal> {
        let place = self.rules.place_of(self.gate);
        let outside = !history::places(self.rules, self.history).contains(&place);
        (self.direction == Direction::Exit && outside).then_some(Refusal::NotInside)
    }

    fn stale(&self) -> Option<Refusal> {
        let code = self.code?;
        let good = match code.freshness {
            Freshness::NotAsked => true,
            Freshness::Fresh => !code.proof_used,
            Freshness::Missing | Freshness::Stale => false,
        };
        (!good).then_some(Refusal::StaleRotatingCode)
    }

    fn admission_of_type(&self) -> Option<&gateline_common::catalog::TypeAdmission> {
        Some(&self.rules.ticket_type(self.ticket_type()?)?.admission)
    }
}

impl EventRules {
    /// Is this the refusal of somebody for whom there was no room?
    pub(crate) fn is_capacity_refusal(&self, refusal: &Refusal) -> bool {
        let Refusal::Rule { rule: None, name } = refusal else {
            return false;
        };
        matches!(BuiltInRule::named(name), Some(BuiltInRule::Full(_)))
    }
}
