//! Promises of the kernel's ports: what goes with a state change is stored with
//! it or not at all, leaves the outbox only when published, is consumed once, and
//! is forgotten in time.

use super::auth::{person, session};
use gateline_common::bus::BusEvent;
use gateline_common::ids::OrderId;
use gateline_common::{Hash, Timestamp};
use gateline_core::auth::{AuthStore, Stored};
use gateline_core::shared::{
    Answers, Commit, IdempotencyKey, Outbox, Retention, StoreError, StoredAnswer, random,
};
use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// The kernel's ports over one store, and a store port to make changes with.
pub(crate) struct Kernel {
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) answers: Arc<dyn Answers>,
    pub(crate) retention: Arc<dyn Retention>,
    pub(crate) auth: Arc<dyn AuthStore>,
    /// Lives as long as the store is used.
    pub(crate) _keep: Box<dyn Any>,
}

macro_rules! shared_promises {
    ($open:path) => {
        $crate::promises!(shared, $open:
            events_are_due_at_once_and_in_their_order,
            an_event_keeps_the_place_in_a_trace_that_caused_it,
            a_published_event_is_gone_for_good,
            a_postponed_event_is_due_at_its_time_and_counts_its_attempts,
            fresh_events_do_not_wait_behind_failed_ones,
            the_backlog_counts_and_knows_the_oldest,
            waiting_ends_with_the_next_commit,
            an_event_is_consumed_once_per_consumer,
            a_refused_change_leaves_no_event_answer_or_mark,
            an_answer_is_found_under_its_scope_and_key_alone,
            a_key_is_answered_once,
            old_answers_and_marks_are_forgotten_and_young_ones_are_not,
            a_mark_stays_as_long_as_its_event_may_come_again,
        );
    };
}

fn event(number: i64) -> Commit {
    let body = BusEvent::ExpirationDue {
        order: OrderId(Uuid::from_u128(number.unsigned_abs().into())),
        due: Timestamp(number),
    };
    Commit::nothing().publishing("order:1".to_owned(), 1, Timestamp(number), body)
}

fn answer(scope: &str, key: &str, at: Timestamp) -> StoredAnswer {
    StoredAnswer {
        key: IdempotencyKey {
            scope: scope.to_owned(),
            key: key.to_owned(),
            fingerprint: Hash::of(&[b"request"]),
        },
        body: "{\"made\":1}".to_owned(),
        at,
    }
}

impl Kernel {
    /// Makes some state change with `commit`.
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let user = person(&random::short_code(12));
        let stored = self
            .auth
            .create_user(&user, &session(&user), commit)
            .await?;
        assert_eq!(stored, Stored::Yes);
        Ok(())
    }

    /// The numbers of due events.
    async fn due(&self, now: i64) -> Vec<i64> {
        let due = self
            .outbox
            .due(Timestamp(now), 100, &HashSet::new())
            .await
            .unwrap();
        due.iter().map(|entry| entry.envelope.at.0).collect()
    }
}

pub(crate) async fn events_are_due_at_once_and_in_their_order(kernel: Kernel) {
    for number in [1, 2, 3] {
        kernel.commit(&event(number)).await.unwrap();
    }
    assert_eq!(kernel.due(0).await, [1, 2, 3]);
    let first = kernel
        .outbox
        .due(Timestamp(0), 2, &HashSet::new())
        .await
        .unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].attempts, 0);
}

pub(crate) async fn an_event_keeps_the_place_in_a_trace_that_caused_it(kernel: Kernel) {
    let mut commit = event(1);
    commit.publish[0].trace = Some(crate::traced::PLACE.to_owned());
    kernel.commit(&commit).await.unwrap();
    let nothing = HashSet::new();
    let due = kernel.outbox.due(Timestamp(0), 1, &nothing).await.unwrap();
    assert_eq!(due[0].envelope, commit.publish[0]);
}

pub(crate) async fn a_published_event_is_gone_for_good(kernel: Kernel) {
    kernel.commit(&event(1)).await.unwrap();
    let commit = event(2);
    kernel.commit(&commit).await.unwrap();
    let id = commit.publish[0].id;
    kernel.outbox.published(&[id]).await.unwrap();
    kernel.outbox.published(&[id]).await.unwrap();
    kernel.outbox.postpone(&[(id, Timestamp(0))]).await.unwrap();
    assert_eq!(kernel.due(i64::MAX).await, [1]);
}

pub(crate) async fn a_postponed_event_is_due_at_its_time_and_counts_its_attempts(kernel: Kernel) {
    let commit = event(1);
    kernel.commit(&commit).await.unwrap();
    let id = commit.publish[0].id;
    for attempt in 1..=3 {
        let until = Timestamp(100 * attempt);
        kernel.outbox.postpone(&[(id, until)]).await.unwrap();
    }
    assert_eq!(kernel.due(299).await, [0; 0]);
    let due = kernel
        .outbox
        .due(Timestamp(300), 10, &HashSet::new())
        .await
        .unwrap();
    assert_eq!(due[0].attempts, 3);
    assert_eq!(due[0].envelope, commit.publish[0]);
}

pub(crate) async fn fresh_events_do_not_wait_behind_failed_ones(kernel: Kernel) {
    let failed = event(1);
    kernel.commit(&failed).await.unwrap();
    let id = failed.publish[0].id;
    kernel.outbox.postpone(&[(id, Timestamp(5))]).await.unwrap();
    kernel.commit(&event(9)).await.unwrap();
    let due = kernel
        .outbox
        .due(Timestamp(10), 1, &HashSet::new())
        .await
        .unwrap();
    assert_eq!(due[0].envelope.at, Timestamp(9));
}

pub(crate) async fn the_backlog_counts_and_knows_the_oldest(kernel: Kernel) {
    assert_eq!(kernel.outbox.backlog().await.unwrap(), (0, None));
    kernel.commit(&event(7)).await.unwrap();
    kernel.commit(&event(8)).await.unwrap();
    let backlog = kernel.outbox.backlog().await.unwrap();
    assert_eq!(backlog, (2, Some(Timestamp(7))));
}

pub(crate) async fn waiting_ends_with_the_next_commit(kernel: Kernel) {
    kernel.commit(&event(1)).await.unwrap();
    kernel.outbox.wait().await; // committed before: does not wait
    let (_, committed) = tokio::join!(kernel.outbox.wait(), async {
        kernel.commit(&event(2)).await
    });
    committed.unwrap();
}

pub(crate) async fn an_event_is_consumed_once_per_consumer(kernel: Kernel) {
    let id = random::uuid(Timestamp(1));
    let orders = Commit::nothing().consuming("orders", id);
    let tickets = Commit::nothing().consuming("tickets", id);
    kernel.commit(&orders).await.unwrap();
    kernel.commit(&tickets).await.unwrap();
    let again = kernel.commit(&orders).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
}

pub(crate) async fn a_refused_change_leaves_no_event_answer_or_mark(kernel: Kernel) {
    let user = person("ada");
    let session = session(&user);
    let nothing = Commit::nothing();
    let stored = kernel.auth.create_user(&user, &session, &nothing).await;
    assert_eq!(stored, Ok(Stored::Yes));
    let mark = random::uuid(Timestamp(1));
    let commit =
        event(1)
            .consuming("orders", mark)
            .answering(Some(answer("user:1", "k", Timestamp(1))));
    let mut outdated = user.clone();
    outdated.version = 7;
    let others = gateline_core::auth::OtherSessions::Stay;
    let refused = kernel.auth.save_user(&outdated, others, &commit).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(kernel.due(i64::MAX).await, [0; 0]);
    assert_eq!(kernel.answers.find("user:1", "k").await, Ok(None));
    kernel
        .commit(&Commit::nothing().consuming("orders", mark))
        .await
        .unwrap();
}

pub(crate) async fn an_answer_is_found_under_its_scope_and_key_alone(kernel: Kernel) {
    let kept = answer("user:1", "k", Timestamp(5));
    let commit = Commit::nothing().answering(Some(kept.clone()));
    kernel.commit(&commit).await.unwrap();
    let find = async |scope, key| kernel.answers.find(scope, key).await.unwrap();
    assert_eq!(find("user:1", "k").await, Some(kept));
    assert_eq!(find("user:2", "k").await, None);
    assert_eq!(find("user:1", "l").await, None);
}

pub(crate) async fn a_key_is_answered_once(kernel: Kernel) {
    let first = event(1).answering(Some(answer("user:1", "k", Timestamp(5))));
    let second = event(2).answering(Some(answer("user:1", "k", Timestamp(6))));
    kernel.commit(&first).await.unwrap();
    let refused = kernel.commit(&second).await;
    assert_eq!(refused, Err(StoreError::AlreadyAnswered));
    assert_eq!(kernel.due(0).await, [1]);
    let kept = kernel.answers.find("user:1", "k").await.unwrap();
    assert_eq!(kept.unwrap().at, Timestamp(5));
}

pub(crate) async fn old_answers_and_marks_are_forgotten_and_young_ones_are_not(kernel: Kernel) {
    let (old, young) = (random::uuid(Timestamp(10)), random::uuid(Timestamp(30)));
    for (key, at, mark) in [("old", 10, old), ("young", 30, young)] {
        let commit = Commit::nothing()
            .answering(Some(answer("user:1", key, Timestamp(at))))
            .consuming("orders", mark);
        kernel.commit(&commit).await.unwrap();
    }
    let forgotten = kernel.retention.forget_before(Timestamp(20)).await;
    assert_eq!(forgotten, Ok(2));
    assert_eq!(kernel.answers.find("user:1", "old").await, Ok(None));
    assert!(
        kernel
            .answers
            .find("user:1", "young")
            .await
            .unwrap()
            .is_some()
    );
    let again = kernel
        .commit(&Commit::nothing().consuming("orders", young))
        .await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
}

pub(crate) async fn a_mark_stays_as_long_as_its_event_may_come_again(kernel: Kernel) {
    let commit = event(1);
    kernel.commit(&commit).await.unwrap();
    let consumed = Commit::nothing().consuming("orders", commit.publish[0].id);
    kernel.commit(&consumed).await.unwrap();
    let forgotten = kernel.retention.forget_before(Timestamp(1_000_000)).await;
    assert_eq!(forgotten, Ok(0));
    assert_eq!(
        kernel.commit(&consumed).await,
        Err(StoreError::AlreadyConsumed)
    );
}
