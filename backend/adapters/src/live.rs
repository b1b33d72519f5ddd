//! What wakes dashboards and gates where several instances of check-in run: a change
//! that one tells wakes the watchers of all.
//!
//! What other instances were not told yet is bounded, however long they cannot be
//! reached: a change that waits already waits once, and where too many differ, all
//! watchers are woken instead.

use gateline_core::checkin::{Changed, Live, LiveInProcess, Watch};
use gateline_core::shared::Signals;
use gateline_core::shared::signals::{Heard, Listener};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What topics of such changes begin with.
const TOPIC: &str = "checkin ";
/// Changes that wait to be told.
const MOST_UNTOLD: usize = 1_024;

/// Over signals that all instances hear. Ends when it is dropped.
pub struct LiveOverSignals {
    here: Arc<LiveInProcess>,
    untold: Arc<Untold>,
    _ends: DropGuard,
}

impl LiveOverSignals {
    /// Begins to tell and to hear, in the background.
    #[must_use]
    pub fn start(signals: Arc<dyn Signals>) -> Self {
        let here = Arc::new(LiveInProcess::default());
        let untold = Arc::new(Untold::default());
        let passing_on = pass_on(Arc::clone(&untold), Arc::clone(&signals));
        let stop = CancellationToken::new();
        let ended = stop.clone();
        let hearing = hear(signals.listen(), Arc::clone(&here));
        tokio::spawn(async move {
            tokio::select! {
                () = passing_on => {}
                () = hearing => {}
                () = ended.cancelled() => {}
            }
        });
        Self {
            here,
            untold,
            _ends: stop.drop_guard(),
        }
    }
}

impl Live for LiveOverSignals {
    fn tell(&self, changed: Changed) {
        self.here.tell(changed);
        self.untold.add(changed);
    }

    fn watch(&self) -> Watch {
        self.here.watch()
    }
}

/// What other instances are to be told.
#[derive(Default)]
struct Untold {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

enum Waiting {
    These(HashSet<Changed>),
    /// Anything may have changed.
    Anything,
}

impl Default for Waiting {
    fn default() -> Self {
        Self::These(HashSet::new())
    }
}

impl Untold {
    fn add(&self, changed: Changed) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Waiting::These(changes) = &mut *waiting {
            changes.insert(changed);
            if changes.len() > MOST_UNTOLD {
                *waiting = Waiting::Anything;
            }
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// All of it; `None` is anything.
    async fn next(&self) -> Vec<Option<Changed>> {
        self.filled.notified().await;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::take(&mut *waiting) {
            Waiting::These(changes) => changes.into_iter().map(Some).collect(),
            Waiting::Anything => vec![None],
        }
    }
}

/// For ever.
async fn pass_on(untold: Arc<Untold>, signals: Arc<dyn Signals>) {
    loop {
        for changed in untold.next().await {
            if let Ok(text) = serde_json::to_string(&changed) {
                signals.tell(&format!("{TOPIC}{text}")).await;
            }
        }
    }
}

async fn hear(mut listener: Listener, here: Arc<LiveInProcess>) {
    while let Some(heard) = listener.next().await {
        let topic = match heard {
            Heard::Topic(topic) => topic,
            Heard::Anything => {
                here.tell_all();
                continue;
            }
        };
        let told = topic.strip_prefix(TOPIC).map(serde_json::from_str);
        match told {
            Some(Ok(Some(changed))) => here.tell(changed),
            Some(Ok(None)) => here.tell_all(),
            Some(Err(_)) | None => {}
        }
    }
}
