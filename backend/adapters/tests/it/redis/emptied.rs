//! Redis is emptied again and again while it is used: nothing becomes wrong.

use crate::contract::bus::wait_until;
use crate::servers;
use async_trait::async_trait;
use gateline_adapters::redis::{RedisDueIndex, RedisSales, RedisServer};
use gateline_adapters::sqlite::{Db, SqliteOrderStore, SqliteScheduleStore};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId, OrgId, TicketTypeId};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::expiration::{Deadline, Expiration, ScheduleStore};
use gateline_core::orders::{CachedSales, Offer, OnSale, OrderStore};
use gateline_core::shared::clock::ManualClock;
use gateline_core::shared::{Commit, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A database of Redis that one test has for itself, and may empty.
fn database(number: u32) -> (RedisServer, redis::Client) {
    let url = format!("{}/{number}", servers::redis_address());
    let client = redis::Client::open(url.clone()).unwrap();
    (servers::redis_at(&url), client)
}

/// Empties it every few milliseconds until `stop`; says how often.
async fn empty(client: redis::Client, stop: CancellationToken) -> u32 {
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut times = 0;
    while !stop.is_cancelled() {
        let () = redis::cmd("FLUSHDB")
            .query_async(&mut connection)
            .await
            .unwrap();
        times += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times
}

fn on_sale(event: EventId) -> OnSale {
    OnSale {
        event,
        org: OrgId(Uuid::from_u128(1)),
        title: "A".into(),
        ends_at: Timestamp(9_000),
        status: EventStatus::Published,
    }
}

fn offer(event: EventId) -> Offer {
    Offer {
        event,
        ticket_type: TicketTypeId(1),
        name: "T".into(),
        price: Money::new(100, Currency::EUR),
        own_price: None,
        max_per_order: 10,
        sale_starts: None,
        sale_ends: None,
        deleted: false,
    }
}

/// Changes the limit again and again; each change must be seen at once by who
/// made it, however many others read in between.
async fn sell(store: Arc<CachedSales>, event: EventId) {
    let nothing = Commit::nothing();
    store
        .learn_event(&on_sale(event), 1, &nothing)
        .await
        .unwrap();
    for version in 1..60u32 {
        let offer = offer(event);
        let learned = store.learn_offer(&offer, version, u64::from(version), &nothing);
        learned.await.unwrap();
        let sale = store.sale(event).await.unwrap().unwrap();
        assert_eq!(sale.offers[0].1.limit, version, "an outdated answer");
    }
}

#[tokio::test]
async fn who_changed_something_sees_it_at_once_while_redis_is_emptied_under_load() {
    let (server, client) = database(3);
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    let instance = || {
        let cache = RedisSales::new(server.clone());
        Arc::new(CachedSales::new(
            Arc::new(SqliteOrderStore(db.clone())),
            Arc::new(cache),
        ))
    };
    let stop = CancellationToken::new();
    let emptying = tokio::spawn(empty(client, stop.clone()));
    let reading: Vec<_> = (0..4)
        .map(|n| {
            let (store, stop) = (instance(), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    store.sale(EventId(n % 2)).await.unwrap();
                }
            })
        })
        .collect();
    let selling = [0, 1].map(|event| tokio::spawn(sell(instance(), EventId(event))));
    for selling in selling {
        selling.await.unwrap();
    }
    stop.cancel();
    assert!(emptying.await.unwrap() > 10);
    for reading in reading {
        reading.await.unwrap();
    }
}

/// Counts how often each deadline is told.
struct Counting {
    store: SqliteScheduleStore,
    told: Arc<Mutex<HashMap<OrderId, u32>>>,
}

#[async_trait]
impl ScheduleStore for Counting {
    async fn set(
        &self,
        order: OrderId,
        due: Option<Timestamp>,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        self.store.set(order, due, version, commit).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Deadline>, StoreError> {
        self.store.due(now, limit).await
    }

    async fn told(&self, deadlines: &[Deadline], commit: &Commit) -> Result<(), StoreError> {
        for deadline in deadlines {
            *self.told.lock().unwrap().entry(deadline.order).or_default() += 1;
        }
        self.store.told(deadlines, commit).await
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.next().await
    }
}

/// A schedule of 300 orders that are due, and two instances that share it.
struct Shared {
    told: Arc<Mutex<HashMap<OrderId, u32>>>,
    clock: Arc<ManualClock>,
    instances: [Expiration; 2],
    _folder: tempfile::TempDir,
}

async fn shared(server: &RedisServer) -> Shared {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    let told = Arc::new(Mutex::new(HashMap::new()));
    let clock = Arc::new(ManualClock::new(Timestamp(100)));
    for n in 1..=300 {
        let (store, order) = (SqliteScheduleStore(db.clone()), OrderId(Uuid::from_u128(n)));
        let nothing = Commit::nothing();
        store
            .set(order, Some(Timestamp(50)), 1, &nothing)
            .await
            .unwrap();
    }
    let instance = || {
        let store = Counting {
            store: SqliteScheduleStore(db.clone()),
            told: told.clone(),
        };
        let index = RedisDueIndex::new(server.clone());
        Expiration::new(Arc::new(store), clock.clone()).with_index(Arc::new(index))
    };
    Shared {
        instances: [instance(), instance()],
        told,
        clock,
        _folder: folder,
    }
}

#[tokio::test]
async fn instances_that_share_the_index_tell_each_deadline_once() {
    let shared = shared(&servers::redis()).await;
    let [first, second] = &shared.instances;
    // Two that fill the index at one moment may tell a deadline twice, which does no
    // harm; once it is filled, none is.
    shared.clock.advance_ms(-100);
    first.tell_due().await.unwrap();
    shared.clock.advance_ms(100);
    let (one, two) = tokio::join!(first.tell_due(), second.tell_due());
    one.unwrap();
    two.unwrap();
    let told = shared.told.lock().unwrap();
    assert_eq!(told.len(), 300);
    assert!(told.values().all(|times| *times == 1));
}

#[tokio::test]
async fn every_deadline_is_told_while_redis_is_emptied_under_load() {
    let (server, client) = database(4);
    let stop = CancellationToken::new();
    let emptying = tokio::spawn(empty(client, stop.clone()));
    let shared = shared(&server).await;
    let running = shared
        .instances
        .clone()
        .map(|one| tokio::spawn(one.run(stop.clone())));
    wait_until("all are told", async || {
        shared.told.lock().unwrap().len() == 300
    })
    .await;
    stop.cancel();
    for running in running {
        running.await.unwrap();
    }
    assert!(emptying.await.unwrap() > 0);
}

#[tokio::test]
async fn what_the_index_has_lost_is_found_in_the_store() {
    let server = servers::redis();
    let shared = shared(&server).await;
    // Another instance said that it was filled, and it was not.
    let index = RedisDueIndex::new(server);
    gateline_core::expiration::DueIndex::fill(&index, &[])
        .await
        .unwrap();
    let [one, _] = &shared.instances;
    one.tell_due().await.unwrap();
    assert!(
        shared.told.lock().unwrap().is_empty(),
        "somebody may have claimed them"
    );
    shared.clock.advance_ms(20_000);
    one.tell_due().await.unwrap();
    assert_eq!(shared.told.lock().unwrap().len(), 300);
}

#[tokio::test]
async fn without_redis_deadlines_are_told_from_the_store() {
    let server = servers::redis_at("redis://127.0.0.1:9");
    let shared = shared(&server).await;
    let begun = Instant::now();
    shared.instances[0].tell_due().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(shared.told.lock().unwrap().len(), 300);
}
