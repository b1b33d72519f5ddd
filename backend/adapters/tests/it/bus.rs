//! The in-process bus and the relay over a durable outbox: at least once, in no
//! order, and nobody waits for a consumer that fails.

use crate::contract::auth::{person, session};
use crate::contract::shared::Kernel;
use async_trait::async_trait;
use gateline_adapters::bus::{Disorder, InProcessBus};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Envelope};
use gateline_common::ids::OrderId;
use gateline_core::shared::{
    Bus, Commit, ConsumeError, Consumer, Handler, StoreError, SystemClock, random, relay,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Notes each event it gets, and does with it what the test says.
struct Recorder<F> {
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
            let mut seen = self
                .seen
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            seen.push(event.id);
            seen.iter().filter(|id| **id == event.id).count()
        };
        (self.does)(times)
    }
}

fn recorder<F>(does: F) -> Arc<Recorder<F>> {
    Arc::new(Recorder {
        seen: Mutex::default(),
        does,
    })
}

impl<F> Recorder<F> {
    fn seen(&self) -> Vec<Uuid> {
        let seen = self.seen.lock();
        seen.unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}

fn consumer(name: &'static str, handler: Arc<dyn Handler>) -> Consumer {
    Consumer {
        name,
        kinds: &["ExpirationDue"],
        handler,
    }
}

fn event() -> BusEvent {
    BusEvent::ExpirationDue {
        order: OrderId(Uuid::nil()),
        due: Timestamp(0),
    }
}

/// Commits an event with some state change.
async fn commit_event(kernel: &Kernel, at: i64) -> Uuid {
    let commit = Commit::nothing().publishing("o:1".to_owned(), 1, Timestamp(at), event());
    let user = person(&random::short_code(12));
    let first = session(&user);
    let stored = kernel.auth.create_user(&user, &first, &commit).await;
    assert_eq!(stored, Ok(gateline_core::auth::Stored::Yes));
    commit.publish[0].id
}

/// Commits `count` events to a store and relays them until `done` holds.
async fn relayed(count: usize, bus: InProcessBus, done: impl Fn(&[Uuid]) -> bool) -> Vec<Uuid> {
    let kernel: Kernel = crate::sqlite::kernel().await;
    let mut ids = Vec::new();
    for at in 0..count {
        ids.push(commit_event(&kernel, i64::try_from(at).unwrap()).await);
    }
    let stop = CancellationToken::new();
    let (outbox, clock) = (kernel.outbox.clone(), Arc::new(SystemClock));
    let running = tokio::spawn(relay::run(outbox, Arc::new(bus), clock, stop.clone()));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done(&ids) || kernel.outbox.backlog().await.unwrap().0 > 0 {
        assert!(Instant::now() < deadline, "the relay did not do it in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    running.await.unwrap();
    ids
}

#[tokio::test]
async fn a_consumer_that_fails_gets_the_event_until_it_has_dealt_with_it() {
    let failing = recorder(|times| match times {
        1 => Err(ConsumeError::NotYet("its order")),
        2 => Err(ConsumeError::Store(StoreError::Conflict)),
        _ => Ok(()),
    });
    let bus = InProcessBus::new(vec![consumer("failing", failing.clone())]);
    let ids = relayed(3, bus, |_| failing.seen().len() >= 9).await;
    for id in ids {
        assert_eq!(failing.seen().iter().filter(|seen| **seen == id).count(), 3);
    }
}

#[tokio::test]
async fn a_consumer_that_panics_fails_and_nothing_else_does() {
    let panicking = recorder(|times| {
        assert!(times > 1, "a bug");
        Ok(())
    });
    let calm = recorder(|_| Ok(()));
    let consumers = vec![
        consumer("panicking", panicking.clone()),
        consumer("calm", calm.clone()),
    ];
    let ids = relayed(2, InProcessBus::new(consumers), |_| {
        panicking.seen().len() >= 4
    })
    .await;
    assert!(ids.iter().all(|id| calm.seen().contains(id)));
}

/// Never comes back for the first event it gets.
#[derive(Default)]
struct Stuck(Mutex<Option<Uuid>>);

#[async_trait]
impl Handler for Stuck {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let first = *self.0.lock().unwrap().get_or_insert(event.id);
        if first == event.id {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::test]
async fn an_event_that_hangs_does_not_hold_up_those_after_it() {
    let quick = recorder(|_| Ok(()));
    let consumers = vec![
        consumer("stuck", Arc::new(Stuck::default())),
        consumer("quick", quick.clone()),
    ];
    let bus = Arc::new(InProcessBus::new(consumers));
    let kernel = crate::sqlite::kernel().await;
    let stop = CancellationToken::new();
    let (outbox, clock) = (kernel.outbox.clone(), Arc::new(SystemClock));
    let running = tokio::spawn(relay::run(outbox, bus, clock, stop.clone()));
    for at in 0..20 {
        commit_event(&kernel, at).await;
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while kernel.outbox.backlog().await.unwrap().0 != 1 {
        assert!(
            Instant::now() < deadline,
            "others waited for the one that hangs"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(quick.seen().len(), 20);
    stop.cancel();
    running.await.unwrap();
    assert_eq!(
        kernel.outbox.backlog().await.unwrap().0,
        1,
        "it is not lost"
    );
}

#[tokio::test]
async fn disorder_repeats_and_reorders_but_loses_nothing() {
    let seen = recorder(|_| Ok(()));
    let consumers = vec![consumer("seen", seen.clone())];
    let bus = InProcessBus::with_disorder(consumers, Disorder::new(7));
    let all = |ids: &[Uuid]| ids.iter().all(|id| seen.seen().contains(id));
    let ids = relayed(100, bus, all).await;
    let seen = seen.seen();
    let mut times: HashMap<Uuid, usize> = HashMap::new();
    for id in &seen {
        *times.entry(*id).or_default() += 1;
    }
    assert_eq!(times.len(), ids.len());
    assert!(
        times.values().any(|times| *times > 1),
        "nothing was repeated"
    );
    let mut first: Vec<Uuid> = Vec::new();
    for id in seen {
        if !first.contains(&id) {
            first.push(id);
        }
    }
    assert_ne!(first, ids, "nothing was reordered");
}

#[tokio::test]
async fn an_event_reaches_every_consumer_that_wants_its_kind_and_no_other() {
    let wanting = recorder(|_| Ok(()));
    let other = recorder(|_| Ok(()));
    let mut uninterested = consumer("other", other.clone());
    uninterested.kinds = &["UserCreated"];
    let bus = InProcessBus::new(vec![consumer("wanting", wanting.clone()), uninterested]);
    let commit = Commit::nothing().publishing("o:1".to_owned(), 1, Timestamp(1), event());
    bus.publish(&commit.publish[0]).await.unwrap();
    assert_eq!((wanting.seen().len(), other.seen().len()), (1, 0));
}

#[tokio::test]
async fn what_was_consumed_before_counts_as_done() {
    let before = recorder(|_| Err(ConsumeError::Store(StoreError::AlreadyConsumed)));
    let bus = InProcessBus::new(vec![consumer("before", before.clone())]);
    let commit = Commit::nothing().publishing("o:1".to_owned(), 1, Timestamp(1), event());
    assert_eq!(bus.publish(&commit.publish[0]).await, Ok(()));
}
