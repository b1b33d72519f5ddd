//! Changes at the same moment, as several instances of the service make them: what
//! one decided on is never changed by another in between.

use super::sales::counts;
use super::venues::back_at;
use super::*;
use futures::future::{join, join_all};

const ROUNDS: u32 = 25;

pub(crate) async fn an_event_made_while_its_venue_goes_has_its_venue_or_is_not_made(
    store: &impl EventStore,
) {
    for round in 1..=ROUNDS {
        let venue = venue(round.into(), 1);
        store.create_venue(&venue, &NOTHING()).await.unwrap();
        let event = Event {
            place: Place::Venue(venue.clone()),
            ..event(round)
        };
        let nothing = NOTHING();
        let create = store.create(&event, &nothing);
        let delete = store.delete_venue(venue.id, 1, &nothing);
        let (created, deleted) = if round % 2 == 0 {
            join(create, delete).await
        } else {
            let (deleted, created) = join(delete, create).await;
            (created, deleted)
        };
        let has_venue = store.venue(venue.id).await.unwrap().is_some();
        let is_there = store.event(event.id).await.unwrap().is_some();
        assert_eq!(is_there, has_venue, "{created:?}, {deleted:?}");
        assert_eq!(created.is_ok(), is_there, "{created:?}, {deleted:?}");
        assert_eq!(deleted == Ok(true), !has_venue, "{created:?}, {deleted:?}");
    }
}

pub(crate) async fn an_event_that_moves_while_its_venue_changes_holds_its_newest_state(
    store: &impl EventStore,
) {
    store.create_venue(&venue(1, 1), &NOTHING()).await.unwrap();
    let nothing = NOTHING();
    for round in 1..=ROUNDS / 2 {
        let read = u64::from(round);
        let at = |id: u32, version| Event {
            place: Place::Venue(venue(1, version)),
            version: read,
            ..event(id)
        };
        let others = store.events_at(venue(1, 1).id).await.unwrap();
        let others = others.iter().map(|event| Event {
            place: Place::Venue(venue(1, read + 1)),
            ..next(event)
        });
        let others: Vec<Event> = others.collect();
        let elsewhere = Event {
            version: 1,
            ..event(1000 + round)
        };
        store.create(&elsewhere, &nothing).await.unwrap();
        let new = at(round, read);
        let moved = Event {
            place: Place::Venue(venue(1, read)),
            ..next(&elsewhere)
        };
        let newer = venue(1, read + 1);
        let change = store.save_venue(&newer, read, &others, &nothing);
        let create = store.create(&new, &nothing);
        let come = store.save(&moved, 1, Guard::None, &nothing);
        let (changed, (created, came)) = join(change, join(create, come)).await;
        let said = format!("{changed:?}, {created:?}, {came:?}");
        if changed.is_err() {
            // Somebody came first: then the venue changes with all who are there.
            let now = store.events_at(newer.id).await.unwrap();
            let all = now.iter().map(|event| Event {
                place: Place::Venue(newer.clone()),
                ..next(event)
            });
            let all: Vec<Event> = all.collect();
            let saved = store.save_venue(&newer, read, &all, &nothing).await;
            saved.unwrap();
        }
        for event in store.events_at(newer.id).await.unwrap() {
            assert_eq!(event.venue(), Some(&newer), "{said}");
        }
    }
}

pub(crate) async fn of_a_deletion_and_an_order_at_once_one_gives_way(store: &impl EventStore) {
    let nothing = NOTHING();
    for round in 1..=ROUNDS {
        let known = event(round);
        store.create(&known, &nothing).await.unwrap();
        let (status, guard) = if round % 2 == 0 {
            (EventStatus::Deleted, Guard::EventUnsold)
        } else {
            (known.status, Guard::TypeUnsold(TicketTypeId(1)))
        };
        let gone = Event {
            status,
            ..next(&known)
        };
        let orders: Vec<_> = (0..3)
            .map(|n| OrderStanding {
                event: known.id,
                ..order(u128::from(round) * 10 + n, 1, Stage::Held, 2)
            })
            .collect();
        let noted = join_all(orders.iter().map(|order| {
            let event = Some((&known, 1));
            store.note_order(order, event, &nothing)
        }));
        let saved = store.save(&gone, 1, guard, &nothing);
        let (noted, saved) = join(noted, saved).await;
        let said = format!("{noted:?}, {saved:?}");
        let held: u32 = store
            .sales(known.id)
            .await
            .unwrap()
            .iter()
            .map(|t| t.held)
            .sum();
        let now = store.event(known.id).await.unwrap().unwrap();
        if now == gone {
            assert_eq!(saved, Ok(Guarded::Done), "{said}");
            assert!(
                noted
                    .iter()
                    .all(|noted| *noted == Err(StoreError::Conflict)),
                "{said}"
            );
            assert_eq!(held, 0, "{said}");
        } else {
            assert_eq!(saved, Ok(Guarded::HasSales), "{said}");
            assert!(noted.iter().all(Result::is_ok), "{said}");
            assert_eq!(held, 6, "{said}");
        }
    }
}

pub(crate) async fn an_event_that_comes_back_while_its_venue_changes_or_goes_fits_it(
    store: &impl EventStore,
) {
    let nothing = NOTHING();
    for round in 1..=ROUNDS {
        let gone = deleted_at(store, round).await;
        let (old, newer) = (venue(round.into(), 1), venue(round.into(), 2));
        let back = back_at(&gone, 1);
        let held = OrderStanding {
            event: gone.id,
            ..order(round.into(), 1, Stage::Held, 2)
        };
        let note = store.note_order(&held, Some((&back, 2)), &nothing);
        let said = if round % 2 == 0 {
            let change = store.save_venue(&newer, 1, &[], &nothing);
            format!("{:?}", join(note, change).await)
        } else {
            let delete = store.delete_venue(old.id, 1, &nothing);
            format!("{:?}", join(delete, note).await)
        };
        let venue = store.venue(old.id).await.unwrap();
        let is_back = store.event(gone.id).await == Ok(Some(back));
        if round % 2 == 0 {
            assert_eq!(is_back, venue == Some(old), "{said}");
        } else {
            // Deleted before it came back, or not at all.
            assert!(is_back, "{said}");
            let there = store.events_at(old.id).await.unwrap();
            assert_eq!(there.len(), 1, "{said}");
        }
    }
}

pub(crate) async fn of_many_changes_to_one_event_at_once_one_is_made(store: &impl EventStore) {
    store.create(&event(7), &NOTHING()).await.unwrap();
    let nothing = NOTHING();
    for read in 1..=u64::from(ROUNDS) {
        let changes: Vec<Event> = (0..4)
            .map(|n| Event {
                title: format!("Title {n}"),
                version: read + 1,
                ..event(7)
            })
            .collect();
        let saved = changes
            .iter()
            .map(|event| store.save(event, read, Guard::None, &nothing));
        let saved = join_all(saved).await;
        let now = store.event(EventId(7)).await.unwrap().unwrap();
        for (change, saved) in changes.iter().zip(&saved) {
            match saved {
                Ok(Guarded::Done) => assert_eq!(*change, now, "{saved:?}"),
                other => assert_eq!(*other, Err(StoreError::Conflict)),
            }
        }
        assert_eq!(saved.iter().filter(|saved| saved.is_ok()).count(), 1);
    }
}

pub(crate) async fn orders_noted_all_at_once_are_all_counted_and_once(store: &impl EventStore) {
    const ORDERS: u32 = 6;
    let nothing = NOTHING();
    let mut news = Vec::new();
    for id in 0..ORDERS {
        for (version, stage) in [(1, Stage::Held), (3, Stage::Sold), (2, Stage::Held)] {
            news.push(order(id.into(), version, stage, 2));
        }
    }
    let twice = news.iter().chain(&news);
    let noted = join_all(twice.map(|order| store.note_order(order, None, &nothing))).await;
    for noted in noted {
        noted.unwrap();
    }
    assert_eq!(counts(store).await, [(1, 0, ORDERS * 2, 0)]);
}
