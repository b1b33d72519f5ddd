//! The price that follows demand.
//!
//! Time is cut into windows. At the end of one, what was ordered in it is held
//! to what was to be ordered. Within the tolerance (and within one ticket) the
//! price stays. Beyond it, it moves by one step. A turn, from rising to falling
//! or back, takes two windows in a row that say so: one odd window does not make
//! the price go to and fro.

use super::{Current, Decision, DemandPolicy, Market, Memory, Move, Target, Window};
use gateline_common::pricing::PriceReason;
use gateline_common::{Money, Timestamp};

const MINUTE_MS: i64 = 60_000;
/// Demand is counted in hundredths of a ticket: a window may expect 2.5.
const HUNDREDTHS: i64 = 100;

pub(super) fn decide(
    policy: &DemandPolicy,
    market: &Market,
    current: &Current,
    now: Timestamp,
) -> Decision {
    let within = within(policy, current.price);
    let stays = |window: Option<Window>, look_at| Decision {
        price: within,
        is_list: false,
        reason: (within != current.price).then_some(PriceReason::DemandBegins),
        memory: Memory {
            window,
            ..Memory::default()
        },
        look_at,
    };
    if !market.is_open {
        return stays(None, market.opens.filter(|opens| *opens > now));
    }
    let length = policy.length_ms();
    let Some(window) = current.memory.window else {
        let window = Window::begin(now, market.ordered, None);
        return stays(Some(window), Some(now.plus_ms(length)));
    };
    let passed = now.since_ms(window.from) / length;
    if passed < 1 {
        return stays(Some(window), Some(window.from.plus_ms(length)));
    }
    let until = window.from.plus_ms(passed.saturating_mul(length));
    let figures = figures(policy, market, &window, passed);
    let (moves, after) = turn(&window, vote(policy, &figures));
    let after = Window {
        from: until,
        ordered: market.ordered,
        ..after
    };
    let stays = stays(Some(after), Some(until.plus_ms(length)));
    let price = match moves {
        Some(Move::Up) => within_by(policy, within, policy.step.minor),
        Some(Move::Down) => within_by(policy, within, -policy.step.minor),
        None => within,
    };
    if price == within {
        return stays;
    }
    Decision {
        price,
        reason: Some(PriceReason::Demand {
            from: window.from,
            until,
            ordered: figures.ordered,
            expected_hundredths: u64::try_from(figures.expected_hundredths).unwrap_or(0),
            ordered_in_all: market.ordered,
            limit: market.limit,
        }),
        ..stays
    }
}

/// `price`, between floor and ceiling.
fn within(policy: &DemandPolicy, price: Money) -> Money {
    within_by(policy, price, 0)
}

fn within_by(policy: &DemandPolicy, price: Money, by: i64) -> Money {
    let minor = price.minor.saturating_add(by);
    let minor = minor.min(policy.ceiling.minor).max(policy.floor.minor);
    Money::new(minor, policy.floor.currency)
}

struct Figures {
    /// Ordered in the window, less what came back.
    ordered: i64,
    expected_hundredths: i64,
    /// There was nothing left to order when it began.
    was_sold_out: bool,
}

fn figures(policy: &DemandPolicy, market: &Market, window: &Window, passed: i64) -> Figures {
    let (limit, begun) = (i64::from(market.limit), i64::from(window.ordered));
    let expected = match policy.target {
        Target::TicketsPerWindow(tickets) => {
            (i64::from(tickets) * HUNDREDTHS).saturating_mul(passed)
        }
        Target::SellThroughPercent(percent) => {
            let goal = (limit * i64::from(percent) + 99) / 100;
            let missing = (goal - begun).max(0);
            let left_ms = market.ends.since_ms(window.from).max(1);
            let windows = (left_ms - 1) / policy.length_ms() + 1;
            let share = i128::from(missing * HUNDREDTHS) * i128::from(passed.min(windows));
            i64::try_from(share / i128::from(windows)).unwrap_or(i64::MAX)
        }
    };
    let left = (limit - begun).max(0);
    Figures {
        ordered: i64::from(market.ordered) - begun,
        expected_hundredths: expected.min(left * HUNDREDTHS),
        was_sold_out: left == 0,
    }
}

/// What one window says.
fn vote(policy: &DemandPolicy, figures: &Figures) -> Option<Move> {
    if figures.was_sold_out {
        return None;
    }
    let expected = figures.expected_hundredths;
    let tolerated = expected / 100 * i64::from(policy.tolerance_percent)
        + expected % 100 * i64::from(policy.tolerance_percent) / 100;
    let tolerated = tolerated.max(HUNDREDTHS);
    let off = figures.ordered * HUNDREDTHS - expected;
    match off {
        _ if off > tolerated => Some(Move::Up),
        _ if off < -tolerated => Some(Move::Down),
        _ => None,
    }
}

/// Whether the price moves by `vote`, and what is kept of it.
fn turn(window: &Window, vote: Option<Move>) -> (Option<Move>, Window) {
    let Some(vote) = vote else {
        return (None, window.turning(false));
    };
    match window.moved {
        Some(before) if before != vote && !window.is_turning => (None, window.turning(true)),
        _ => {
            let moved = Window {
                moved: Some(vote),
                ..window.turning(false)
            };
            (Some(vote), moved)
        }
    }
}

impl DemandPolicy {
    pub(super) fn length_ms(&self) -> i64 {
        i64::from(self.window_minutes.max(1)) * MINUTE_MS
    }
}

impl Window {
    fn begin(from: Timestamp, ordered: u32, moved: Option<Move>) -> Self {
        Self {
            from,
            ordered,
            moved,
            is_turning: false,
        }
    }

    const fn turning(&self, is_turning: bool) -> Self {
        Self {
            is_turning,
            ..*self
        }
    }
}
