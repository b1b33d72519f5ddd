//! The promises of `MailStore`.

use futures::future::join_all;
use gateline_common::Timestamp;
use gateline_common::bus::Buyer;
use gateline_common::ids::{EventId, OrderId, UserId};
use gateline_core::mail::{EventCopy, Letter, LetterContent, MailStore, OrderCopy};
use gateline_core::shared::{Commit, StoreError};
use uuid::Uuid;

macro_rules! mail_promises {
    ($open:path) => {
        $crate::store_promises!(mail, $open:
            a_letter_is_queued_once_for_ever,
            a_letter_is_queued_with_its_cause_or_not_at_all,
            a_postponed_letter_waits_and_counts_its_attempts,
            a_refused_letter_is_not_tried_again,
            older_copies_never_replace_newer_ones,
            older_news_is_consumed_all_the_same,
            a_letter_that_was_sent_stays_sent,
            a_letter_that_many_queue_at_once_is_queued_once,
            of_copies_that_come_at_once_the_newest_stays,
        );
    };
}

const NOTHING: fn() -> Commit = Commit::nothing;

fn order(version: u64) -> OrderCopy {
    OrderCopy {
        order: OrderId(Uuid::from_u128(1)),
        code: "ABC".into(),
        event: EventId(7),
        buyer: Buyer {
            user: UserId(Uuid::from_u128(1)),
            email: "zoe@example.org".into(),
            name: "Zoë".into(),
        },
        lines: vec!["2 × Standing".into()],
        test: false,
        version,
    }
}

pub(crate) fn event(version: u64) -> EventCopy {
    EventCopy {
        event: EventId(7),
        title: format!("Title {version}"),
        place: String::new(),
        timezone: "UTC".into(),
        starts_at: Timestamp(0),
        ends_at: Timestamp(1),
        cancelled: false,
        version,
    }
}

pub(crate) fn letter(key: &str, at: i64) -> Letter {
    Letter::new(key.into(), LetterContent::Expired(order(1)), Timestamp(at))
}

pub(crate) async fn due(store: &impl MailStore, now: i64) -> Vec<(String, u32)> {
    let letters = store.due(Timestamp(now), 10).await.unwrap();
    letters.into_iter().map(|l| (l.key, l.attempts)).collect()
}

pub(crate) async fn a_letter_is_queued_once_for_ever(store: &impl MailStore) {
    for at in [20, 30] {
        store.enqueue(&letter("b", at), &NOTHING()).await.unwrap();
        store
            .enqueue(&letter("a", at - 15), &NOTHING())
            .await
            .unwrap();
    }
    assert_eq!(due(store, 4).await, []);
    assert_eq!(due(store, 20).await, [("a".into(), 0), ("b".into(), 0)]);
    assert_eq!(store.due(Timestamp(99), 1).await, Ok(vec![letter("a", 5)]));
    store.sent("a", Timestamp(50)).await.unwrap();
    store.enqueue(&letter("a", 60), &NOTHING()).await.unwrap();
    assert_eq!(due(store, 99).await, [("b".into(), 0)]);
}

pub(crate) async fn a_letter_is_queued_with_its_cause_or_not_at_all(store: &impl MailStore) {
    let commit = NOTHING().consuming("mail", Uuid::from_u128(1));
    store.enqueue(&letter("a", 1), &commit).await.unwrap();
    let again = store.enqueue(&letter("b", 1), &commit).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(due(store, 9).await, [("a".into(), 0)]);
    // Another event about the same letter is consumed, and queues nothing.
    let other = NOTHING().consuming("mail", Uuid::from_u128(2));
    store.enqueue(&letter("a", 2), &other).await.unwrap();
    let again = store.enqueue(&letter("a", 2), &other).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(due(store, 9).await, [("a".into(), 0)]);
}

pub(crate) async fn a_postponed_letter_waits_and_counts_its_attempts(store: &impl MailStore) {
    store.enqueue(&letter("a", 1), &NOTHING()).await.unwrap();
    store.postpone("a", Timestamp(50)).await.unwrap();
    store.postpone("a", Timestamp(100)).await.unwrap();
    assert_eq!(due(store, 99).await, []);
    assert_eq!(due(store, 100).await, [("a".into(), 2)]);
    let unknown = store.postpone("b", Timestamp(1)).await;
    assert_eq!(unknown, Err(StoreError::Conflict));
}

pub(crate) async fn a_refused_letter_is_not_tried_again(store: &impl MailStore) {
    store.enqueue(&letter("a", 1), &NOTHING()).await.unwrap();
    store
        .give_up("a", "no address", Timestamp(5))
        .await
        .unwrap();
    assert_eq!(due(store, 99).await, []);
    store.enqueue(&letter("a", 6), &NOTHING()).await.unwrap();
    assert_eq!(due(store, 99).await, []);
}

pub(crate) async fn older_copies_never_replace_newer_ones(store: &impl MailStore) {
    for version in [2, 3, 1] {
        store.note_event(&event(version), &NOTHING()).await.unwrap();
        store.note_order(&order(version), &NOTHING()).await.unwrap();
    }
    assert_eq!(store.event(EventId(7)).await, Ok(Some(event(3))));
    assert_eq!(store.order(order(1).order).await, Ok(Some(order(3))));
    assert_eq!(store.event(EventId(8)).await, Ok(None));
}

pub(crate) async fn older_news_is_consumed_all_the_same(store: &impl MailStore) {
    store.note_order(&order(3), &NOTHING()).await.unwrap();
    let commit = NOTHING().consuming("mail", Uuid::from_u128(1));
    store.note_order(&order(2), &commit).await.unwrap();
    let again = store.note_order(&order(4), &commit).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(store.order(order(1).order).await, Ok(Some(order(3))));
}

pub(crate) async fn a_letter_that_was_sent_stays_sent(store: &impl MailStore) {
    store.enqueue(&letter("a", 1), &NOTHING()).await.unwrap();
    store
        .give_up("a", "no address", Timestamp(5))
        .await
        .unwrap();
    let conflict = Err(StoreError::Conflict);
    assert_eq!(store.postpone("a", Timestamp(6)).await, conflict);
    // Another instance had handed it over.
    store.sent("a", Timestamp(7)).await.unwrap();
    let late = store.give_up("a", "no address", Timestamp(8)).await;
    assert_eq!(late, conflict);
    assert_eq!(store.postpone("a", Timestamp(9)).await, conflict);
    assert_eq!(store.sent("b", Timestamp(9)).await, conflict);
    assert_eq!(due(store, 99).await, []);
}

pub(crate) async fn a_letter_that_many_queue_at_once_is_queued_once(store: &impl MailStore) {
    for round in 1..=20 {
        let key = format!("letter-{round}");
        let letters: Vec<Letter> = (0..4).map(|at| letter(&key, at)).collect();
        let commits = [1, 2, 3, 4].map(|n| {
            let cause = Uuid::from_u128(round * 10 + n);
            NOTHING().consuming("mail", cause)
        });
        let queued = letters.iter().zip(&commits);
        let queued = queued.map(|(letter, commit)| store.enqueue(letter, commit));
        for queued in join_all(queued).await {
            queued.unwrap();
        }
        let waiting = store.due(Timestamp(99), 10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert!(letters.contains(&waiting[0]));
        for commit in &commits {
            let again = store.enqueue(&letters[0], commit).await;
            assert_eq!(again, Err(StoreError::AlreadyConsumed));
        }
        store.sent(&key, Timestamp(99)).await.unwrap();
    }
}

pub(crate) async fn of_copies_that_come_at_once_the_newest_stays(store: &impl MailStore) {
    let nothing = NOTHING();
    for round in 0..20 {
        let copies = [2, 5, 1, 4, 3].map(|version| OrderCopy {
            order: OrderId(Uuid::from_u128(round)),
            ..order(version)
        });
        let noted = copies.iter().map(|copy| store.note_order(copy, &nothing));
        for noted in join_all(noted).await {
            noted.unwrap();
        }
        let held = store.order(copies[0].order).await.unwrap().unwrap();
        assert_eq!(held.version, 5);
    }
}
