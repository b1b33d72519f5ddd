//! The promises of `Bus`, with the relay over a durable outbox before it, as the
//! server runs it: at least once, in no order, and nobody waits for a consumer
//! that fails.

use super::auth::{person, session};
use super::shared::Kernel;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Envelope};
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_core::shared::{
    Bus, Commit, ConsumeError, Consumer, Handler, StoreError, SystemClock, random, relay,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

macro_rules! bus_promises {
    ($open:path) => {
        $crate::store_promises!(bus, $open:
            every_consumer_gets_what_it_wants_and_nothing_else,
            an_event_that_nobody_wants_is_published,
            a_consumer_that_fails_gets_the_event_again_and_holds_up_nobody,
            what_waits_for_something_is_not_given_up_however_often_it_is_too_early,
            a_consumer_that_panics_gets_the_event_again_and_nobody_else_suffers,
            what_was_published_before_its_consumers_started_is_delivered,
            what_was_consumed_before_counts_as_done,
            what_consumers_did_not_finish_when_they_stopped_comes_again,
        );
    };
}

/// A bus, and processes that consume from it.
#[async_trait]
pub(crate) trait Fleet: Send + Sync {
    /// A bus to publish over, on which all of `consumers` are known and none of
    /// them runs yet.
    async fn bus(&self, consumers: &[Consumer]) -> Arc<dyn Bus>;
    /// Runs them in one process, until the guard is dropped.
    async fn run(&self, consumers: Vec<Consumer>) -> DropGuard;
}

/// Notes each event it gets, and does with it what the test says.
pub(crate) struct Recorder<F> {
    seen: Mutex<Vec<Uuid>>,
    does: F,
}

#[async_trait]
impl<F> Handler for Recorder<F>
where
    F: Fn(usize) -> Result<(), ConsumeError> + Send + Sync,
{
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let times = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(event.id);
            seen.iter().filter(|id| **id == event.id).count()
        };
        (self.does)(times)
    }
}

/// A handler that does this, told how often it has seen the event.
pub(crate) fn recorder<F>(does: F) -> Arc<Recorder<F>> {
    Arc::new(Recorder {
        seen: Mutex::default(),
        does,
    })
}

impl<F> Recorder<F> {
    /// All that it got, in its order.
    pub(crate) fn seen(&self) -> Vec<Uuid> {
        let seen = self.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often it got this one.
    pub(crate) fn times(&self, id: Uuid) -> usize {
        self.seen().iter().filter(|seen| **seen == id).count()
    }

    pub(crate) fn has_all(&self, ids: &[Uuid]) -> bool {
        let seen: std::collections::HashSet<Uuid> = self.seen().into_iter().collect();
        ids.iter().all(|id| seen.contains(id))
    }
}

/// A consumer of the kind that [`event`] is of.
pub(crate) fn consumer(name: &'static str, handler: Arc<dyn Handler>) -> Consumer {
    Consumer {
        name,
        kinds: &["ExpirationDue"],
        handler,
    }
}

pub(crate) fn event() -> BusEvent {
    BusEvent::ExpirationDue {
        order: OrderId(Uuid::nil()),
        due: Timestamp(0),
    }
}

/// Of a kind that no test's consumer wants, unless it says so.
fn other_event() -> BusEvent {
    BusEvent::DuplicateDetected {
        event: EventId(1),
        serial: Serial::truncate(1),
    }
}

/// Commits an event with some state change.
pub(crate) async fn commit(kernel: &Kernel, at: i64, event: BusEvent) -> Uuid {
    let commit = Commit::nothing().publishing("o:1".to_owned(), 1, Timestamp(at), event);
    let user = person(&random::short_code(12));
    let first = session(&user);
    let stored = kernel.auth.create_user(&user, &first, &commit).await;
    assert_eq!(stored, Ok(gateline_core::auth::Stored::Yes));
    commit.publish[0].id
}

/// An outbox whose events a relay takes to a bus.
pub(crate) struct House {
    pub(crate) kernel: Kernel,
    _relays: DropGuard,
}

impl House {
    pub(crate) async fn over(bus: Arc<dyn Bus>) -> Self {
        let kernel = crate::sqlite::kernel().await;
        let stop = CancellationToken::new();
        let (outbox, clock) = (kernel.outbox.clone(), Arc::new(SystemClock));
        tokio::spawn(relay::run(outbox, bus, clock, stop.clone()));
        Self {
            kernel,
            _relays: stop.drop_guard(),
        }
    }

    pub(crate) async fn commit(&self, count: i64) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for at in 0..count {
            ids.push(commit(&self.kernel, at, event()).await);
        }
        ids
    }

    pub(crate) async fn wait_until_published(&self) {
        let outbox = &self.kernel.outbox;
        let empty = async || outbox.backlog().await.unwrap().0 == 0;
        wait_until("everything is published", empty).await;
    }
}

/// Waits until it is so; for a broker that starts again, too.
pub(crate) async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn every_consumer_gets_what_it_wants_and_nothing_else(fleet: &impl Fleet) {
    let (first, second, other) = (
        recorder(|_| Ok(())),
        recorder(|_| Ok(())),
        recorder(|_| Ok(())),
    );
    let mut uninterested = consumer("other", other.clone());
    uninterested.kinds = &["DuplicateDetected"];
    let consumers = vec![
        consumer("first", first.clone()),
        consumer("second", second.clone()),
        uninterested,
    ];
    let house = House::over(fleet.bus(&consumers).await).await;
    let _runs = fleet.run(consumers).await;
    let ids = house.commit(5).await;
    let duplicate = commit(&house.kernel, 9, other_event()).await;
    house.wait_until_published().await;
    wait_until("each has its own", async || {
        first.has_all(&ids) && second.has_all(&ids) && other.has_all(&[duplicate])
    })
    .await;
    assert!(!first.has_all(&[duplicate]) && !second.has_all(&[duplicate]));
    assert!(other.seen().iter().all(|id| *id == duplicate));
}

pub(crate) async fn an_event_that_nobody_wants_is_published(fleet: &impl Fleet) {
    let consumers = vec![consumer("one", recorder(|_| Ok(())))];
    let house = House::over(fleet.bus(&consumers).await).await;
    let _runs = fleet.run(consumers).await;
    commit(&house.kernel, 1, other_event()).await;
    house.wait_until_published().await;
}

pub(crate) async fn a_consumer_that_fails_gets_the_event_again_and_holds_up_nobody(
    fleet: &impl Fleet,
) {
    let failing = recorder(|times| match times {
        1 => Err(ConsumeError::NotYet("its order")),
        2 => Err(ConsumeError::Store(StoreError::Conflict)),
        3 => Err(ConsumeError::Failed("a reason".into())),
        _ => Ok(()),
    });
    let calm = recorder(|_| Ok(()));
    let consumers = vec![
        consumer("failing", failing.clone()),
        consumer("calm", calm.clone()),
    ];
    let house = House::over(fleet.bus(&consumers).await).await;
    let _runs = fleet.run(consumers).await;
    let ids = house.commit(20).await;
    wait_until("the other has all", async || calm.has_all(&ids)).await;
    wait_until("each was tried until it was dealt with", async || {
        ids.iter().all(|id| failing.times(*id) >= 4)
    })
    .await;
    house.wait_until_published().await;
}

pub(crate) async fn what_waits_for_something_is_not_given_up_however_often_it_is_too_early(
    fleet: &impl Fleet,
) {
    // More tries than any adapter under test lets fail, and a failure among them.
    let waiting = recorder(|times| match times {
        4 => Err(ConsumeError::Failed("a reason".into())),
        5 | 6 => Err(ConsumeError::Store(StoreError::Away("no answer".into()))),
        ..=7 => Err(ConsumeError::NotYet("its order")),
        _ => Ok(()),
    });
    let consumers = vec![consumer("waiting", waiting.clone())];
    let house = House::over(fleet.bus(&consumers).await).await;
    let _runs = fleet.run(consumers).await;
    let ids = house.commit(3).await;
    wait_until("each was dealt with in the end", async || {
        ids.iter().all(|id| waiting.times(*id) > 7)
    })
    .await;
    house.wait_until_published().await;
}

pub(crate) async fn a_consumer_that_panics_gets_the_event_again_and_nobody_else_suffers(
    fleet: &impl Fleet,
) {
    let panicking = recorder(|times| {
        assert!(times > 1, "a bug");
        Ok(())
    });
    let calm = recorder(|_| Ok(()));
    let consumers = vec![
        consumer("panicking", panicking.clone()),
        consumer("calm", calm.clone()),
    ];
    let house = House::over(fleet.bus(&consumers).await).await;
    let _runs = fleet.run(consumers).await;
    let ids = house.commit(3).await;
    wait_until("the other has all", async || calm.has_all(&ids)).await;
    wait_until("each was tried again", async || {
        ids.iter().all(|id| panicking.times(*id) >= 2)
    })
    .await;
    house.wait_until_published().await;
}

pub(crate) async fn what_was_published_before_its_consumers_started_is_delivered(
    fleet: &impl Fleet,
) {
    let late = recorder(|_| Ok(()));
    let consumers = vec![consumer("late", late.clone())];
    let house = House::over(fleet.bus(&consumers).await).await;
    let ids = house.commit(10).await;
    let _runs = fleet.run(consumers).await;
    wait_until("it has all", async || late.has_all(&ids)).await;
    house.wait_until_published().await;
}

pub(crate) async fn what_was_consumed_before_counts_as_done(fleet: &impl Fleet) {
    let before = recorder(|_| Err(ConsumeError::Store(StoreError::AlreadyConsumed)));
    let consumers = vec![consumer("before", before.clone())];
    let bus = fleet.bus(&consumers).await;
    let house = House::over(bus.clone()).await;
    let _runs = fleet.run(consumers).await;
    let ids = house.commit(1).await;
    wait_until("it has it", async || before.has_all(&ids)).await;
    house.wait_until_published().await;
    // Others pass, and this one does not come again.
    let more = house.commit(20).await;
    wait_until("it has more", async || before.has_all(&more)).await;
    assert_eq!(before.times(ids[0]), 1);
}

/// Never comes back for anything, as long as it is shut.
struct Gate {
    shut: bool,
    came: Arc<Mutex<Vec<Uuid>>>,
}

#[async_trait]
impl Handler for Gate {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        self.came.lock().unwrap().push(event.id);
        if self.shut {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

pub(crate) async fn what_consumers_did_not_finish_when_they_stopped_comes_again(
    fleet: &impl Fleet,
) {
    let [held, passed]: [Arc<Mutex<Vec<Uuid>>>; 2] = Default::default();
    let gate = |shut, came: &Arc<Mutex<Vec<Uuid>>>| {
        let came = came.clone();
        consumer("gate", Arc::new(Gate { shut, came }))
    };
    let house = House::over(fleet.bus(&[gate(true, &held)]).await).await;
    let first = fleet.run(vec![gate(true, &held)]).await;
    let ids = house.commit(3).await;
    wait_until("all of it is under way", async || {
        held.lock().unwrap().len() >= 3
    })
    .await;
    drop(first);
    let _second = fleet.run(vec![gate(false, &passed)]).await;
    wait_until("another has it", async || {
        let passed = passed.lock().unwrap();
        ids.iter().all(|id| passed.contains(id))
    })
    .await;
}
