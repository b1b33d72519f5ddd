//! Fan-out of live changes within one process, and over signals that stand still.

use crate::contract::live::{Instances, changed, woken_by};
use async_trait::async_trait;
use gateline_adapters::live::LiveOverSignals;
use gateline_common::ids::EventId;
use gateline_core::checkin::{Live, LiveInProcess};
use gateline_core::shared::Signals;
use gateline_core::shared::signals::{InProcessSignals, Listener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

async fn open() -> Instances {
    let one: Arc<dyn Live> = Arc::new(LiveInProcess::default());
    Instances {
        other: Arc::clone(&one),
        one,
        _keep: Box::new(()),
    }
}
live_promises!(open);

#[tokio::test]
async fn where_anything_may_have_changed_everybody_is_woken() {
    let live = LiveInProcess::default();
    let mut watch = live.watch();
    live.tell_all();
    assert!(watch.changed(|_| false).await);
}

/// Tells nobody anything until it is let go.
struct Held {
    here: InProcessSignals,
    lets_go: Semaphore,
    told: AtomicUsize,
}

#[async_trait]
impl Signals for Held {
    async fn tell(&self, topic: &str) {
        drop(self.lets_go.acquire().await);
        self.told.fetch_add(1, Ordering::SeqCst);
        self.here.tell(topic).await;
    }

    fn listen(&self) -> Listener {
        self.here.listen()
    }
}

#[tokio::test]
async fn while_others_cannot_be_told_little_is_kept_and_nobody_is_forgotten() {
    const MANY: u32 = 100_000;
    let held = Arc::new(Held {
        here: InProcessSignals::default(),
        lets_go: Semaphore::new(0),
        told: AtomicUsize::new(0),
    });
    let [one, other] = [(); 2].map(|()| LiveOverSignals::start(held.clone()));
    let told = || held.told.load(Ordering::SeqCst);
    let mut watch = other.watch();
    for _ in 0..MANY {
        one.tell(changed(Some(EventId(7))));
    }
    held.lets_go.add_permits(1);
    woken_by(&mut watch, changed(Some(EventId(7)))).await;
    assert_eq!(told(), 1, "one that waits is the same as many");

    held.lets_go.forget_permits(1);
    let mut watches = [other.watch(), other.watch()];
    for event in 0..MANY {
        one.tell(changed(Some(EventId(event))));
    }
    held.lets_go.add_permits(1);
    for (watch, event) in watches.iter_mut().zip([0, MANY - 1]) {
        woken_by(watch, changed(Some(EventId(event)))).await;
    }
    assert!(told() < 3_000, "{} were kept", told());
}
