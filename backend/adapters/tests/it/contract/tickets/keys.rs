//! Signing keys are made once, and change from the version that was read.

use super::*;

pub(crate) async fn an_event_gets_its_first_keys_once(store: &impl TicketStore) {
    assert_eq!(store.keys(EventId(7)).await, Ok(None));
    let first = keys(1);
    store
        .note_event(&copy(1), Some(&first), &NOTHING())
        .await
        .unwrap();
    let second = store.note_event(&copy(2), Some(&keys(5)), &NOTHING()).await;
    assert_eq!(second, Err(StoreError::Conflict));
    assert_eq!(store.keys(EventId(7)).await, Ok(Some(first)));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(copy(1))));
}

pub(crate) async fn keys_change_from_the_version_that_was_read(store: &impl TicketStore) {
    store
        .note_event(&copy(1), Some(&keys(1)), &NOTHING())
        .await
        .unwrap();
    store.save_keys(&keys(2), 1, &NOTHING()).await.unwrap();
    let late = store.save_keys(&keys(3), 1, &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(store.keys(EventId(7)).await, Ok(Some(keys(2))));
}
