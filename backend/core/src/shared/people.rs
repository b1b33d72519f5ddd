//! Names and addresses of buyers and guests, in what services keep of events. They go
//! when the event has been over for as long as the operator wants them kept; without
//! such a wish they stay.
//!
//! Always true: figures, money, ids, codes, and what devices signed stay as they are,
//! so everything can still be counted and proved. Accounts are not an event's, and
//! stay.

use crate::shared::{Clock, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::EventId;
use gateline_common::time::DAY_MS;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Rows in one write: others wait no longer than these take.
const AT_ONCE: u32 = 200;
const EVERY: Duration = Duration::from_secs(3600);

/// An event that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The event.
    pub event: EventId,
    /// When it ended.
    pub at: Timestamp,
}

/// The people in what one service keeps.
#[async_trait]
pub trait People: Send + Sync {
    /// Events that ended before `before` and were not gone through to the end since,
    /// the earliest first. One that was postponed is another one here.
    async fn ended(&self, before: Timestamp) -> Result<Vec<Ended>, StoreError>;
    /// Takes the people out of up to `limit` further rows about the event, in one
    /// transaction with how far that has come. Says whether there may be more.
    async fn forget(&self, ended: Ended, limit: u32) -> Result<bool, StoreError>;
    /// Takes them out of what nobody tries any more since before `before`. Says how
    /// much that was.
    async fn forget_given_up(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Whose rows they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The service's own.
    Own,
    /// Copied from another one: kept a day longer, so that what is under way when the
    /// owner forgets brings nothing back.
    Copied,
}

impl Kept {
    /// For how long, in milliseconds, where the operator wants so many days.
    #[must_use]
    pub fn for_ms(self, days: u32) -> i64 {
        let days = i64::from(days) + i64::from(self == Self::Copied);
        days.saturating_mul(DAY_MS)
    }
}

/// Forgets people `kept_ms` after their events ended, until `stop`.
pub async fn run(
    people: Arc<dyn People>,
    clock: Arc<dyn Clock>,
    kept_ms: i64,
    stop: CancellationToken,
) {
    loop {
        let before = clock.now().plus_ms(-kept_ms);
        match forget(people.as_ref(), before, &stop).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "forgot the people of events that are over"),
            Err(error) => tracing::warn!(%error, "people of events that are over stay for now"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Forgets the people of every event that ended before `before`; says of how many.
async fn forget(
    people: &dyn People,
    before: Timestamp,
    stop: &CancellationToken,
) -> Result<usize, StoreError> {
    let ended = people.ended(before).await?;
    for event in &ended {
        while people.forget(*event, AT_ONCE).await? {
            if stop.is_cancelled() {
                return Ok(0);
            }
        }
    }
    people.forget_given_up(before).await?;
    Ok(ended.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::clock::ManualClock;
    use std::sync::Mutex;

    /// Events, each with how many rows it still has.
    struct Shelf(Mutex<Vec<(Ended, u32)>>);

    #[async_trait]
    impl People for Shelf {
        async fn ended(&self, before: Timestamp) -> Result<Vec<Ended>, StoreError> {
            let events = self.0.lock().unwrap();
            let ended = events
                .iter()
                .filter(|(it, rows)| it.at < before && *rows > 0);
            Ok(ended.map(|(ended, _)| *ended).collect())
        }

        async fn forget(&self, ended: Ended, limit: u32) -> Result<bool, StoreError> {
            let mut events = self.0.lock().unwrap();
            let (_, rows) = events.iter_mut().find(|(it, _)| *it == ended).unwrap();
            let more = *rows >= limit;
            *rows = rows.saturating_sub(limit);
            Ok(more)
        }

        async fn forget_given_up(&self, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    fn event(id: u32, at: i64) -> Ended {
        Ended {
            event: EventId(id),
            at: Timestamp(at),
        }
    }

    #[test]
    fn what_was_copied_is_kept_a_day_longer_than_what_is_a_services_own() {
        assert_eq!(Kept::Own.for_ms(30), 30 * DAY_MS);
        assert_eq!(Kept::Copied.for_ms(30), 31 * DAY_MS);
        assert_eq!(Kept::Own.for_ms(0), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn people_are_forgotten_once_their_event_has_been_over_for_long_enough() {
        let (early, late) = (event(1, 0), event(2, DAY_MS));
        let shelf = Arc::new(Shelf(Mutex::new(vec![(early, 450), (late, 1)])));
        let clock = Arc::new(ManualClock::new(Timestamp(10 * DAY_MS + 1)));
        let stop = CancellationToken::new();
        let (people, time) = (Arc::clone(&shelf), Arc::clone(&clock));
        let running = tokio::spawn(run(people, time, 10 * DAY_MS, stop.clone()));
        let left = || {
            shelf
                .0
                .lock()
                .unwrap()
                .iter()
                .map(|(_, rows)| *rows)
                .collect()
        };
        tokio::time::sleep(EVERY / 2).await;
        let rows: Vec<u32> = left();
        assert_eq!(rows, [0, 1]);
        clock.advance_ms(DAY_MS);
        tokio::time::sleep(EVERY).await;
        let rows: Vec<u32> = left();
        assert_eq!(rows, [0, 0]);
        stop.cancel();
        running.await.unwrap();
    }
}
