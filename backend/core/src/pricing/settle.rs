//! What follows from a change of anything that a price depends on: the price, its
//! entry in the history, its news, and when to look again.

use super::{Change, Current, Entry, EventCopy, Market, Policy, Priced, TypeCopy, price};
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::pricing::PriceFacts;

/// A price by demand that waits for something that only others know is looked at
/// again: its event may have become known in the same moment as itself.
const LOOK_AGAIN_MS: i64 = 5 * 60_000;

/// `after`, which was `before`, with its price at `now`; `None` if all is as it
/// was.
pub(super) fn settle(
    before: &Priced,
    after: Priced,
    event: Option<&EventCopy>,
    now: Timestamp,
) -> Option<Change> {
    let mut after = priced(after, event, now);
    if after == *before {
        return None;
    }
    after.version = before.version + 1;
    let (old, new) = (before.price(), after.price());
    let entry = match (old, new) {
        (Some(old), Some(new)) if old != new && is_ruled(before, &after) => Some(Entry {
            version: after.version,
            at: now,
            before: old,
            after: new,
            reason: after.reason,
        }),
        _ => None,
    };
    let news = after.facts.as_ref().zip(new).and_then(|(facts, price)| {
        let concerns = entry.is_some() || before.own != after.own;
        concerns.then_some(PriceFacts {
            event: after.event,
            ticket_type: after.ticket_type,
            org: facts.org,
            price,
            is_list_price: after.own.is_none(),
            reason: after.reason,
        })
    });
    Some(Change {
        priced: after,
        entry,
        news,
    })
}

/// Without a policy a changed list price is events' news alone.
const fn is_ruled(before: &Priced, after: &Priced) -> bool {
    before.policy.is_some() || after.policy.is_some() || before.own.is_some()
}

fn priced(mut after: Priced, event: Option<&EventCopy>, now: Timestamp) -> Priced {
    let Some(facts) = after.facts.as_ref() else {
        return after;
    };
    after.look_at = None;
    if after.policy.is_some() && is_over(facts, event, now) {
        return after;
    }
    let market = market(&after, facts, event, now);
    let current = Current {
        price: after.price().unwrap_or(market.list),
        memory: after.memory,
    };
    let decision = price(after.policy.as_ref(), &market, &current, now);
    after.own = (!decision.is_list).then_some(decision.price);
    after.reason = decision.reason.unwrap_or(after.reason);
    after.memory = decision.memory;
    let waits = matches!(after.policy, Some(Policy::Demand(_))) && !market.is_open;
    let again = waits.then(|| now.plus_ms(LOOK_AGAIN_MS));
    after.look_at = [decision.look_at, again].into_iter().flatten().min();
    after
}

/// Is there nothing left to be sold, ever?
pub(super) fn is_over(facts: &TypeCopy, event: Option<&EventCopy>, now: Timestamp) -> bool {
    let off = event.is_some_and(|event| {
        matches!(event.status, EventStatus::Cancelled | EventStatus::Deleted)
            || now >= event.ends_at
    });
    facts.deleted || off
}

/// What a policy decides by.
pub(super) fn market(
    priced: &Priced,
    facts: &TypeCopy,
    event: Option<&EventCopy>,
    now: Timestamp,
) -> Market {
    let is_on = event.is_some_and(|event| event.status == EventStatus::Published);
    let event_ends = event.map_or(Timestamp(i64::MAX), |event| event.ends_at);
    let ends = facts.sale_ends.unwrap_or(event_ends).min(event_ends);
    let has_begun = facts.sale_starts.is_none_or(|starts| starts <= now);
    Market {
        list: facts.list,
        limit: facts.limit,
        ordered: priced.ordered(),
        is_open: is_on && has_begun && now < ends,
        opens: facts.sale_starts,
        ends,
    }
}
