//! What can happen on the market, and how likely each is.

use super::{HOLD_MS, TYPES};
use gateline_core::payments::TestMethod;
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Place(u16, u32),
    Change(usize, u16, u32),
    Cancel(usize),
    Pay(usize, TestMethod),
    Refund(usize),
    Limit(u16, u32),
    /// Delivers one waiting event, and perhaps keeps it for a repeat.
    Deliver(usize, bool),
    Wait(i64),
    Jobs,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let any = 0..64usize;
    let method = prop_oneof![
        3 => Just(TestMethod::Pays),
        1 => Just(TestMethod::Declines),
        2 => Just(TestMethod::PaysLate),
        2 => Just(TestMethod::PaysTwice),
        1 => Just(TestMethod::NeverPays),
    ];
    prop_oneof![
        4 => (0..TYPES, 1..3u32).prop_map(|(t, n)| Step::Place(t, n)),
        1 => (any.clone(), 0..TYPES, 1..3u32).prop_map(|(i, t, n)| Step::Change(i, t, n)),
        1 => any.clone().prop_map(Step::Cancel),
        5 => (any.clone(), method).prop_map(|(i, m)| Step::Pay(i, m)),
        1 => any.clone().prop_map(Step::Refund),
        1 => (0..TYPES, 0..8u32).prop_map(|(t, n)| Step::Limit(t, n)),
        9 => (any, prop::bool::ANY).prop_map(|(i, again)| Step::Deliver(i, again)),
        2 => (0..HOLD_MS).prop_map(Step::Wait),
        3 => Just(Step::Jobs),
    ]
}
