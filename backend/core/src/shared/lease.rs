//! Jobs of which one instance at a time does the work, where several instances of
//! a service run.
//!
//! Always true: nobody trusts another machine's clock. Who holds a lease counts it
//! up; who wants it takes it when the count has stood still for long enough by its
//! own clock. Who cannot count it up stops well before that. What such a job does
//! must still be right when it is done twice: a process can sleep at any moment.

use crate::shared::{StoreError, random};
use async_trait::async_trait;
use futures::future::BoxFuture;
use gateline_common::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the holder counts up, and others look.
const EVERY: Duration = Duration::from_millis(1_500);
/// After so long without a count the holder stops.
const HELD_FOR: Duration = Duration::from_secs(4);
/// After so long without a count another takes it.
const STANDS_STILL_FOR: Duration = Duration::from_secs(8);

/// A lease as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it; nil if it was given back.
    pub holder: Uuid,
    /// Rises with each take.
    pub count: u64,
}

impl Lease {
    /// Was it given back?
    #[must_use]
    pub fn is_free(self) -> bool {
        self.holder.is_nil()
    }
}

/// Leases, by name.
#[async_trait]
pub trait Leases: Send + Sync {
    /// The lease as it stands, if anybody ever had it.
    async fn look(&self, name: &str) -> Result<Option<Lease>, StoreError>;
    /// Gives the lease to `holder` and counts it up, if it still stands as `seen`.
    /// Of several who saw the same, one gets it. Says whether it did.
    async fn take(&self, name: &str, seen: Option<Lease>, holder: Uuid)
    -> Result<bool, StoreError>;
}

/// Work that can be begun again: runs until its token is cancelled.
pub type Repeatable = Arc<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;

/// Runs `job` whenever this instance holds the lease `name`, until `stop`. A job
/// that returns before its time ends this too.
pub async fn alone(
    leases: Arc<dyn Leases>,
    name: &'static str,
    job: Repeatable,
    stop: CancellationToken,
) {
    let mut seat = Seat {
        leases,
        name,
        own: random::uuid(Timestamp(0)),
        seen: None,
        since: Instant::now(),
    };
    while !stop.is_cancelled() {
        if seat.is_to_be_had().await && !seat.work(&job, &stop).await {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}

struct Seat {
    leases: Arc<dyn Leases>,
    name: &'static str,
    own: Uuid,
    seen: Option<Lease>,
    /// Since when it stands as it was seen.
    since: Instant,
}

impl Seat {
    /// Takes the lease if it is free or has stood still for long enough.
    async fn is_to_be_had(&mut self) -> bool {
        let found = match self.leases.look(self.name).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(job = self.name, %error, "a lease cannot be read");
                return false;
            }
        };
        if found != self.seen {
            self.seen = found;
            self.since = Instant::now();
        }
        let free = found.is_none_or(Lease::is_free);
        (free || self.since.elapsed() >= STANDS_STILL_FOR) && self.take(self.own).await
    }

    /// Takes it, keeps it or (for nobody) gives it back.
    async fn take(&mut self, holder: Uuid) -> bool {
        match self.leases.take(self.name, self.seen, holder).await {
            Ok(true) => {
                let count = self.seen.map_or(0, |lease| lease.count) + 1;
                self.seen = Some(Lease { holder, count });
                self.since = Instant::now();
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(job = self.name, %error, "a lease cannot be kept");
                false
            }
        }
    }

    /// Works as long as the lease is kept; `false`: the job ended by itself.
    async fn work(&mut self, job: &Repeatable, stop: &CancellationToken) -> bool {
        tracing::info!(job = self.name, "this instance does it now");
        let held = metrics::gauge!("gateline_lease_held", "work" => self.name);
        held.set(1.0);
        let enough = stop.child_token();
        let mut working = job(enough.clone());
        loop {
            tokio::select! {
                () = &mut working => break,
                () = tokio::time::sleep(EVERY), if !enough.is_cancelled() => {
                    if !self.is_kept().await {
                        tracing::warn!(job = self.name, "the lease is lost; this instance stops it");
                        enough.cancel();
                    }
                }
            }
        }
        held.set(0.0);
        if stop.is_cancelled() {
            self.take(Uuid::nil()).await;
        }
        enough.is_cancelled()
    }

    /// Counts up. Where that fails, the lease is kept for as long as nobody else can
    /// have taken it.
    async fn is_kept(&mut self) -> bool {
        if self.take(self.own).await {
            return true;
        }
        match self.leases.look(self.name).await {
            // The answer to a take was lost.
            Ok(Some(found)) if found.holder == self.own => {
                self.seen = Some(found);
                self.since = Instant::now();
                true
            }
            Ok(_) => false,
            Err(_) => self.since.elapsed() < HELD_FOR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Shelf {
        leases: Mutex<HashMap<String, Lease>>,
        away: CancellationToken,
    }

    #[async_trait]
    impl Leases for Shelf {
        async fn look(&self, name: &str) -> Result<Option<Lease>, StoreError> {
            if self.away.is_cancelled() {
                return Err(StoreError::Failed("away".to_owned()));
            }
            Ok(self.leases.lock().unwrap().get(name).copied())
        }

        async fn take(
            &self,
            name: &str,
            seen: Option<Lease>,
            holder: Uuid,
        ) -> Result<bool, StoreError> {
            if self.away.is_cancelled() {
                return Err(StoreError::Failed("away".to_owned()));
            }
            let mut leases = self.leases.lock().unwrap();
            if leases.get(name).copied() != seen {
                return Ok(false);
            }
            let count = seen.map_or(0, |lease| lease.count) + 1;
            leases.insert(name.to_owned(), Lease { holder, count });
            Ok(true)
        }
    }

    /// A job that counts how many of it run.
    fn counted(running: &Arc<AtomicUsize>) -> Repeatable {
        let running = Arc::clone(running);
        Arc::new(move |stop| {
            let running = Arc::clone(&running);
            Box::pin(async move {
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two at a time");
                stop.cancelled().await;
                running.fetch_sub(1, Ordering::SeqCst);
            })
        })
    }

    async fn until(mut holds: impl FnMut() -> bool) {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_instance_works_and_another_goes_on_where_it_stops() {
        let shelf = Arc::new(Shelf::default());
        let running = Arc::new(AtomicUsize::new(0));
        let start = |stop: &CancellationToken| {
            let leases = Arc::clone(&shelf) as Arc<dyn Leases>;
            tokio::spawn(alone(leases, "mail", counted(&running), stop.clone()))
        };
        let (first, second) = (CancellationToken::new(), CancellationToken::new());
        let one = start(&first);
        until(|| running.load(Ordering::SeqCst) == 1).await;
        let two = start(&second);
        first.cancel();
        one.await.unwrap();
        assert_eq!(running.load(Ordering::SeqCst), 0);
        until(|| running.load(Ordering::SeqCst) == 1).await;
        second.cancel();
        two.await.unwrap();
    }

    #[tokio::test]
    async fn a_job_that_ends_by_itself_is_told_to_whoever_watches() {
        let shelf: Arc<dyn Leases> = Arc::new(Shelf::default());
        let ends: Repeatable = Arc::new(|_| Box::pin(async {}));
        let over = alone(shelf, "mail", ends, CancellationToken::new());
        tokio::time::timeout(Duration::from_secs(10), over)
            .await
            .unwrap();
    }
}
