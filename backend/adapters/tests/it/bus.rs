//! The in-process bus: the promises of its port, and what is its own.

use crate::contract::bus::{Fleet, House, consumer, recorder, wait_until};
use async_trait::async_trait;
use gateline_adapters::bus::{Disorder, InProcessBus};
use gateline_common::bus::Envelope;
use gateline_core::shared::{Bus, ConsumeError, Consumer, Handler};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// One process: whoever publishes and whoever consumes start and stop together,
/// and until then events wait in the outbox.
#[derive(Clone, Default)]
struct OneProcess(Arc<Mutex<Option<Running>>>);

/// A bus, and what ends it.
type Running = (CancellationToken, Arc<InProcessBus>);

#[async_trait]
impl Fleet for OneProcess {
    async fn bus(&self, _consumers: &[Consumer]) -> Arc<dyn Bus> {
        Arc::new(self.clone())
    }

    async fn run(&self, consumers: Vec<Consumer>) -> DropGuard {
        let stop = CancellationToken::new();
        let bus = Arc::new(InProcessBus::new(consumers));
        *self.0.lock().unwrap() = Some((stop.clone(), bus));
        stop.drop_guard()
    }
}

#[async_trait]
impl Bus for OneProcess {
    async fn publish(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let running = self.0.lock().unwrap().clone();
        let stopped = || ConsumeError::Failed("it does not run".into());
        let (stop, bus) = running.ok_or_else(stopped)?;
        let delivered = stop.run_until_cancelled(bus.publish(event)).await;
        delivered.unwrap_or_else(|| Err(stopped()))
    }
}

mod promises {
    async fn open() -> (super::OneProcess, ()) {
        Default::default()
    }
    bus_promises!(open);
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
    let house = House::over(Arc::new(InProcessBus::new(consumers))).await;
    house.commit(20).await;
    let waiting = async || house.kernel.outbox.backlog().await.unwrap().0;
    wait_until("others do not wait for the one that hangs", async || {
        waiting().await == 1
    })
    .await;
    assert_eq!(quick.seen().len(), 20);
    assert_eq!(waiting().await, 1, "it is not lost");
}

#[tokio::test]
async fn disorder_repeats_and_reorders_but_loses_nothing() {
    let seen = recorder(|_| Ok(()));
    let consumers = vec![consumer("seen", seen.clone())];
    let bus = InProcessBus::with_disorder(consumers, Disorder::new(7));
    let house = House::over(Arc::new(bus)).await;
    let ids = house.commit(100).await;
    house.wait_until_published().await;
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
