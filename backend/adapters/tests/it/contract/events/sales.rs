//! What was ordered protects what it was ordered of.

use super::*;

pub(super) async fn counts(store: &impl EventStore) -> Vec<(u16, u32, u32, u32)> {
    let sales = store.sales(EventId(7)).await.unwrap();
    let row = |t: gateline_core::events::TypeSales| (t.ticket_type.0, t.held, t.sold, t.refunded);
    sales.into_iter().map(row).collect()
}

pub(crate) async fn what_was_ordered_is_protected_until_the_order_is_gone(store: &impl EventStore) {
    store.create(&event(7), &NOTHING()).await.unwrap();
    let guarded = async |guard| {
        let now = store.event(EventId(7)).await.unwrap().unwrap();
        store
            .save(&next(&now), now.version, guard, &NOTHING())
            .await
            .unwrap()
    };
    for (version, stage, outcome) in [
        (1, Stage::Held, Guarded::HasSales),
        (2, Stage::Sold, Guarded::HasSales),
        (3, Stage::Refunded, Guarded::HasSales),
        (4, Stage::Gone, Guarded::Done),
    ] {
        store
            .note_order(&order(1, version, stage, 2), None, &NOTHING())
            .await
            .unwrap();
        assert_eq!(guarded(Guard::EventUnsold).await, outcome, "{stage:?}");
        assert_eq!(
            guarded(Guard::TypeUnsold(TicketTypeId(1))).await,
            outcome,
            "{stage:?}"
        );
        assert_eq!(
            guarded(Guard::TypeUnsold(TicketTypeId(2))).await,
            Guarded::Done
        );
    }
}

pub(crate) async fn counts_follow_the_newest_standing_whatever_the_order(store: &impl EventStore) {
    let history = [
        order(0, 1, Stage::Held, 2),
        order(0, 2, Stage::Held, 3),
        order(0, 3, Stage::Sold, 3),
    ];
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for (id, sequence) in orders.iter().enumerate() {
        for step in sequence.iter().chain(sequence) {
            let standing = OrderStanding {
                order: OrderId(Uuid::from_u128(id as u128 + 1)),
                ..history[*step].clone()
            };
            store.note_order(&standing, None, &NOTHING()).await.unwrap();
        }
        let sold = (id as u32 + 1) * 3;
        assert_eq!(counts(store).await, [(1, 0, sold, 0)], "{sequence:?}");
    }
}

pub(crate) async fn a_count_for_an_event_that_changed_is_a_conflict(store: &impl EventStore) {
    store.create(&event(7), &NOTHING()).await.unwrap();
    let read = event(7);
    let changed = next(&read);
    store
        .save(&changed, 1, Guard::None, &NOTHING())
        .await
        .unwrap();
    let held = order(1, 1, Stage::Held, 2);
    let late = store.note_order(&held, Some((&read, 1)), &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    let late = store
        .note_order(&held, Some((&changed, 1)), &NOTHING())
        .await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(counts(store).await, []);
    let revived = next(&changed);
    store
        .note_order(&held, Some((&revived, 2)), &NOTHING())
        .await
        .unwrap();
    assert_eq!(store.event(EventId(7)).await, Ok(Some(revived)));
    assert_eq!(counts(store).await, [(1, 2, 0, 0)]);
}

pub(crate) async fn each_type_is_counted_by_itself(store: &impl EventStore) {
    for id in 1..=40 {
        let both = OrderStanding {
            lines: vec![
                (TicketTypeId(2), 1),
                (TicketTypeId(1), 2),
                (TicketTypeId(2), 1),
            ],
            ..order(id, 1, Stage::Held, 0)
        };
        store.note_order(&both, None, &NOTHING()).await.unwrap();
    }
    let elsewhere = OrderStanding {
        event: EventId(8),
        ..order(41, 1, Stage::Sold, 1)
    };
    store
        .note_order(&elsewhere, None, &NOTHING())
        .await
        .unwrap();
    assert_eq!(counts(store).await, [(1, 80, 0, 0), (2, 80, 0, 0)]);
    let gone = order(1, 2, Stage::Gone, 0);
    store.note_order(&gone, None, &NOTHING()).await.unwrap();
    let sold = order(2, 2, Stage::Sold, 2);
    store.note_order(&sold, None, &NOTHING()).await.unwrap();
    assert_eq!(counts(store).await, [(1, 76, 2, 0), (2, 76, 0, 0)]);
}
