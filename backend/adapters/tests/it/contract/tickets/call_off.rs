//! The tickets of a cancelled event are gone through, once and to the end.

use super::*;

pub(crate) async fn every_ticket_of_a_cancelled_event_has_its_turn_once(store: &impl TicketStore) {
    known(store).await;
    let tickets = [0, 7, 3].map(|serial| ticket(1, serial));
    let issued = store.issue(&note(1, false), 1, &tickets, &NOTHING()).await;
    issued.unwrap();
    assert_eq!(store.called_off(2).await, Ok(None));
    let cancelled = EventCopy {
        status: EventStatus::Cancelled,
        ..copy(2)
    };
    store
        .note_event(&cancelled, None, &NOTHING())
        .await
        .unwrap();
    let serials =
        |read: &CalledOff| -> Vec<u64> { read.tickets.iter().map(|t| t.serial.get()).collect() };
    let first = store.called_off(2).await.unwrap().unwrap();
    assert_eq!((serials(&first), first.last), (vec![0, 3], false));
    let changed: Vec<_> = first
        .tickets
        .iter()
        .map(|t| with_status(t, TicketStatus::Cancelled))
        .collect();
    store.call_off(&first, &changed, &NOTHING()).await.unwrap();
    let again = store.call_off(&first, &changed, &NOTHING()).await;
    assert_eq!(again, Err(StoreError::Conflict));
    let rest = store.called_off(2).await.unwrap().unwrap();
    assert_eq!((serials(&rest), rest.last), (vec![7], true));
    // Changed since: nothing of it is stored, and it is still to do.
    let blocked = with_status(&rest.tickets[0], TicketStatus::Blocked);
    store.save(&blocked, 1, &NOTHING()).await.unwrap();
    let stale = [with_status(&rest.tickets[0], TicketStatus::Cancelled)];
    let late = store.call_off(&rest, &stale, &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    let rest = store.called_off(2).await.unwrap().unwrap();
    assert_eq!(rest.tickets, [blocked]);
    store.call_off(&rest, &[], &NOTHING()).await.unwrap();
    assert_eq!(store.called_off(2).await, Ok(None));
}

pub(crate) async fn a_cancelled_event_is_gone_through_once_however_often_it_is_told(
    store: &impl TicketStore,
) {
    known(store).await;
    let issued = store
        .issue(&note(1, false), 1, &[ticket(1, 3)], &NOTHING())
        .await;
    issued.unwrap();
    let cancelled = |version| EventCopy {
        status: EventStatus::Cancelled,
        ..copy(version)
    };
    // News that comes too late is none.
    store.note_event(&copy(4), None, &NOTHING()).await.unwrap();
    let late = store.note_event(&cancelled(3), None, &NOTHING()).await;
    late.unwrap();
    assert_eq!(store.called_off(9).await, Ok(None));
    for version in [5, 6] {
        let told = store
            .note_event(&cancelled(version), None, &NOTHING())
            .await;
        told.unwrap();
    }
    let all = store.called_off(9).await.unwrap().unwrap();
    assert_eq!((all.tickets.len(), all.last), (1, true));
    store.call_off(&all, &[], &NOTHING()).await.unwrap();
    let told = store.note_event(&cancelled(7), None, &NOTHING()).await;
    told.unwrap();
    assert_eq!(store.called_off(9).await, Ok(None));
}
