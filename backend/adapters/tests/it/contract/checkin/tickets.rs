//! The list, its feed, figures, and who was told of it when.

use super::{EVENT, GATE, NOTHING, key, moved, put, ticket, with_device, with_event};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, GateId, TicketTypeId};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::exposure::Contact;
use gateline_core::checkin::figures::{Deltas, Figure};
use gateline_core::checkin::ports::LogWrite;
use gateline_core::checkin::ticket::TicketState;
use gateline_core::shared::StoreError;

pub(crate) async fn the_feed_holds_each_ticket_at_its_last_change(store: &impl CheckInStore) {
    assert!(store.feed(EVENT, 0, 10).await.unwrap().is_none());
    with_event(store).await;
    for serial in 1..=3 {
        put(store, TicketState::unknown(key(serial))).await.unwrap();
    }
    let first = ticket(store, 1).await;
    put(store, first).await.unwrap();
    let run = store.feed(EVENT, 0, 10).await.unwrap().unwrap();
    let serials: Vec<u64> = run
        .tickets
        .iter()
        .map(|(_, ticket)| ticket.key.serial.get())
        .collect();
    assert_eq!(serials, [2, 3, 1]);
    let positions: Vec<u64> = run.tickets.iter().map(|(position, _)| *position).collect();
    assert!(positions.is_sorted() && positions[2] == run.head.position);
    let rest = store.feed(EVENT, positions[0], 1).await.unwrap().unwrap();
    assert_eq!(rest.tickets.len(), 1);
    assert_eq!(rest.tickets[0].1.key, key(3));
    let beyond = store.feed(EVENT, u64::MAX, 10).await.unwrap().unwrap();
    assert!(beyond.tickets.is_empty());
}

pub(crate) async fn of_two_changes_to_one_ticket_the_second_is_a_conflict_and_stores_nothing(
    store: &impl CheckInStore,
) {
    with_event(store).await;
    put(store, TicketState::unknown(key(1))).await.unwrap();
    let read = ticket(store, 1).await;
    put(store, read.clone()).await.unwrap();
    let late = LogWrite {
        tickets: vec![moved(TicketState::unknown(key(2))), moved(read)],
        ..LogWrite::default()
    };
    let refused = store.write_log(&late, &NOTHING()).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert!(store.ticket(key(2)).await.unwrap().is_none());
    // Made by two at once, it is a conflict too.
    let made = put(store, TicketState::unknown(key(1))).await;
    assert_eq!(made, Err(StoreError::Conflict));
}

pub(crate) async fn figures_are_sums(store: &impl CheckInStore) {
    with_event(store).await;
    for by in [5, -2] {
        let mut deltas = Deltas::default();
        deltas.add(EVENT, Figure::Entered, by);
        let write = LogWrite {
            deltas,
            ..LogWrite::default()
        };
        store.write_log(&write, &NOTHING()).await.unwrap();
    }
    let (figures, _) = store.figures(EVENT).await.unwrap();
    assert_eq!(figures.get(Figure::Entered), 3);
    assert_eq!(figures.get(Figure::Refused), 0);
}

pub(crate) async fn the_last_exchange_of_each_device_about_an_event_is_kept(
    store: &impl CheckInStore,
) {
    let device = with_device(store).await;
    with_event(store).await;
    let contact = |at, gate, open| Contact {
        device: GATE,
        event: EVENT,
        at: Timestamp(at),
        gate,
        open: [(TicketTypeId(1), open)].into(),
    };
    for told in [
        contact(50, Some(GateId(3)), 8),
        contact(70, None, 6),
        contact(60, Some(GateId(4)), 7),
    ] {
        store.note_contact(&told).await.unwrap();
    }
    let expected = contact(70, Some(GateId(3)), 6);
    let contacts = store.contacts(EVENT).await.unwrap();
    assert_eq!(contacts, [(device, expected)]);
    assert!(store.contacts(EventId(8)).await.unwrap().is_empty());
}
