//! Wakes whoever watches: dashboards when figures change, gates when there is
//! something to sync. Says only that something changed; the watcher reads what.

use gateline_common::ids::{EventId, OrgId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// Changes that a slow watcher may be behind before it only hears "changed".
const BACKLOG: usize = 1_024;

/// Something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Changed {
    /// Whose.
    pub org: OrgId,
    /// Which event's list, passages or figures; `None` is the manifest.
    pub event: Option<EventId>,
}

/// Fan-out of changes to all watchers of an installation, in whichever instance they
/// wait.
///
/// Promised by every adapter: whoever watches is woken after each change that it is
/// concerned with and that was told after it began, also in another instance. Several
/// changes may wake once, and it may be woken for nothing; where the way between
/// instances was broken, all are woken when it is whole again. Telling never waits
/// and never fails: what was told is stored already.
pub trait Live: Send + Sync {
    /// Tells of a change that is stored.
    fn tell(&self, changed: Changed);
    /// Watches from now on.
    fn watch(&self) -> Watch;
}

/// Tells of changes of events, or (none given) of the manifest.
pub(super) fn tell(live: &dyn Live, org: OrgId, events: impl IntoIterator<Item = EventId>) {
    let mut events = events.into_iter().map(Some).peekable();
    if events.peek().is_none() {
        live.tell(Changed { org, event: None });
    }
    for event in events {
        live.tell(Changed { org, event });
    }
}

/// Fan-out within this process. An adapter that reaches other instances hands what it
/// hears from them to one of these.
#[derive(Debug)]
pub struct LiveInProcess(broadcast::Sender<Option<Changed>>);

impl Default for LiveInProcess {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl LiveInProcess {
    /// Anything may have changed: wakes everybody.
    pub fn tell_all(&self) {
        drop(self.0.send(None));
    }
}

impl Live for LiveInProcess {
    fn tell(&self, changed: Changed) {
        // Nobody may be watching; that is no failure.
        drop(self.0.send(Some(changed)));
    }

    fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }
}

/// A watcher.
#[derive(Debug)]
pub struct Watch(broadcast::Receiver<Option<Changed>>);

impl Watch {
    /// Waits for a change that `concerns` the watcher, and swallows those that
    /// are there already. False when nothing can come any more.
    pub async fn changed(&mut self, concerns: impl Fn(&Changed) -> bool) -> bool {
        loop {
            match self.0.recv().await {
                Ok(changed) if changed.as_ref().is_none_or(&concerns) => break,
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
