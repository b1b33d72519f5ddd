//! A sale on paper: the same functions that price a real one, minute by minute,
//! over made-up or recorded demand.

use super::settle::settle;
use super::{Entry, EventCopy, Moved, Policy, Priced, PricingError, TypeCopy};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId, TicketTypeId};
use gateline_common::{Money, Timestamp};
use uuid::Uuid;

const MINUTE_MS: i64 = 60_000;

/// What is sold, and how it is priced. The sale begins at time 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The list price.
    pub list: Money,
    /// How many there are.
    pub limit: u32,
    /// How long the sale lasts.
    pub minutes: u32,
    /// How it is priced.
    pub policy: Policy,
}

/// Price and sales at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// The price of one.
    pub price: Money,
    /// How many were sold by then.
    pub sold: u32,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Each minute in which something changed, and the ends.
    pub points: Vec<Point>,
    /// Each change of the price.
    pub changes: Vec<Entry>,
    /// What was taken, in minor units.
    pub takings_minor: i64,
}

/// Plays a sale. `wanted` says how many tickets are asked for in a minute at a
/// price; those that are left are sold.
///
/// # Errors
/// When the policy makes no sense.
pub fn play(
    trial: &Trial,
    mut wanted: impl FnMut(Timestamp, Money) -> u32,
) -> Result<Run, PricingError> {
    trial.policy.check(trial.list.currency)?;
    let event = event(trial);
    let mut run = Run {
        points: Vec::new(),
        changes: Vec::new(),
        takings_minor: 0,
    };
    let mut priced = opened(trial);
    for minute in 0..trial.minutes {
        let now = Timestamp(i64::from(minute) * MINUTE_MS);
        priced = run.step(priced, Moved::default(), &event, now);
        let price = priced.price().unwrap_or(trial.list);
        let sold = wanted(now, price).min(trial.limit.saturating_sub(priced.sold));
        let takings = price.minor.saturating_mul(i64::from(sold));
        run.takings_minor = run.takings_minor.saturating_add(takings);
        let moved = Moved {
            held: 0,
            sold: i64::from(sold),
        };
        priced = run.step(priced, moved, &event, now);
        run.mark(now, &priced, minute + 1 == trial.minutes);
    }
    Ok(run)
}

impl Run {
    fn step(&mut self, before: Priced, moved: Moved, event: &EventCopy, now: Timestamp) -> Priced {
        let after = before.clone().counting(moved);
        match settle(&before, after, Some(event), now) {
            None => before,
            Some(change) => {
                self.changes.extend(change.entry);
                change.priced
            }
        }
    }

    fn mark(&mut self, at: Timestamp, priced: &Priced, is_last: bool) {
        let Some(price) = priced.price() else { return };
        let point = Point {
            at,
            price,
            sold: priced.sold,
        };
        let last = self.points.last();
        let is_news = last.is_none_or(|last| (last.price, last.sold) != (price, point.sold));
        if is_news || is_last {
            self.points.push(point);
        }
    }
}

fn event(trial: &Trial) -> EventCopy {
    EventCopy {
        event: EventId(1),
        version: 1,
        status: EventStatus::Published,
        ends_at: Timestamp(i64::from(trial.minutes) * MINUTE_MS),
    }
}

fn opened(trial: &Trial) -> Priced {
    let mut priced = Priced::unknown(EventId(1), TicketTypeId(1));
    priced.facts = Some(TypeCopy {
        version: 1,
        org: OrgId(Uuid::nil()),
        list: trial.list,
        limit: trial.limit,
        sale_starts: Some(Timestamp(0)),
        sale_ends: None,
        deleted: false,
    });
    priced.policy = Some(trial.policy.clone());
    priced
}
