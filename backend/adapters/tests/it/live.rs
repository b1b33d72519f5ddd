//! Fan-out of live changes within one process.

use crate::contract::live::Instances;
use gateline_core::checkin::{Live, LiveInProcess};
use std::sync::Arc;

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
