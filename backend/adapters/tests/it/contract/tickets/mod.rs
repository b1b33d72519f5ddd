//! The promises of `TicketStore`.

mod call_off;
mod keys;
mod lists;
mod races;

pub(crate) use call_off::*;
pub(crate) use keys::*;
pub(crate) use lists::*;
pub(crate) use races::*;

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
            no_ticket_changes_whose_cause_was_consumed,
            a_refund_of_an_order_that_was_issued_meanwhile_is_a_conflict,
            a_cancelled_event_is_gone_through_once_however_often_it_is_told,
            what_a_list_is_searched_for_is_text_and_nothing_else,
            a_list_of_several_events_pages_without_a_gap,
            an_event_gets_its_keys_once_however_many_make_them,
            an_order_is_issued_once_however_many_try,
            of_two_orders_that_draw_one_serial_at_once_one_has_it,
            of_an_issue_and_a_refund_at_once_one_is_first,
            no_ticket_escapes_the_end_of_its_event,
            of_many_changes_to_one_ticket_at_once_one_is_made,
        );
    };
}

const NOTHING: fn() -> Commit = Commit::nothing;

pub(super) fn copy(version: u64) -> EventCopy {
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

pub(super) fn note(order: u128, refunded: bool) -> OrderNote {
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

pub(super) fn ticket(order: u128, serial: u64) -> Ticket {
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

pub(crate) async fn no_ticket_changes_whose_cause_was_consumed(store: &impl TicketStore) {
    let commit = NOTHING().consuming("tickets", Uuid::from_u128(9));
    let again = Err(StoreError::AlreadyConsumed);
    let noted = store.note_event(&copy(1), Some(&keys(1)), &commit).await;
    noted.unwrap();
    let refused = store.save_keys(&keys(2), 1, &commit).await;
    assert_eq!(refused, again);
    assert_eq!(store.keys(EventId(7)).await, Ok(Some(keys(1))));
    let tickets = [ticket(1, 10), ticket(1, 11)];
    let refused = store.issue(&note(1, false), 1, &tickets, &commit).await;
    assert_eq!(refused, Err(StoreError::AlreadyConsumed));
    assert_eq!(store.order(note(1, false).order).await, Ok(None));
    let issued = store.issue(&note(1, false), 1, &tickets, &NOTHING()).await;
    assert_eq!(issued, Ok(Issued::Now));
    let refunded = tickets
        .each_ref()
        .map(|t| with_status(t, TicketStatus::Refunded));
    let refused = store.refund(&note(1, true), true, &refunded, &commit).await;
    assert_eq!(refused, again);
    let refused = store.save(&refunded[0], 1, &commit).await;
    assert_eq!(refused, again);
    let cancelled = EventCopy {
        status: EventStatus::Cancelled,
        ..copy(2)
    };
    let noted = store.note_event(&cancelled, None, &NOTHING()).await;
    noted.unwrap();
    let read = store.called_off(9).await.unwrap().unwrap();
    let refused = store.call_off(&read, &refunded, &commit).await;
    assert_eq!(refused, again);
    assert_eq!(store.called_off(9).await, Ok(Some(read)));
    let held = store.of_order(note(1, false).order).await;
    assert_eq!(held, Ok(tickets.to_vec()));
}

pub(crate) async fn a_refund_of_an_order_that_was_issued_meanwhile_is_a_conflict(
    store: &impl TicketStore,
) {
    known(store).await;
    let tickets = [ticket(1, 10)];
    let issued = store.issue(&note(1, false), 1, &tickets, &NOTHING()).await;
    issued.unwrap();
    let refused = store.refund(&note(1, true), false, &[], &NOTHING()).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    let known = store.order(note(1, false).order).await;
    assert_eq!(known, Ok(Some(note(1, false))));
}
