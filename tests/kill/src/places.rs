//! What is going on at a moment, and waiting for the moment at which something is.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Something that is under way when a program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A store of an older version is brought up to date.
    Migrating,
    /// The program starts.
    StartingUp,
    /// A gate becomes a device.
    Enrolling,
    /// An order is placed.
    Placing,
    /// An order is paid.
    Paying,
    /// An order is given up.
    Cancelling,
    /// An order is paid back.
    Refunding,
    /// A limit or a ticket is changed.
    Changing,
    /// A gate sends records.
    Uploading,
    /// A gate asks the server about an admission.
    Confirming,
    /// A gate fetches the list.
    SyncingList,
    /// A gate decides and writes.
    Scanning,
    /// Somebody looks at tickets.
    Looking,
    /// Nothing of the above.
    Idle,
}

impl Place {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Migrating => "migrating the store",
            Self::StartingUp => "starting up",
            Self::Enrolling => "enrolling",
            Self::Placing => "placing an order",
            Self::Paying => "paying",
            Self::Cancelling => "cancelling",
            Self::Refunding => "refunding",
            Self::Changing => "changing a limit or a ticket",
            Self::Uploading => "uploading scans",
            Self::Confirming => "confirming an admission",
            Self::SyncingList => "syncing the list",
            Self::Scanning => "scanning",
            Self::Looking => "looking at tickets",
            Self::Idle => "idle",
        }
    }
}

/// Of whom: a gate by its slot, or anybody.
type Whose = Option<usize>;

/// What is under way. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    under_way: Mutex<BTreeMap<(Place, Whose), usize>>,
    entered: Notify,
}

/// Something is under way until this is dropped.
#[derive(Debug)]
pub struct Here {
    places: Places,
    at: (Place, Whose),
}

impl Places {
    /// Something begins.
    #[must_use]
    pub fn enter(&self, place: Place, whose: Option<usize>) -> Here {
        let at = (place, whose);
        *self.lock().entry(at).or_default() += 1;
        self.0.entered.notify_waiters();
        Here {
            places: self.clone(),
            at,
        }
    }

    /// What is under way: of this gate, or of anybody.
    #[must_use]
    pub fn under_way(&self, gate: Option<usize>) -> Vec<Place> {
        let mut places: Vec<Place> = self
            .lock()
            .keys()
            .filter(|(_, whose)| gate.is_none() || *whose == gate)
            .map(|(place, _)| *place)
            .collect();
        places.dedup();
        places
    }

    /// Waits until `place` is under way, of this gate or of anybody; false when it
    /// was not within `limit`.
    pub async fn reached(&self, place: Place, gate: Option<usize>, limit: Duration) -> bool {
        let reached = async {
            loop {
                let entered = self.0.entered.notified();
                if self.under_way(gate).contains(&place) {
                    return;
                }
                entered.await;
            }
        };
        tokio::time::timeout(limit, reached).await.is_ok()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Place, Whose), usize>> {
        let under_way = self.0.under_way.lock();
        under_way.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let mut under_way = self.places.lock();
        if let Some(count) = under_way.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.at);
            }
        }
    }
}
