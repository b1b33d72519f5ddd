//! The JSON of policies, prices and their history.

use crate::http::ApiError;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_common::pricing::PriceReason;
use gateline_common::{Money, Timestamp};
use gateline_core::pricing::{
    CountStep, DateStep, DemandPolicy, Entry, Policy, Seen, Target, USUAL_TOLERANCE_PERCENT,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the price of a ticket type comes about. All amounts are in the currency of
/// its list price.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum PolicyBody {
    /// The list price.
    Fixed {},
    /// By date: the list price until the first date, then the price of the last
    /// date that was reached.
    DateSteps {
        /// 1 to 50, each later than the one before.
        #[schema(min_items = 1, max_items = 50)]
        steps: Vec<DateStepBody>,
    },
    /// By count: the list price until the first count, then the price of the
    /// highest count that was reached.
    CountSteps {
        /// 1 to 50, each higher than the one before.
        #[schema(min_items = 1, max_items = 50)]
        steps: Vec<CountStepBody>,
    },
    /// By demand: at the end of each window the price rises by one step if more
    /// was ordered than was to be, falls by one if it was less, or stays.
    Demand(DemandBody),
}

/// A price from a date on.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DateStepBody {
    from: Timestamp,
    price: Money,
}

/// A price from a number of ordered tickets on.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CountStepBody {
    /// Tickets of unpaid orders count as long as they are held.
    #[schema(minimum = 1)]
    from: u32,
    price: Money,
}

/// A price that follows demand.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DemandBody {
    /// Never below.
    floor: Money,
    /// Never above.
    ceiling: Money,
    /// How far one change goes.
    step: Money,
    /// Length of a window; the price changes once in it at most.
    #[schema(minimum = 1, maximum = 10080)]
    window_minutes: u32,
    target: TargetBody,
    /// How far off demand may be, in percent of what is to be ordered, before
    /// the price moves [default: 20]. One ticket more or less never moves it.
    #[serde(default = "usual_tolerance")]
    #[schema(maximum = 100)]
    tolerance_percent: u32,
}

const fn usual_tolerance() -> u32 {
    USUAL_TOLERANCE_PERCENT
}

/// What is to be ordered.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TargetBody {
    /// So much of the limit, 1 to 100 percent, by the end of the sale: what is
    /// missing is spread evenly over the windows that are left.
    SellThroughPercent(u32),
    /// So many tickets in each window, at least 1.
    TicketsPerWindow(u32),
}

/// How a ticket type is priced.
#[derive(Serialize, ToSchema)]
pub(super) struct PricingBody {
    event: EventId,
    ticket_type: TicketTypeId,
    /// Its policy.
    policy: PolicyBody,
    /// What one costs now.
    price: Money,
    /// What one costs without a policy.
    list_price: Money,
    /// Why the price is what it is.
    reason: PriceReason,
    /// Tickets that there are.
    limit: u32,
    /// Tickets that were ordered: paid, or held by an unpaid order.
    ordered: u32,
    /// The window of demand that is under way, if there is one.
    window: Option<WindowBody>,
}

/// A window of demand.
#[derive(Serialize, ToSchema)]
pub(super) struct WindowBody {
    /// When it began.
    from: Timestamp,
    /// Tickets ordered in it so far, less those that came back.
    ordered: i64,
}

/// One change of a price.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryBody {
    at: Timestamp,
    before: Money,
    after: Money,
    /// Which rule, and by which figures.
    reason: PriceReason,
}

impl TryFrom<Seen> for PricingBody {
    type Error = ApiError;

    fn try_from(seen: Seen) -> Result<Self, ApiError> {
        let priced = seen.priced;
        let (price, ordered) = (priced.price(), priced.ordered());
        let window = priced.memory.window.map(|window| WindowBody {
            from: window.from,
            ordered: i64::from(ordered) - i64::from(window.ordered),
        });
        let whole = price.zip(priced.facts).zip(priced.policy);
        let Some(((price, facts), policy)) = whole else {
            return Err(ApiError::not_found());
        };
        Ok(Self {
            event: priced.event,
            ticket_type: priced.ticket_type,
            policy: policy.into(),
            price,
            list_price: facts.list,
            reason: priced.reason,
            limit: facts.limit,
            ordered,
            window,
        })
    }
}

impl From<Entry> for EntryBody {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at,
            before: entry.before,
            after: entry.after,
            reason: entry.reason,
        }
    }
}

/// Both ways between a body and what it stands for: the fields are the same.
macro_rules! same_fields {
    ($($body:ident = $core:ident { $($field:ident),+ }),+ $(,)?) => {$(
        impl From<$body> for $core {
            fn from(body: $body) -> Self {
                Self { $($field: body.$field.into()),+ }
            }
        }
        impl From<$core> for $body {
            fn from(core: $core) -> Self {
                Self { $($field: core.$field.into()),+ }
            }
        }
    )+};
}

same_fields! {
    DateStepBody = DateStep { from, price },
    CountStepBody = CountStep { from, price },
    DemandBody = DemandPolicy { floor, ceiling, step, window_minutes, target, tolerance_percent },
}

/// Both ways between two enums whose variants are the same.
macro_rules! same_variants {
    ($from:ident -> $to:ident) => {
        impl From<$from> for $to {
            fn from(policy: $from) -> Self {
                match policy {
                    $from::Fixed {} => Self::Fixed {},
                    $from::DateSteps { steps } => Self::DateSteps {
                        steps: steps.into_iter().map(Into::into).collect(),
                    },
                    $from::CountSteps { steps } => Self::CountSteps {
                        steps: steps.into_iter().map(Into::into).collect(),
                    },
                    $from::Demand(policy) => Self::Demand(policy.into()),
                }
            }
        }
    };
}

same_variants!(PolicyBody -> Policy);
same_variants!(Policy -> PolicyBody);

impl From<TargetBody> for Target {
    fn from(body: TargetBody) -> Self {
        match body {
            TargetBody::SellThroughPercent(percent) => Self::SellThroughPercent(percent),
            TargetBody::TicketsPerWindow(tickets) => Self::TicketsPerWindow(tickets),
        }
    }
}

impl From<Target> for TargetBody {
    fn from(target: Target) -> Self {
        match target {
            Target::SellThroughPercent(percent) => Self::SellThroughPercent(percent),
            Target::TicketsPerWindow(tickets) => Self::TicketsPerWindow(tickets),
        }
    }
}
