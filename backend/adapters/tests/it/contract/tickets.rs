//! The promises of `TicketStore`.

use gateline_common::bus::{Buyer, EventStatus};
use gateline_common::bytes::{Hash, PublicKey};
use gateline_common::ids::{Epoch, EventId, KeyId, OrderId, OrgId, Serial, TicketTypeId, UserId};
use gateline_common::sync::{EventKey, KeyState, TicketStatus};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::shared::{Commit, StoreError};
use gateline_core::tickets::{
    CalledOff, EventCopy, EventKeys, Issued, OrderNote, StoredKey, Ticket, TicketFilter,
    TicketStore,
};
use uuid::Uuid;

macro_rules! ticket_promises {
    ($open:path) => {
        $crate::store_promises!(tickets, $open:
            an_event_gets_its_first_keys_once,
            an_older_state_of_an_event_never_replaces_a_newer_one,
            keys_change_from_the_version_that_was_read,
            an_order_is_issued_once,
            a_taken_serial_is_a_conflict_and_nothing_is_stored,
            a_refund_reaches_all_tickets_or_none,
            a_refund_that_comes_first_leaves_nothing_to_issue,
            of_two_changes_to_one_ticket_the_second_is_a_conflict,
            nothing_is_issued_for_an_event_that_is_no_longer_as_it_was_read,
            every_ticket_of_a_cancelled_event_has_its_turn_once,
            lists_filter_and_page_newest_first,
        );
    };
}

const NOTHING: fn() -> Commit = Commit::nothing;

fn copy(version: u64) -> EventCopy {
    EventCopy {
        event: EventId(7),
        org: OrgId(Uuid::from_u128(1)),
        title: format!("Title {version}"),
        place: "Hall".into(),
        timezone: "Europe/Vienna".into(),
        starts_at: Timestamp(0),
        ends_at: Timestamp(1),
        status: EventStatus::Published,
        version,
    }
}

fn keys(version: u64) -> EventKeys {
    EventKeys {
        event: EventId(7),
        keys: vec![StoredKey {
            public: EventKey {
                id: KeyId(1),
                key: PublicKey([version as u8; 32]),
                state: KeyState::Current,
            },
            seed: Hash([9; 32]),
            made_at: Timestamp(0),
        }],
        version,
    }
}

fn note(order: u128, refunded: bool) -> OrderNote {
    OrderNote {
        order: OrderId(Uuid::from_u128(order)),
        event: EventId(7),
        buyer: Buyer {
            user: UserId(Uuid::from_u128(1)),
            email: "zoe@example.org".into(),
            name: "Zoë".into(),
        },
        refunded,
    }
}

fn ticket(order: u128, serial: u64) -> Ticket {
    Ticket {
        event: EventId(7),
        serial: Serial::truncate(serial),
        org: OrgId(Uuid::from_u128(1)),
        order: OrderId(Uuid::from_u128(order)),
        order_code: format!("CODE{order}"),
        ticket_type: TicketTypeId(1),
        type_name: "Standing".into(),
        price: Money::new(1000, Currency::EUR),
        epoch: Epoch(0),
        status: TicketStatus::Valid,
        owner: UserId(Uuid::from_u128(order)),
        owner_email: "zoe@example.org".into(),
        attendee_name: Some("Zoë".into()),
        seat: None,
        note: None,
        holder_key: None,
        key_id: KeyId(1),
        code: "123".into(),
        test: true,
        issued_at: Timestamp(order as i64),
        changed_at: Timestamp(0),
        version: 1,
    }
}

/// Two events are known, at version 1.
async fn known(store: &impl TicketStore) {
    for event in [7, 8] {
        let event = EventCopy {
            event: EventId(event),
            ..copy(1)
        };
        store.note_event(&event, None, &NOTHING()).await.unwrap();
    }
}

fn with_status(ticket: &Ticket, status: TicketStatus) -> Ticket {
    Ticket {
        status,
        version: ticket.version + 1,
        ..ticket.clone()
    }
}

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

pub(crate) async fn an_older_state_of_an_event_never_replaces_a_newer_one(
    store: &impl TicketStore,
) {
    let commit = |id| NOTHING().consuming("tickets", Uuid::from_u128(id));
    store.note_event(&copy(3), None, &commit(3)).await.unwrap();
    store.note_event(&copy(2), None, &commit(2)).await.unwrap();
    assert_eq!(store.event(EventId(7)).await, Ok(Some(copy(3))));
    let again = store.note_event(&copy(2), None, &commit(2)).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    let again = store.note_event(&copy(4), None, &commit(3)).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(copy(3))));
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

pub(crate) async fn an_order_is_issued_once(store: &impl TicketStore) {
    known(store).await;
    let tickets = [ticket(1, 30), ticket(1, 10), ticket(1, 20)];
    let issued = store.issue(&note(1, false), 1, &tickets, &NOTHING()).await;
    assert_eq!(issued, Ok(Issued::Now));
    let others = [ticket(1, 40)];
    let commit = NOTHING().consuming("tickets", Uuid::from_u128(5));
    let again = store.issue(&note(1, false), 1, &others, &commit).await;
    assert_eq!(again, Ok(Issued::Before));
    assert_eq!(
        store.of_order(note(1, false).order).await,
        Ok(tickets.to_vec())
    );
    assert_eq!(
        store.order(note(1, false).order).await,
        Ok(Some(note(1, false)))
    );
    let found = store.ticket(EventId(7), Serial::truncate(10)).await;
    assert_eq!(found, Ok(Some(ticket(1, 10))));
    assert_eq!(
        store.ticket(EventId(8), Serial::truncate(10)).await,
        Ok(None)
    );
}

pub(crate) async fn a_taken_serial_is_a_conflict_and_nothing_is_stored(store: &impl TicketStore) {
    known(store).await;
    store
        .issue(&note(1, false), 1, &[ticket(1, 10)], &NOTHING())
        .await
        .unwrap();
    let tickets = [ticket(2, 11), ticket(2, 10)];
    let issued = store.issue(&note(2, false), 1, &tickets, &NOTHING()).await;
    assert_eq!(issued, Err(StoreError::Conflict));
    assert_eq!(store.of_order(note(2, false).order).await, Ok(vec![]));
    assert_eq!(store.order(note(2, false).order).await, Ok(None));
    let elsewhere = Ticket {
        event: EventId(8),
        ..ticket(2, 10)
    };
    let issued = store
        .issue(&note(2, false), 1, &[elsewhere], &NOTHING())
        .await;
    assert_eq!(issued, Ok(Issued::Now));
}

pub(crate) async fn a_refund_reaches_all_tickets_or_none(store: &impl TicketStore) {
    known(store).await;
    let tickets = [ticket(1, 10), ticket(1, 11)];
    store
        .issue(&note(1, false), 1, &tickets, &NOTHING())
        .await
        .unwrap();
    let blocked = with_status(&tickets[1], TicketStatus::Blocked);
    store.save(&blocked, 1, &NOTHING()).await.unwrap();
    let stale = tickets
        .each_ref()
        .map(|t| with_status(t, TicketStatus::Refunded));
    let late = store.refund(&note(1, true), true, &stale, &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(
        store.order(note(1, true).order).await,
        Ok(Some(note(1, false)))
    );
    let read = store.of_order(note(1, true).order).await.unwrap();
    let fresh: Vec<_> = read
        .iter()
        .map(|t| with_status(t, TicketStatus::Refunded))
        .collect();
    store
        .refund(&note(1, true), true, &fresh, &NOTHING())
        .await
        .unwrap();
    assert_eq!(store.of_order(note(1, true).order).await, Ok(fresh));
    assert_eq!(
        store.order(note(1, true).order).await,
        Ok(Some(note(1, true)))
    );
}

pub(crate) async fn a_refund_that_comes_first_leaves_nothing_to_issue(store: &impl TicketStore) {
    known(store).await;
    store
        .refund(&note(1, true), false, &[], &NOTHING())
        .await
        .unwrap();
    let again = store.refund(&note(1, true), false, &[], &NOTHING()).await;
    assert_eq!(again, Err(StoreError::Conflict));
    let issued = store
        .issue(&note(1, false), 1, &[ticket(1, 10)], &NOTHING())
        .await;
    assert_eq!(issued, Ok(Issued::Before));
    assert_eq!(store.of_order(note(1, true).order).await, Ok(vec![]));
}

pub(crate) async fn of_two_changes_to_one_ticket_the_second_is_a_conflict(
    store: &impl TicketStore,
) {
    known(store).await;
    let first = ticket(1, 10);
    store
        .issue(&note(1, false), 1, std::slice::from_ref(&first), &NOTHING())
        .await
        .unwrap();
    let blocked = with_status(&first, TicketStatus::Blocked);
    store.save(&blocked, 1, &NOTHING()).await.unwrap();
    let cancelled = with_status(&first, TicketStatus::Cancelled);
    assert_eq!(
        store.save(&cancelled, 1, &NOTHING()).await,
        Err(StoreError::Conflict)
    );
    assert_eq!(
        store.ticket(EventId(7), first.serial).await,
        Ok(Some(blocked))
    );
}

pub(crate) async fn nothing_is_issued_for_an_event_that_is_no_longer_as_it_was_read(
    store: &impl TicketStore,
) {
    store.note_event(&copy(1), None, &NOTHING()).await.unwrap();
    store.note_event(&copy(2), None, &NOTHING()).await.unwrap();
    let (note, tickets) = (note(1, false), [ticket(1, 10)]);
    let stale = store.issue(&note, 1, &tickets, &NOTHING()).await;
    assert_eq!(stale, Err(StoreError::Conflict));
    assert_eq!(store.of_order(note.order).await, Ok(vec![]));
    let issued = store.issue(&note, 2, &tickets, &NOTHING()).await;
    assert_eq!(issued, Ok(Issued::Now));
}

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

pub(crate) async fn lists_filter_and_page_newest_first(store: &impl TicketStore) {
    known(store).await;
    for order in 1..=3 {
        let tickets = [
            ticket(order, 100 - order as u64),
            ticket(order, 50 + order as u64),
        ];
        store
            .issue(&note(order, false), 1, &tickets, &NOTHING())
            .await
            .unwrap();
    }
    let list = async |filter: TicketFilter, limit, after| -> Vec<(i64, u64)> {
        let tickets = store.list(&filter, limit, after).await.unwrap();
        tickets
            .iter()
            .map(|t| (t.issued_at.0, t.serial.get()))
            .collect()
    };
    let all = TicketFilter::default;
    let everything = [(3, 97), (3, 53), (2, 98), (2, 52), (1, 99), (1, 51)];
    assert_eq!(list(all(), 200, None).await, everything);
    let after = Some((Timestamp(2), EventId(7), Serial::truncate(98)));
    assert_eq!(list(all(), 2, after).await, [(2, 52), (1, 99)]);
    let owner = Some(UserId(Uuid::from_u128(2)));
    assert_eq!(
        list(TicketFilter { owner, ..all() }, 9, None).await,
        [(2, 98), (2, 52)]
    );
    let order = Some(OrderId(Uuid::from_u128(1)));
    assert_eq!(
        list(TicketFilter { order, ..all() }, 9, None).await,
        [(1, 99), (1, 51)]
    );
    let event = Some(EventId(8));
    assert!(
        list(TicketFilter { event, ..all() }, 9, None)
            .await
            .is_empty()
    );
    let org = Some(OrgId(Uuid::from_u128(2)));
    assert!(
        list(TicketFilter { org, ..all() }, 9, None)
            .await
            .is_empty()
    );
    let status = Some(TicketStatus::Blocked);
    assert!(
        list(TicketFilter { status, ..all() }, 9, None)
            .await
            .is_empty()
    );
    for text in ["code3", "zoë", "zoe@example"] {
        let text = Some(text.to_owned());
        assert!(
            !list(TicketFilter { text, ..all() }, 9, None)
                .await
                .is_empty()
        );
    }
    let text = Some("code3".to_owned());
    assert_eq!(
        list(TicketFilter { text, ..all() }, 9, None).await,
        [(3, 97), (3, 53)]
    );
}
