//! The policies that an organizer can choose from, and what makes sense of them.

use super::PricingError;
use gateline_common::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};

const MOST_STEPS: usize = 50;
const MAX_PRICE_MINOR: i64 = 1_000_000_000_000;
const LONGEST_WINDOW_MINUTES: u32 = 7 * 24 * 60;
const MOST_TICKETS: u32 = 10_000_000;
/// How far demand may be off before the price moves, unless it is said.
pub const USUAL_TOLERANCE_PERCENT: u32 = 20;

/// How the price of a ticket type comes about. All amounts are in the currency
/// of the list price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Policy {
    /// The list price.
    Fixed {},
    /// The list price, until the first date is reached.
    DateSteps {
        /// By date.
        steps: Vec<DateStep>,
    },
    /// The list price, until the first count is reached.
    CountSteps {
        /// By count.
        steps: Vec<CountStep>,
    },
    /// Up while more is ordered than was to be, down while it is less.
    Demand(DemandPolicy),
}

/// A price from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateStep {
    /// From then on.
    pub from: Timestamp,
    /// The price.
    pub price: Money,
}

/// A price from a number of ordered tickets on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountStep {
    /// When so many were ordered. Tickets of unpaid orders count as long as
    /// they are held.
    pub from: u32,
    /// The price.
    pub price: Money,
}

/// A price that follows demand. Time is cut into windows; at the end of each,
/// what was ordered in it is held to what was to be ordered, and the price moves
/// by one step, or stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandPolicy {
    /// Never below.
    pub floor: Money,
    /// Never above.
    pub ceiling: Money,
    /// How far one change goes.
    pub step: Money,
    /// Length of a window.
    pub window_minutes: u32,
    /// What is to be ordered.
    pub target: Target,
    /// How far off demand may be, in percent of what is to be ordered, before
    /// the price moves. One ticket more or less never moves it.
    #[serde(default = "usual_tolerance")]
    pub tolerance_percent: u32,
}

const fn usual_tolerance() -> u32 {
    USUAL_TOLERANCE_PERCENT
}

/// What an organizer wants to sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// So much of the limit, in percent, by the end of the sale: what is missing
    /// is spread evenly over the windows that are left.
    SellThroughPercent(u32),
    /// So many tickets in each window.
    TicketsPerWindow(u32),
}

impl Policy {
    /// Does it make sense for a type that is sold in `currency`?
    ///
    /// # Errors
    /// [`PricingError::Invalid`] names the field.
    pub fn check(&self, currency: Currency) -> Result<(), PricingError> {
        for (field, amount) in self.amounts() {
            if amount.currency != currency {
                let message = format!("this ticket type is sold in {currency}");
                return Err(PricingError::invalid(field, message));
            }
            if !(0..=MAX_PRICE_MINOR).contains(&amount.minor) {
                let message = "a price is not negative, and has a bound";
                return Err(PricingError::invalid(field, message));
            }
        }
        match self {
            Self::Fixed {} => Ok(()),
            Self::DateSteps { steps } => rising(steps.iter().map(|step| step.from)),
            Self::CountSteps { steps } => {
                rising(steps.iter().map(|step| step.from))?;
                match steps.iter().position(|step| step.from == 0) {
                    Some(at) => Err(PricingError::invalid(
                        format!("steps[{at}].from"),
                        "before the first ticket the list price holds: at least 1",
                    )),
                    None => Ok(()),
                }
            }
            Self::Demand(policy) => policy.check(),
        }
    }

    /// The currency of its amounts; `None` if it names none.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.amounts().first().map(|(_, amount)| amount.currency)
    }

    fn amounts(&self) -> Vec<(String, Money)> {
        let step = |(at, price): (usize, Money)| (format!("steps[{at}].price"), price);
        match self {
            Self::Fixed {} => Vec::new(),
            Self::DateSteps { steps } => {
                let prices = steps.iter().map(|step| step.price);
                prices.enumerate().map(step).collect()
            }
            Self::CountSteps { steps } => {
                let prices = steps.iter().map(|step| step.price);
                prices.enumerate().map(step).collect()
            }
            Self::Demand(policy) => vec![
                ("floor".to_owned(), policy.floor),
                ("ceiling".to_owned(), policy.ceiling),
                ("step".to_owned(), policy.step),
            ],
        }
    }
}

fn rising<T: PartialOrd>(steps: impl ExactSizeIterator<Item = T>) -> Result<(), PricingError> {
    if steps.len() == 0 || steps.len() > MOST_STEPS {
        let message = format!("between 1 and {MOST_STEPS} steps");
        return Err(PricingError::invalid("steps", message));
    }
    let mut before: Option<T> = None;
    for (at, from) in steps.enumerate() {
        if before.is_some_and(|before| before >= from) {
            let message = "each step comes after the one before";
            return Err(PricingError::invalid(format!("steps[{at}].from"), message));
        }
        before = Some(from);
    }
    Ok(())
}

impl DemandPolicy {
    fn check(&self) -> Result<(), PricingError> {
        let invalid = |field: &str, message: &str| Err(PricingError::invalid(field, message));
        if self.ceiling.minor <= self.floor.minor {
            return invalid("ceiling", "the ceiling lies above the floor");
        }
        if self.step.minor < 1 || self.step.minor > self.ceiling.minor - self.floor.minor {
            return invalid("step", "at least 1, and no more than from floor to ceiling");
        }
        if !(1..=LONGEST_WINDOW_MINUTES).contains(&self.window_minutes) {
            let message = format!("between 1 and {LONGEST_WINDOW_MINUTES}");
            return invalid("window_minutes", &message);
        }
        if self.tolerance_percent > 100 {
            return invalid("tolerance_percent", "at most 100");
        }
        match self.target {
            Target::SellThroughPercent(1..=100) => Ok(()),
            Target::SellThroughPercent(_) => {
                invalid("target.sell_through_percent", "between 1 and 100")
            }
            Target::TicketsPerWindow(tickets) if (1..=MOST_TICKETS).contains(&tickets) => Ok(()),
            Target::TicketsPerWindow(_) => {
                let message = format!("between 1 and {MOST_TICKETS}");
                invalid("target.tickets_per_window", &message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euro(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn demand() -> DemandPolicy {
        DemandPolicy {
            floor: euro(2_000),
            ceiling: euro(6_000),
            step: euro(250),
            window_minutes: 60,
            target: Target::SellThroughPercent(90),
            tolerance_percent: 20,
        }
    }

    #[track_caller]
    fn refused(policy: &Policy, field: &str) {
        match policy.check(Currency::EUR) {
            Err(PricingError::Invalid { field: blamed, .. }) => assert_eq!(blamed, field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_policy_that_makes_no_sense_is_refused_by_the_name_of_its_field() {
        assert_eq!(Policy::Demand(demand()).check(Currency::EUR), Ok(()));
        let with = |change: fn(&mut DemandPolicy)| {
            let mut policy = demand();
            change(&mut policy);
            Policy::Demand(policy)
        };
        refused(&with(|p| p.floor.minor = -1), "floor");
        refused(&with(|p| p.ceiling = p.floor), "ceiling");
        refused(&with(|p| p.step.minor = 0), "step");
        refused(&with(|p| p.step.minor = 4_001), "step");
        refused(&with(|p| p.window_minutes = 0), "window_minutes");
        refused(&with(|p| p.tolerance_percent = 101), "tolerance_percent");
        let share = |p: &mut DemandPolicy| p.target = Target::SellThroughPercent(101);
        refused(&with(share), "target.sell_through_percent");
        let count = |p: &mut DemandPolicy| p.target = Target::TicketsPerWindow(0);
        refused(&with(count), "target.tickets_per_window");
        let counts = |froms: &[u32]| Policy::CountSteps {
            steps: froms
                .iter()
                .map(|from| CountStep {
                    from: *from,
                    price: euro(1),
                })
                .collect(),
        };
        refused(&counts(&[]), "steps");
        refused(&counts(&[0]), "steps[0].from");
        refused(&counts(&[5, 5]), "steps[1].from");
        let dollars = Policy::DateSteps {
            steps: vec![DateStep {
                from: Timestamp(1),
                price: Money::new(1, "USD".parse().unwrap()),
            }],
        };
        refused(&dollars, "steps[0].price");
    }

    #[test]
    fn a_policy_reads_back_and_unknown_fields_of_it_are_refused() {
        for policy in [Policy::Fixed {}, Policy::Demand(demand())] {
            let json = serde_json::to_value(&policy).unwrap();
            let mut more = json.clone();
            assert_eq!(serde_json::from_value::<Policy>(json).unwrap(), policy);
            more["speed"] = 1.into();
            assert!(serde_json::from_value::<Policy>(more).is_err());
        }
    }
}
