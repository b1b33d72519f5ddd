//! What wakes dashboards and gates where several instances of check-in run: a change
//! that one tells wakes the watchers of all.

use gateline_core::checkin::{Changed, Live, LiveInProcess, Watch};
use gateline_core::shared::Signals;
use gateline_core::shared::signals::{Heard, Listener};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What topics of such changes begin with.
const TOPIC: &str = "checkin ";

/// Over signals that all instances hear. Ends when it is dropped.
pub struct LiveOverSignals {
    here: Arc<LiveInProcess>,
    told: mpsc::UnboundedSender<Changed>,
    _ends: DropGuard,
}

impl LiveOverSignals {
    /// Begins to tell and to hear, in the background.
    #[must_use]
    pub fn start(signals: Arc<dyn Signals>) -> Self {
        let here = Arc::new(LiveInProcess::default());
        let (told, queue) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let ended = stop.clone();
        let hearing = hear(signals.listen(), Arc::clone(&here));
        tokio::spawn(async move {
            tokio::select! {
                () = pass_on(queue, signals) => {}
                () = hearing => {}
                () = ended.cancelled() => {}
            }
        });
        Self {
            here,
            told,
            _ends: stop.drop_guard(),
        }
    }
}

impl Live for LiveOverSignals {
    fn tell(&self, changed: Changed) {
        self.here.tell(changed);
        // The other end is gone only when this is.
        let _ = self.told.send(changed);
    }

    fn watch(&self) -> Watch {
        self.here.watch()
    }
}

async fn pass_on(mut queue: mpsc::UnboundedReceiver<Changed>, signals: Arc<dyn Signals>) {
    while let Some(changed) = queue.recv().await {
        if let Ok(text) = serde_json::to_string(&changed) {
            signals.tell(&format!("{TOPIC}{text}")).await;
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
        if let Some(Ok(changed)) = told {
            here.tell(changed);
        }
    }
}
