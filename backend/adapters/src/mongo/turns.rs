//! Writers of one event take turns within this process, where all of them write the
//! same document: at once only one gets through, who tries again and again costs more
//! than who waits, and the one with the most to do would never come to its end.
//! Writers in other instances are met in the store.

use gateline_common::ids::EventId;
use std::collections::BTreeSet;
use tokio::sync::{Mutex, MutexGuard};

/// Events that share a turn do no harm.
const TURNS: usize = 64;

pub(super) struct Turns([Mutex<()>; TURNS]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Turns {
    /// Waits for the turns of all of these events; always in the same order, so
    /// nobody waits for each other.
    pub(super) async fn take(
        &self,
        events: impl Iterator<Item = EventId>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let turns: BTreeSet<usize> = events.map(|event| event.0 as usize % TURNS).collect();
        let mut taken = Vec::with_capacity(turns.len());
        for turn in turns {
            taken.push(self.0[turn].lock().await);
        }
        taken
    }
}
