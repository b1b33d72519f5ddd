//! What is given up, and what becomes of it.

use super::{Names, run, wants};
use crate::contract::bus::{House, consumer, recorder, wait_until};
use crate::servers;
use gateline_adapters::bus::rabbitmq::{DeadLetter, DeadLetters, Which};
use gateline_core::shared::ConsumeError;
use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const ALL: Which = Which {
    consumer: None,
    id: None,
};

async fn listed(dead: &DeadLetters, count: usize) -> Vec<DeadLetter> {
    let mut found = Vec::new();
    wait_until("they are among the dead", async || {
        found = dead.list(&ALL).await.unwrap();
        found.len() == count
    })
    .await;
    found
}

/// Until it has met one: those that were looked at are back a moment later.
async fn one_of(what: &str, mut doing: impl AsyncFnMut() -> Vec<DeadLetter>) {
    wait_until(what, async || {
        let met = doing().await.len();
        assert!(met <= 1, "{what}: more than one");
        met == 1
    })
    .await;
}

#[tokio::test]
async fn what_fails_too_often_is_kept_with_its_reason_and_can_be_replayed_or_dropped() {
    let names = Names::new(&servers::rabbitmq());
    let broken = Arc::new(AtomicBool::new(true));
    let failing = recorder({
        let broken = broken.clone();
        move |_| match broken.load(Ordering::SeqCst) {
            true => Err(ConsumeError::Failed("a reason".into())),
            false => Ok(()),
        }
    });
    let calm = recorder(|_| Ok(()));
    let consumers = vec![
        consumer("failing", failing.clone()),
        consumer("calm", calm.clone()),
    ];
    let known = wants(&consumers);
    let bus = Arc::new(names.start(&known));
    let house = House::over(bus.clone()).await;
    let _runs = run(bus, consumers);
    let ids = house.commit(3).await;
    let dead = DeadLetters::open(&names.settings(), known).await.unwrap();
    let letters = listed(&dead, 3).await;
    for letter in &letters {
        assert_eq!(letter.consumer, "failing");
        assert_eq!(letter.kind.as_deref(), Some("ExpirationDue"));
        assert_eq!(letter.error.as_deref(), Some("a reason"));
        assert_eq!(letter.attempts, 5, "four pauses, and then no more");
        assert!(letter.failed_at.is_some());
    }
    for id in &ids {
        assert_eq!(failing.times(*id), 5);
        assert!(letters.iter().any(|letter| letter.id == id.to_string()));
    }

    // Looked at, they stay. One is thrown away, one is tried again, then the rest.
    let one = |at: usize| Which {
        consumer: Some("failing".into()),
        id: Some(ids[at].to_string()),
    };
    one_of("it is dropped", async || dead.drop(&one(0)).await.unwrap()).await;
    assert_eq!(listed(&dead, 2).await.len(), 2);
    broken.store(false, Ordering::SeqCst);
    one_of("it is replayed", async || {
        dead.replay(&one(1)).await.unwrap()
    })
    .await;
    wait_until("it was tried once more", async || {
        failing.times(ids[1]) == 6
    })
    .await;
    one_of("the rest is", async || dead.replay(&ALL).await.unwrap()).await;
    wait_until("all were tried", async || failing.times(ids[2]) == 6).await;
    assert!(listed(&dead, 0).await.is_empty());
    assert_eq!(failing.times(ids[0]), 5);
    assert!(
        ids.iter().all(|id| calm.times(*id) == 1),
        "nobody else was told again"
    );
    let unknown = Which {
        consumer: Some("nobody".into()),
        id: None,
    };
    let error = dead.list(&unknown).await.unwrap_err().to_string();
    assert!(
        error.contains("nobody") && error.contains("failing"),
        "{error}"
    );
}

#[tokio::test]
async fn tries_that_waited_neither_count_as_failures_nor_forgive_them() {
    let names = Names::new(&servers::rabbitmq());
    let failing = recorder(|times| match times % 3 {
        0 => Err(ConsumeError::Failed("a reason".into())),
        _ => Err(ConsumeError::NotYet("its order")),
    });
    let consumers = vec![consumer("failing", failing.clone())];
    let known = wants(&consumers);
    let bus = Arc::new(names.start(&known));
    let house = House::over(bus.clone()).await;
    let _runs = run(bus, consumers);
    let ids = house.commit(2).await;
    let dead = DeadLetters::open(&names.settings(), known).await.unwrap();
    for letter in listed(&dead, 2).await {
        assert_eq!(letter.attempts, 5);
        assert_eq!(letter.error.as_deref(), Some("a reason"));
    }
    assert!(ids.iter().all(|id| failing.times(*id) == 15));
}

#[tokio::test]
async fn what_cannot_be_read_is_given_up_at_once() {
    let names = Names::new(&servers::rabbitmq());
    let seen = recorder(|_| Ok(()));
    let one = consumer("one", seen.clone());
    let known = wants(std::slice::from_ref(&one));
    let bus = Arc::new(names.start(&known));
    bus.wait_until_connected().await;
    let _runs = run(bus, vec![one]);
    let channel = names.channel().await;
    let publishing = channel.basic_publish(
        names.queue("events").as_str().into(),
        "ExpirationDue".into(),
        BasicPublishOptions::default(),
        b"{\"no\": \"event\"}",
        BasicProperties::default(),
    );
    publishing.await.unwrap().await.unwrap();
    let dead = DeadLetters::open(&names.settings(), known).await.unwrap();
    let letters = listed(&dead, 1).await;
    let error = letters[0].error.as_deref().unwrap();
    assert!(error.starts_with("it cannot be read"), "{error}");
    assert!(!letters[0].id.is_empty(), "it can be named");
    assert!(seen.seen().is_empty());
    one_of("it is dropped", async || dead.drop(&ALL).await.unwrap()).await;
    assert!(dead.list(&ALL).await.unwrap().is_empty());
}
