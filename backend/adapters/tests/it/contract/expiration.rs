//! The promises of `ScheduleStore`.

use futures::future::{join, join_all};
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use gateline_core::expiration::{Deadline, ScheduleStore};
use gateline_core::shared::{Commit, StoreError};
use uuid::Uuid;

macro_rules! expiration_promises {
    ($open:path) => {
        $crate::store_promises!(expiration, $open:
            deadlines_come_in_time_and_in_order,
            older_news_schedules_nothing_again,
            what_was_told_is_told_once_and_with_its_commit,
            the_next_deadline_is_the_earliest_that_was_not_told,
            older_news_is_consumed_all_the_same,
            of_news_that_comes_at_once_the_newest_stays,
            a_deadline_that_moves_while_it_is_told_is_told_again,
        );
    };
}

fn order(n: u128) -> OrderId {
    OrderId(Uuid::from_u128(n))
}

async fn set(store: &impl ScheduleStore, n: u128, due: Option<i64>, version: u64) {
    let due = due.map(Timestamp);
    store
        .set(order(n), due, version, &Commit::nothing())
        .await
        .unwrap();
}

async fn due(store: &impl ScheduleStore, now: i64) -> Vec<u128> {
    let due = store.due(Timestamp(now), 10).await.unwrap();
    due.iter()
        .map(|deadline| deadline.order.0.as_u128())
        .collect()
}

pub(crate) async fn deadlines_come_in_time_and_in_order(store: &impl ScheduleStore) {
    assert_eq!(store.next().await, Ok(None));
    set(store, 1, Some(30), 1).await;
    set(store, 2, Some(20), 1).await;
    set(store, 3, Some(40), 1).await;
    assert_eq!(store.next().await, Ok(Some(Timestamp(20))));
    assert_eq!(due(store, 19).await, []);
    assert_eq!(due(store, 30).await, [2, 1]);
    assert_eq!(store.due(Timestamp(99), 1).await.unwrap().len(), 1);
}

pub(crate) async fn older_news_schedules_nothing_again(store: &impl ScheduleStore) {
    set(store, 1, None, 2).await;
    set(store, 1, Some(10), 1).await;
    assert_eq!(due(store, 99).await, []);
    set(store, 2, Some(10), 1).await;
    set(store, 2, Some(50), 2).await;
    set(store, 2, Some(10), 2).await;
    assert_eq!(due(store, 49).await, []);
    assert_eq!(due(store, 50).await, [2]);
}

pub(crate) async fn what_was_told_is_told_once_and_with_its_commit(store: &impl ScheduleStore) {
    set(store, 1, Some(10), 1).await;
    set(store, 2, Some(10), 1).await;
    let told = Deadline {
        order: order(1),
        version: 1,
        due: Timestamp(10),
    };
    let commit = Commit::nothing().consuming("expiration", Uuid::from_u128(1));
    store.told(&[told], &commit).await.unwrap();
    assert_eq!(due(store, 99).await, [2]);
    // The commit was not stored a second time, so nothing else was either.
    let other = Deadline {
        order: order(2),
        ..told
    };
    let refused = store.told(&[other], &commit).await;
    assert_eq!(refused, Err(StoreError::AlreadyConsumed));
    assert_eq!(due(store, 99).await, [2]);
    // Told, but changed in between: the newer deadline stays.
    set(store, 2, Some(20), 2).await;
    store.told(&[other], &Commit::nothing()).await.unwrap();
    assert_eq!(due(store, 99).await, [2]);
}

pub(crate) async fn the_next_deadline_is_the_earliest_that_was_not_told(
    store: &impl ScheduleStore,
) {
    for n in 1..=40 {
        set(store, n, Some(10 * n as i64), 1).await;
    }
    let passed = store.due(Timestamp(300), 100).await.unwrap();
    assert_eq!(passed.len(), 30);
    store.told(&passed, &Commit::nothing()).await.unwrap();
    assert_eq!(store.next().await, Ok(Some(Timestamp(310))));
    assert_eq!(due(store, 320).await, [31, 32]);
    for n in 31..=40 {
        set(store, n, None, 2).await;
    }
    assert_eq!(store.next().await, Ok(None));
    store.told(&[], &Commit::nothing()).await.unwrap();
}

pub(crate) async fn older_news_is_consumed_all_the_same(store: &impl ScheduleStore) {
    set(store, 1, Some(10), 3).await;
    let commit = Commit::nothing().consuming("expiration", Uuid::from_u128(1));
    store.set(order(1), None, 2, &commit).await.unwrap();
    assert_eq!(due(store, 99).await, [1]);
    let again = store.set(order(1), None, 4, &commit).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(due(store, 99).await, [1]);
}

pub(crate) async fn of_news_that_comes_at_once_the_newest_stays(store: &impl ScheduleStore) {
    let nothing = Commit::nothing();
    for n in 1..=20 {
        let news = [
            (2, Some(20)),
            (5, Some(50)),
            (1, Some(10)),
            (4, None),
            (3, Some(30)),
        ];
        let set = news.map(|(version, due): (u64, Option<i64>)| {
            store.set(order(n), due.map(Timestamp), version, &nothing)
        });
        for set in join_all(set).await {
            set.unwrap();
        }
    }
    let all = store.due(Timestamp(99), 100).await.unwrap();
    let newest = |deadline: &Deadline| (deadline.version, deadline.due.0) == (5, 50);
    assert_eq!(all.len(), 20);
    assert!(all.iter().all(newest), "{all:?}");
}

pub(crate) async fn a_deadline_that_moves_while_it_is_told_is_told_again(
    store: &impl ScheduleStore,
) {
    let nothing = Commit::nothing();
    for n in 1..=20 {
        set(store, n, Some(10), 1).await;
        let read = store.due(Timestamp(10), 10).await.unwrap();
        let (told, moved) = join(
            store.told(&read, &nothing),
            store.set(order(n), Some(Timestamp(50)), 2, &nothing),
        )
        .await;
        told.unwrap();
        moved.unwrap();
        assert_eq!(due(store, 49).await, []);
    }
    assert_eq!(store.due(Timestamp(50), 100).await.unwrap().len(), 20);
}
