//! What the rules promise: properties over random scans and random logs, and
//! the examples that are not scenarios. (The scenarios, `tests/scenarios`, are
//! run against this crate by the workspace's own tests.)
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod cancelled_event;
mod deciding;
mod entering_rules;
mod fixtures;
mod in_all_the_same;
mod reading_logs;
mod reconciling;
mod telling;
