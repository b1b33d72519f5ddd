//! Conditions of an event's rules, over one entry and the ticket's history.
//!
//! "Entries" are those into the place behind the gate at which the guest stands:
//! a day ticket that has passed the main gate twice has not been in the VIP area
//! twice. Days begin and end in the event's time zone.

use crate::history;
use crate::rules::EventRules;
use gateline_common::catalog::Condition;
use gateline_common::decision::Passage;
use gateline_common::ids::{GateId, TicketTypeId};
use gateline_common::time::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// What a condition is about.
pub(crate) struct Entry<'a> {
    pub(crate) rules: &'a EventRules,
    pub(crate) history: &'a [Passage],
    pub(crate) now: Timestamp,
    pub(crate) gate: Option<GateId>,
    pub(crate) ticket_type: TicketTypeId,
}

impl Entry<'_> {
    fn before(&self) -> impl DoubleEndedIterator<Item = &Passage> {
        history::entries(self.rules, self.history, self.rules.place_of(self.gate))
    }

    /// Entries so far.
    pub(crate) fn count(&self) -> usize {
        self.before().count()
    }

    /// Entries so far today.
    pub(crate) fn count_today(&self) -> usize {
        let today = self.rules.local(self.now).date();
        self.before()
            .filter(|passage| self.rules.local(passage.at).date() == today)
            .count()
    }

    /// Does the condition hold?
    pub(crate) fn satisfies(&self, condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.satisfies(part)),
            Condition::Any(parts) => parts.iter().any(|part| self.satisfies(part)),
            Condition::Not(part) => !self.satisfies(part),
            Condition::GateIn(gates) => self.gate.is_some_and(|gate| gates.contains(&gate)),
            Condition::TypeIn(types) => types.contains(&self.ticket_type),
            Condition::Between(from, until) => (*from..*until).contains(&self.now),
            Condition::TimeOfDay(from, until) => self.is_time_of_day(*from, *until),
            Condition::Weekday(days) => {
                let today = self.rules.local(self.now).weekday().to_monday_one_offset();
                days.iter().any(|day| i16::from(*day) == i16::from(today))
            }
            Condition::EntriesAtMost(most) => self.count() <= usize::from(*most),
            Condition::EntriesTodayAtMost(most) => self.count_today() <= usize::from(*most),
            Condition::MinutesSinceLastEntryAtLeast(minutes) => self
                .before()
                .next_back()
                .is_none_or(|last| self.now.since_ms(last.at) >= ms(*minutes)),
            Condition::MinutesSinceFirstEntryAtMost(minutes) => self
                .before()
                .next()
                .is_none_or(|first| self.now.since_ms(first.at) <= ms(*minutes)),
        }
    }

    fn is_time_of_day(&self, from: u16, until: u16) -> bool {
        let time = self.rules.local(self.now);
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        let (from, until) = (i32::from(from), i32::from(until));
        if from < until {
            (from..until).contains(&minute)
        } else {
            minute >= from || minute < until
        }
    }
}

fn ms(minutes: u32) -> i64 {
    i64::from(minutes) * MINUTE_MS
}
