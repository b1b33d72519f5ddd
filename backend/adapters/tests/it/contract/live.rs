//! The promises of `Live`, over two instances of an installation.

use gateline_common::ids::{EventId, OrgId};
use gateline_core::checkin::{Changed, Live, Watch};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

macro_rules! live_promises {
    ($open:path) => {
        $crate::promises!(live, $open:
            a_change_wakes_those_whom_it_concerns_in_every_instance,
            whoever_was_woken_is_woken_again_by_what_changes_then,
            a_watcher_that_is_far_behind_is_woken_and_hears_what_comes_next,
        );
    };
}

/// Two instances, and what must live as long as they are used.
pub(crate) struct Instances {
    pub(crate) one: Arc<dyn Live>,
    pub(crate) other: Arc<dyn Live>,
    pub(crate) _keep: Box<dyn Any>,
}

const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const fn changed(event: Option<EventId>) -> Changed {
    Changed {
        org: OrgId(Uuid::from_u128(1)),
        event,
    }
}

pub(crate) async fn woken_by(watch: &mut Watch, change: Changed) {
    let concerns = |told: &Changed| *told == change;
    let woken = tokio::time::timeout(DEADLINE, watch.changed(concerns));
    assert!(woken.await.expect("nobody woke it"));
}

pub(crate) async fn a_change_wakes_those_whom_it_concerns_in_every_instance(live: Instances) {
    let (mut here, mut there) = (live.one.watch(), live.other.watch());
    for event in [Some(EventId(7)), None] {
        live.one.tell(changed(Some(EventId(8))));
        live.one.tell(changed(event));
        woken_by(&mut here, changed(event)).await;
        woken_by(&mut there, changed(event)).await;
    }
}

pub(crate) async fn whoever_was_woken_is_woken_again_by_what_changes_then(live: Instances) {
    let change = changed(Some(EventId(7)));
    let mut watch = live.other.watch();
    for _ in 0..50 {
        live.one.tell(change);
        woken_by(&mut watch, change).await;
    }
}

pub(crate) async fn a_watcher_that_is_far_behind_is_woken_and_hears_what_comes_next(
    live: Instances,
) {
    let mut watch = live.other.watch();
    for event in 0..5_000 {
        live.one.tell(changed(Some(EventId(event))));
    }
    woken_by(&mut watch, changed(Some(EventId(1)))).await;
    live.one.tell(changed(None));
    woken_by(&mut watch, changed(None)).await;
}
