//! Wakes whoever watches: dashboards when figures change, gates when there is
//! something to sync. Says only that something changed; the watcher reads what.

use gateline_common::ids::{EventId, OrgId};
use tokio::sync::broadcast;

/// Changes that a slow watcher may be behind before it only hears "changed".
const BACKLOG: usize = 1_024;

/// Something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Whose.
    pub org: OrgId,
    /// Which event's list, passages or figures; `None` is the manifest.
    pub event: Option<EventId>,
}

/// Fan-out of changes within this process.
#[derive(Debug)]
pub struct Live(broadcast::Sender<Changed>);

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl Live {
    /// Tells of changes of events, or (none given) of the manifest.
    pub fn changed(&self, org: OrgId, events: impl IntoIterator<Item = EventId>) {
        let mut events = events.into_iter().map(Some).peekable();
        if events.peek().is_none() {
            drop(self.0.send(Changed { org, event: None }));
        }
        for event in events {
            // Nobody may be watching; that is no failure.
            drop(self.0.send(Changed { org, event }));
        }
    }

    /// Watches from now on.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }
}

/// A watcher.
#[derive(Debug)]
pub struct Watch(broadcast::Receiver<Changed>);

impl Watch {
    /// Waits for a change that `concerns` the watcher, and swallows those that
    /// are there already. False when nothing can come any more.
    pub async fn changed(&mut self, concerns: impl Fn(&Changed) -> bool) -> bool {
        loop {
            match self.0.recv().await {
                Ok(changed) if concerns(&changed) => break,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => break,
                Err(broadcast::error::RecvError::Closed) => return false,
            }
        }
        while !matches!(
            self.0.try_recv(),
            Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed)
        ) {}
        true
    }
}
