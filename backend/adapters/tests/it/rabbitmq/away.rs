//! A broker that is away, starts again, or is not as it should be.

use super::broker::Broker;
use super::{Names, run, settings, wants};
use crate::contract::bus::{House, consumer, event, recorder, wait_until};
use crate::servers::{self, Line};
use gateline_adapters::bus::rabbitmq::{RabbitBus, RabbitError, RabbitSettings};
use gateline_common::Timestamp;
use gateline_common::bus::Envelope;
use gateline_core::shared::{Bus, Commit};
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn envelope() -> Envelope {
    let commit = Commit::nothing().publishing("o:1".to_owned(), 1, Timestamp(1), event());
    commit.publish[0].clone()
}

#[tokio::test]
async fn while_the_broker_is_away_publishing_fails_at_once_and_says_so() {
    let one = consumer("one", recorder(|_| Ok(())));
    let nobody = settings("amqp://127.0.0.1:9", "test");
    let bus = RabbitBus::start(&nobody, wants(&[one])).unwrap();
    let begun = Instant::now();
    let refused = bus.publish(&envelope()).await.unwrap_err().to_string();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(refused.contains("away"), "{refused}");
    assert!(bus.connected().is_err());
    let nonsense = RabbitBus::start(&settings("http://example.org", "test"), Vec::new());
    assert!(matches!(nonsense, Err(RabbitError::Url(_))));
}

#[tokio::test]
async fn a_connection_that_breaks_again_and_again_loses_nothing() {
    let names = Names::new(&servers::rabbitmq());
    let line = Line::to(&names.url).await;
    let seen = recorder(|_| Ok(()));
    let one = consumer("one", seen.clone());
    let through = RabbitSettings {
        url: line.url("amqp"),
        ..names.settings()
    };
    let bus = Arc::new(names.start_with(&through, &wants(std::slice::from_ref(&one))));
    let house = House::over(bus.clone()).await;
    let _runs = run(bus.clone(), vec![one]);
    let mut ids = Vec::new();
    for _ in 0..4 {
        bus.wait_until_connected().await;
        ids.extend(house.commit(50).await);
        line.cut();
        ids.extend(house.commit(20).await);
        line.mend().await;
    }
    wait_until("all came through", async || seen.has_all(&ids)).await;
    house.wait_until_published().await;
}

#[tokio::test]
async fn a_broker_that_is_killed_and_started_again_loses_nothing() {
    let mut broker = Broker::start().await;
    let names = Names::new(&broker.url());
    let steady = recorder(|_| Ok(()));
    let one = consumer("one", steady.clone());
    let known = wants(std::slice::from_ref(&one));
    let bus = Arc::new(names.start(&known));
    let house = House::over(bus.clone()).await;
    let mut ids = Vec::new();
    bus.wait_until_connected().await;
    // In the queue, and nobody there to take it.
    ids.extend(house.commit(100).await);
    house.wait_until_published().await;
    ids.extend(house.commit(100).await);
    broker.kill().await;
    wait_until("it is missed", async || bus.connected().is_err()).await;
    ids.extend(house.commit(50).await);
    broker.start_again().await;
    let _runs = run(bus.clone(), vec![one]);
    ids.extend(house.commit(50).await);
    wait_until("all came through", async || steady.has_all(&ids)).await;
    house.wait_until_published().await;
    // Once more, under the consumer's hands.
    ids.extend(house.commit(100).await);
    broker.kill().await;
    broker.start_again().await;
    ids.extend(house.commit(20).await);
    wait_until("all came through again", async || steady.has_all(&ids)).await;
    house.wait_until_published().await;
}

#[tokio::test]
async fn a_queue_that_is_declared_otherwise_is_named() {
    let names = Names::new(&servers::rabbitmq());
    let channel = names.channel().await;
    let queue = names.queue("one");
    let options = QueueDeclareOptions::durable();
    let declared = channel.queue_declare(queue.as_str().into(), options, FieldTable::default());
    declared.await.unwrap();
    let one = consumer("one", recorder(|_| Ok(())));
    let bus = names.start(&wants(&[one]));
    wait_until("it says so", async || {
        let why = bus.connected().unwrap_err();
        why.contains(&queue) && why.contains("other properties")
    })
    .await;
    let refused = bus.publish(&envelope()).await.unwrap_err().to_string();
    assert!(refused.contains(&queue), "{refused}");
    // As the operator is told: it is deleted, and all is well.
    let options = lapin::options::QueueDeleteOptions::default();
    channel
        .queue_delete(queue.as_str().into(), options)
        .await
        .unwrap();
    bus.wait_until_connected().await;
    bus.publish(&envelope()).await.unwrap();
}

#[tokio::test]
async fn an_event_that_finds_no_queue_is_not_published_until_it_is_declared_again() {
    let names = Names::new(&servers::rabbitmq());
    let one = consumer("one", recorder(|_| Ok(())));
    let bus = names.start(&wants(&[one]));
    bus.wait_until_connected().await;
    let channel = names.channel().await;
    let unbinding = channel.queue_unbind(
        names.queue("one").as_str().into(),
        names.queue("events").as_str().into(),
        "ExpirationDue".into(),
        FieldTable::default(),
    );
    unbinding.await.unwrap();
    let many: Vec<Envelope> = (0..20).map(|_| envelope()).collect();
    let publishing = many.iter().map(|event| bus.publish(event));
    let published = futures::future::join_all(publishing).await;
    let refused = published.iter().filter(|published| published.is_err());
    assert!(refused.count() >= 1, "nothing was missed");
    wait_until("it is bound again", async || {
        bus.publish(&envelope()).await.is_ok()
    })
    .await;
}
