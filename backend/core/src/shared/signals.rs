//! Signals: wakes whoever listens, in this process and in others, when
//! something changed. Says only what changed; the listener reads how.
//!
//! Promise of every adapter: after a signal every listener is woken eventually,
//! perhaps more often, and perhaps only with the word that it may have missed
//! some. So a listener that reads anew whenever it is woken is never behind for
//! long, and one that waits for a certain signal must not wait for it alone.

use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Signals that a slow listener may be behind before it only hears that it
/// missed some.
const BACKLOG: usize = 1_024;

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Of this something changed.
    Topic(Arc<str>),
    /// Of anything something may have changed.
    Anything,
}

/// The signals.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells all listeners that something of `topic` changed. Never fails:
    /// whoever cannot be reached now is woken later.
    async fn tell(&self, topic: &str);
    /// Listens from now on.
    fn listen(&self) -> Listener;
}

/// A listener.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Heard>);

impl Listener {
    /// Waits for the next signal. `None` when nothing can come any more.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(heard) => Some(heard),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Heard::Anything),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Signals within this process.
#[derive(Debug)]
pub struct InProcessSignals(broadcast::Sender<Heard>);

impl Default for InProcessSignals {
    fn default() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }
}

impl InProcessSignals {
    /// Wakes everybody.
    pub fn tell_all(&self) {
        // Nobody may be listening; that is no failure.
        drop(self.0.send(Heard::Anything));
    }
}

#[async_trait]
impl Signals for InProcessSignals {
    async fn tell(&self, topic: &str) {
        drop(self.0.send(Heard::Topic(topic.into())));
    }

    fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}
