//! Several processes of one consumer.

use super::{Names, run, wants};
use crate::contract::bus::{House, consumer, recorder, wait_until};
use crate::servers::{self, Line};
use async_trait::async_trait;
use gateline_adapters::bus::rabbitmq::RabbitSettings;
use gateline_common::bus::Envelope;
use gateline_core::shared::{Bus, ConsumeError, Handler};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Takes a moment for each.
struct Slow(Arc<Mutex<Vec<Uuid>>>);

#[async_trait]
impl Handler for Slow {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.0.lock().unwrap().push(event.id);
        Ok(())
    }
}

#[tokio::test]
async fn processes_that_consume_one_queue_share_it() {
    let names = Names::new(&servers::rabbitmq());
    let few = RabbitSettings {
        prefetch: 4,
        ..names.settings()
    };
    let seen: [Arc<Mutex<Vec<Uuid>>>; 2] = Default::default();
    let workers = seen
        .clone()
        .map(|seen| consumer("shared", Arc::new(Slow(seen))));
    let known = wants(&workers[..1]);
    let house = House::over(Arc::new(names.start(&known))).await;
    let _run = workers.map(|worker| run(Arc::new(names.start_with(&few, &known)), vec![worker]));
    let ids = house.commit(200).await;
    let all = || seen.iter().flat_map(|seen| seen.lock().unwrap().clone());
    wait_until("all are dealt with", async || {
        let all: Vec<Uuid> = all().collect();
        ids.iter().all(|id| all.contains(id))
    })
    .await;
    assert_eq!(all().count(), 200, "each went to one of them");
    assert!(seen.iter().all(|seen| seen.lock().unwrap().len() > 20));
}

/// Never comes back.
struct Stuck(AtomicUsize);

#[async_trait]
impl Handler for Stuck {
    async fn handle(&self, _event: &Envelope) -> Result<(), ConsumeError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_a_process_had_in_hand_when_it_was_cut_off_comes_to_another() {
    let names = Names::new(&servers::rabbitmq());
    let line = Line::to(&names.url).await;
    let stuck = Arc::new(Stuck(AtomicUsize::new(0)));
    let doomed = consumer("one", stuck.clone());
    let known = wants(std::slice::from_ref(&doomed));
    let through = RabbitSettings {
        url: line.url("amqp"),
        ..names.settings()
    };
    let house = House::over(Arc::new(names.start(&known))).await;
    let _doomed = run(Arc::new(names.start_with(&through, &known)), vec![doomed]);
    let ids = house.commit(10).await;
    wait_until("all is in hand", async || {
        stuck.0.load(Ordering::SeqCst) == 10
    })
    .await;
    line.cut();
    let healthy = recorder(|_| Ok(()));
    let other = consumer("one", healthy.clone());
    let _runs = run(Arc::new(names.start(&known)), vec![other]);
    wait_until("another has it", async || healthy.has_all(&ids)).await;
}

#[tokio::test]
async fn two_thousand_events_pass_from_publishing_to_acknowledgement() {
    const COUNT: usize = 2_000;
    let names = Names::new(&servers::rabbitmq());
    let seen = recorder(|_| Ok(()));
    let one = consumer("one", seen.clone());
    let known = wants(std::slice::from_ref(&one));
    let bus = Arc::new(names.start(&known));
    bus.wait_until_connected().await;
    let _runs = run(bus.clone(), vec![one]);
    let begun = Instant::now();
    let publishing = (0..COUNT).map(|_| {
        let bus = bus.clone();
        let commit = gateline_core::shared::Commit::nothing().publishing(
            "o:1".to_owned(),
            1,
            gateline_common::Timestamp(1),
            crate::contract::bus::event(),
        );
        async move {
            bus.publish(&commit.publish[0]).await.unwrap();
            commit.publish[0].id
        }
    });
    let ids = futures::future::join_all(publishing).await;
    let published = begun.elapsed();
    wait_until("all are consumed", async || seen.has_all(&ids)).await;
    let consumed = begun.elapsed();
    let a_second = |elapsed: Duration| COUNT as f64 / elapsed.as_secs_f64();
    let (published, consumed) = (a_second(published), a_second(consumed));
    let figures = format!("confirmed {published:.0}/s, consumed {consumed:.0}/s\n");
    std::io::stderr().write_all(figures.as_bytes()).unwrap();
}
