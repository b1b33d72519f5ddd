//! An event at a venue always holds its newest state.

use super::sales::counts;
use super::*;

pub(crate) async fn a_venue_changes_with_its_events_or_not_at_all(store: &impl EventStore) {
    store.create_venue(&venue(1, 1), &NOTHING()).await.unwrap();
    let at = |version| Event {
        place: Place::Venue(venue(1, version)),
        ..event(7)
    };
    store.create(&at(1), &NOTHING()).await.unwrap();
    let moved = next(&at(2));
    let forgotten = store.save_venue(&venue(1, 2), 1, &[], &NOTHING()).await;
    assert_eq!(forgotten, Err(StoreError::Conflict));
    store
        .save_venue(&venue(1, 2), 1, std::slice::from_ref(&moved), &NOTHING())
        .await
        .unwrap();
    assert_eq!(store.events_at(venue(1, 1).id).await, Ok(vec![moved]));
    let stale = Event {
        id: EventId(8),
        ..at(1)
    };
    let created = store.create(&stale, &NOTHING()).await;
    assert_eq!(created, Err(StoreError::Conflict));
    let late = store.save_venue(&venue(1, 2), 1, &[], &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(store.venues(org(), 9, None).await, Ok(vec![venue(1, 2)]));
    let after = Some(venue(1, 1).id);
    assert_eq!(store.venues(org(), 9, after).await, Ok(vec![]));
}

pub(crate) async fn a_venue_stays_while_events_take_place_there(store: &impl EventStore) {
    store.create_venue(&venue(1, 1), &NOTHING()).await.unwrap();
    let taken = store.create_venue(&venue(1, 1), &NOTHING()).await;
    assert_eq!(taken, Err(StoreError::Conflict));
    let held = Event {
        place: Place::Venue(venue(1, 1)),
        ..event(7)
    };
    store.create(&held, &NOTHING()).await.unwrap();
    let id = venue(1, 1).id;
    assert_eq!(store.delete_venue(id, 1, &NOTHING()).await, Ok(false));
    let gone = Event {
        status: EventStatus::Deleted,
        ..next(&held)
    };
    store.save(&gone, 1, Guard::None, &NOTHING()).await.unwrap();
    let late = store.delete_venue(id, 9, &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(store.delete_venue(id, 1, &NOTHING()).await, Ok(true));
    assert_eq!(store.venue(id).await, Ok(None));
}

pub(crate) async fn an_event_moves_only_to_the_newest_state_of_a_venue(store: &impl EventStore) {
    store.create_venue(&venue(1, 1), &NOTHING()).await.unwrap();
    let saved = store.save_venue(&venue(1, 2), 1, &[], &NOTHING()).await;
    saved.unwrap();
    store.create(&event(7), &NOTHING()).await.unwrap();
    let save = async |version| {
        let moved = next(&at_venue(7, version));
        store.save(&moved, 1, Guard::None, &NOTHING()).await
    };
    assert_eq!(save(1).await, Err(StoreError::Conflict));
    assert_eq!(save(3).await, Err(StoreError::Conflict));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(event(7))));
    assert_eq!(save(2).await, Ok(Guarded::Done));
}

pub(crate) async fn a_venue_whose_events_changed_since_is_a_conflict(store: &impl EventStore) {
    store.create_venue(&venue(1, 1), &NOTHING()).await.unwrap();
    for id in [7, 8] {
        let created = store.create(&at_venue(id, 1), &NOTHING()).await;
        created.unwrap();
    }
    let renamed = next(&at_venue(8, 1));
    let saved = store.save(&renamed, 1, Guard::None, &NOTHING()).await;
    saved.unwrap();
    let stale = [next(&at_venue(7, 2)), next(&at_venue(8, 2))];
    let late = store.save_venue(&venue(1, 2), 1, &stale, &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(store.venue(venue(1, 1).id).await, Ok(Some(venue(1, 1))));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(at_venue(7, 1))));
}

pub(crate) async fn venues_page_oldest_first_and_by_organization(store: &impl EventStore) {
    let elsewhere = Venue {
        org: OrgId(Uuid::from_u128(2)),
        ..venue(2, 1)
    };
    store.create_venue(&elsewhere, &NOTHING()).await.unwrap();
    for id in [0x100, 3, 1] {
        store.create_venue(&venue(id, 1), &NOTHING()).await.unwrap();
    }
    let page = async |limit, after: Option<u128>| -> Vec<u128> {
        let after = after.map(|id| venue(id, 1).id);
        let venues = store.venues(org(), limit, after).await.unwrap();
        venues.iter().map(|venue| venue.id.0.as_u128()).collect()
    };
    assert_eq!(page(2, None).await, [1, 3]);
    assert_eq!(page(2, Some(3)).await, [0x100]);
}

/// An event at venue `id`, deleted at version 2.
pub(crate) async fn deleted_at(store: &impl EventStore, id: u32) -> Event {
    let venue = venue(id.into(), 1);
    store.create_venue(&venue, &NOTHING()).await.unwrap();
    let held = Event {
        place: Place::Venue(venue),
        ..event(id)
    };
    store.create(&held, &NOTHING()).await.unwrap();
    let gone = Event {
        status: EventStatus::Deleted,
        ..next(&held)
    };
    let saved = store.save(&gone, 1, Guard::EventUnsold, &NOTHING()).await;
    assert_eq!(saved, Ok(Guarded::Done));
    gone
}

/// The same, alive again at its venue as of `version`.
pub(super) fn back_at(gone: &Event, version: u64) -> Event {
    Event {
        status: EventStatus::Cancelled,
        place: Place::Venue(venue(gone.id.0.into(), version)),
        ..next(gone)
    }
}

pub(crate) async fn an_event_comes_back_with_its_venues_newest_state_or_the_last_of_one_that_is_gone(
    store: &impl EventStore,
) {
    let gone = deleted_at(store, 7).await;
    let saved = store.save_venue(&venue(7, 2), 1, &[], &NOTHING()).await;
    saved.unwrap();
    let held = order(1, 1, Stage::Held, 2);
    let note = async |back: &Event| store.note_order(&held, Some((back, 2)), &NOTHING()).await;
    assert_eq!(note(&back_at(&gone, 1)).await, Err(StoreError::Conflict));
    assert_eq!(store.event(gone.id).await, Ok(Some(gone.clone())));
    assert_eq!(counts(store).await, []);
    let back = back_at(&gone, 2);
    note(&back).await.unwrap();
    assert_eq!(counts(store).await, [(1, 2, 0, 0)]);
    assert_eq!(store.events_at(venue(7, 2).id).await, Ok(vec![back]));

    let gone = deleted_at(store, 8).await;
    let removed = store.delete_venue(venue(8, 1).id, 1, &NOTHING()).await;
    assert_eq!(removed, Ok(true));
    let back = back_at(&gone, 1);
    let held = OrderStanding {
        event: gone.id,
        ..order(2, 1, Stage::Held, 2)
    };
    let noted = store.note_order(&held, Some((&back, 2)), &NOTHING()).await;
    noted.unwrap();
    assert_eq!(store.event(gone.id).await, Ok(Some(back)));
}
