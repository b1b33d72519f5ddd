//! Redis goes away and comes back: everything goes on, with what each process
//! knows.

use crate::contract::bus::wait_until;
use crate::contract::sales::sale;
use crate::contract::signals::woken;
use crate::servers::{self, Line};
use gateline_adapters::redis::{
    RedisDueIndex, RedisRates, RedisRevocations, RedisSales, RedisServer, RedisSignals,
};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, SessionId, UserId};
use gateline_core::auth::Revocations;
use gateline_core::expiration::DueIndex;
use gateline_core::orders::SaleCache;
use gateline_core::shared::Signals;
use gateline_core::shared::rate::{Allowance, Caller, RateLimits, Taken};
use gateline_core::shared::signals::Heard;
use std::time::{Duration, Instant};
use uuid::Uuid;

const ALLOWANCE: Allowance = Allowance {
    per_second: 1,
    burst: 5,
};

async fn taken(rates: &RedisRates) -> usize {
    let caller = Caller::Account(UserId(Uuid::from_u128(1)));
    let mut taken = 0;
    for _ in 0..20 {
        if rates.take(caller, ALLOWANCE, Timestamp(1)).await == Ok(Taken::Yes) {
            taken += 1;
        }
    }
    taken
}

async fn back(server: &RedisServer) {
    wait_until("Redis is back", async || server.check().await.is_ok()).await;
}

#[tokio::test]
async fn while_redis_is_away_each_process_counts_for_itself() {
    let line = Line::to(&servers::redis_address()).await;
    let server = servers::redis_at(&line.url("redis"));
    let rates = RedisRates::new(server.clone());
    assert_eq!(taken(&rates).await, 5);
    line.cut();
    let begun = Instant::now();
    assert_eq!(taken(&rates).await, 5, "it knows nothing of those before");
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "nobody waits for it"
    );
    line.mend().await;
    back(&server).await;
    assert_eq!(taken(&rates).await, 0, "those in Redis count again");
}

#[tokio::test]
async fn processes_share_their_buckets() {
    let server = servers::redis();
    let [first, second] = [RedisRates::new(server.clone()), RedisRates::new(server)];
    assert_eq!(taken(&first).await, 5);
    assert_eq!(taken(&second).await, 0);
}

#[tokio::test]
async fn without_redis_every_other_port_says_so_or_is_passed_by() {
    let server = servers::redis_at("redis://127.0.0.1:9");
    let (session, user) = (SessionId(Uuid::nil()), UserId(Uuid::nil()));
    let revocations = RedisRevocations::new(server.clone());
    assert!(revocations.standing(session, user).await.is_err());
    let index = RedisDueIndex::new(server.clone());
    assert!(index.claim(Timestamp(1), 1, 1).await.is_err());
    let sales = RedisSales::new(server.clone());
    assert_eq!(sales.find(EventId(1)).await, Err(None));
    sales.forget(EventId(1)).await;
    let signals = RedisSignals::start(server);
    let mut here = signals.listen();
    signals.tell("event:1").await;
    assert_eq!(
        woken(&mut here, "event:1").await,
        Heard::Topic("event:1".into())
    );
}

#[tokio::test]
async fn signals_reach_other_processes_and_after_an_outage_everybody_is_woken() {
    let line = Line::to(&servers::redis_address()).await;
    let prefix = format!("test:{}", Uuid::new_v4().simple());
    let server = |url: &str| RedisServer::at(url, &prefix).unwrap();
    let near = RedisSignals::start(server(&servers::redis_address()));
    let far_server = server(&line.url("redis"));
    let far = RedisSignals::start(far_server.clone());
    let mut listener = far.listen();
    // When it begins to listen it is told that it may have missed something.
    assert_eq!(woken(&mut listener, "").await, Heard::Anything);
    near.tell("event:1").await;
    assert_eq!(
        woken(&mut listener, "event:1").await,
        Heard::Topic("event:1".into())
    );
    line.cut();
    near.tell("event:2").await;
    line.mend().await;
    assert_eq!(woken(&mut listener, "").await, Heard::Anything);
    near.tell("event:3").await;
    assert_eq!(
        woken(&mut listener, "event:3").await,
        Heard::Topic("event:3".into())
    );
}

#[tokio::test]
async fn who_is_cut_off_tells_the_others_afterwards_that_they_missed_something() {
    let line = Line::to(&servers::redis_address()).await;
    let prefix = format!("test:{}", Uuid::new_v4().simple());
    let server = |url: &str| RedisServer::at(url, &prefix).unwrap();
    let far = RedisSignals::start(server(&line.url("redis")));
    let near = RedisSignals::start(server(&servers::redis_address()));
    let mut listener = near.listen();
    assert_eq!(woken(&mut listener, "").await, Heard::Anything);
    line.cut();
    far.tell("event:1").await;
    line.mend().await;
    assert_eq!(woken(&mut listener, "event:1").await, Heard::Anything);
}

#[tokio::test]
async fn an_entry_is_believed_for_a_moment_only() {
    let sales = RedisSales::new(servers::redis());
    let lease = sales.find(EventId(7)).await.unwrap_err().unwrap();
    sales.keep(EventId(7), &sale("A"), lease).await;
    assert!(sales.find(EventId(7)).await.is_ok());
    wait_until("it is over", async || sales.find(EventId(7)).await.is_err()).await;
}
