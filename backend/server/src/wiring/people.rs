//! The job that forgets names and addresses, if the operator wants that.

use crate::context::Context;
use crate::service::Job;
use gateline_core::shared::People;
use gateline_core::shared::people::{self, Kept};
use std::sync::Arc;

/// The job over what one service keeps; `None` where people are kept for good.
pub(super) fn forgetting(
    context: &Context,
    name: &'static str,
    people: Arc<dyn People>,
    kept: Kept,
) -> Option<Job> {
    let kept_ms = kept.for_ms(context.config.retain_personal_days?);
    let clock = Arc::clone(&context.clock);
    Some(Job::new(name, move |stop| {
        people::run(Arc::clone(&people), Arc::clone(&clock), kept_ms, stop)
    }))
}
