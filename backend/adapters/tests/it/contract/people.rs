//! The promises of `People`, over the stores of the services that keep some.

use super::checkin::facts;
use super::orders::{EVENT, NOW, offer, on_sale, order, taking, wish};
use super::tickets::{copy, note, ticket};
use gateline_common::Timestamp;
use gateline_common::bus::Buyer;
use gateline_common::ids::{Epoch, EventId, FeedGeneration, OrderId, Serial, TicketTypeId, UserId};
use gateline_common::sync::{ListedTicket, TicketStatus};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::event::{EventState, Versioned};
use gateline_core::checkin::ports::{EventWrite, LogWrite, TicketWrite};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::mail::{self, Letter, LetterContent, MailStore, OrderCopy};
use gateline_core::orders::{OnSale, Order, OrderFilter, OrderStore, Wish};
use gateline_core::shared::{Commit, Ended, PageRequest, People, StoreError};
use gateline_core::tickets::{Ticket, TicketFilter, TicketStore};
use uuid::Uuid;

macro_rules! people_promises {
    ($open:path) => {
        $crate::promises!(people, $open:
            buyers_are_forgotten_when_their_event_is_over_and_their_orders_stay,
            an_event_that_was_postponed_is_gone_through_again,
            owners_of_tickets_are_forgotten_and_whoever_read_before_that_brings_nothing_back,
            guests_are_forgotten_and_what_gates_and_reports_count_stays,
            recipients_are_forgotten_and_letters_that_wait_are_not,
        );
    };
}

/// The stores of the services, each with its people.
pub(crate) struct Services {
    pub(crate) orders: (Box<dyn OrderStore>, Box<dyn People>),
    pub(crate) tickets: (Box<dyn TicketStore>, Box<dyn People>),
    pub(crate) checkin: (Box<dyn CheckInStore>, Box<dyn People>),
    pub(crate) mail: (Box<dyn MailStore>, Box<dyn People>),
    pub(crate) _keep: Box<dyn Send + Sync>,
}

const NOTHING: fn() -> Commit = Commit::nothing;
const END: Timestamp = Timestamp(9_000);

/// Goes through the event, so many rows at a time; says how often there was more.
async fn gone_through(people: &dyn People, ended: Ended, limit: u32) -> usize {
    let mut more = 0;
    while people.forget(ended, limit).await.unwrap() {
        more += 1;
    }
    more
}

async fn ended(people: &dyn People, before: i64) -> Vec<Ended> {
    people.ended(Timestamp(before)).await.unwrap()
}

fn is_nameless(buyer: &Buyer) -> bool {
    buyer.email.is_empty() && buyer.name.is_empty()
}

async fn place(store: &dyn OrderStore, order: &Order) {
    let placed = store.place(order.event, wish(taking(order, &[])));
    placed.await.unwrap();
}

fn ending(event: EventId, at: Timestamp) -> OnSale {
    OnSale {
        event,
        ends_at: at,
        ..on_sale("A")
    }
}

pub(crate) async fn buyers_are_forgotten_when_their_event_is_over_and_their_orders_stay(
    services: Services,
) {
    let (store, people) = services.orders;
    let other = EventId(8);
    for event in [ending(EVENT, END), ending(other, Timestamp(9_500))] {
        store.learn_event(&event, 1, &NOTHING()).await.unwrap();
    }
    store
        .learn_offer(&offer(0, "T"), 9, 1, &NOTHING())
        .await
        .unwrap();
    let bought = order(1, 1);
    store
        .place(EVENT, wish(taking(&bought, &[(0, 1)])))
        .await
        .unwrap();
    for n in 2..=5 {
        place(store.as_ref(), &order(n, 1)).await;
    }
    let elsewhere = Order {
        event: other,
        ..order(6, 1)
    };
    place(store.as_ref(), &elsewhere).await;
    let sale = store.sale(EVENT).await.unwrap();

    assert_eq!(ended(people.as_ref(), END.0).await, [], "it ends just now");
    let over = Ended {
        event: EVENT,
        at: END,
    };
    assert_eq!(ended(people.as_ref(), END.0 + 1).await, [over]);
    assert!(people.forget(over, 2).await.unwrap());
    assert_eq!(
        ended(people.as_ref(), END.0 + 1).await,
        [over],
        "three are left"
    );
    assert_eq!(gone_through(people.as_ref(), over, 2).await, 1);
    assert_eq!(ended(people.as_ref(), END.0 + 1).await, []);
    for n in 1..=5 {
        let before = order(n, 1);
        let after = store.find(before.id).await.unwrap().unwrap();
        assert!(is_nameless(&after.buyer), "{after:?}");
        let with_name = Order {
            buyer: before.buyer.clone(),
            version: before.version,
            ..after.clone()
        };
        assert_eq!(with_name, before, "all else is as it was");
        assert_eq!(after.buyer.user, before.buyer.user);
    }
    assert_eq!(store.find(elsewhere.id).await, Ok(Some(elsewhere)));
    assert_eq!(store.sale(EVENT).await.unwrap(), sale);
    let theirs = OrderFilter {
        buyer: Some(UserId(Uuid::from_u128(1))),
        ..OrderFilter::default()
    };
    let page = PageRequest {
        limit: 50,
        after: None,
    };
    assert_eq!(store.list(theirs, &page).await.unwrap().items.len(), 6);
    // An order that changes later stays without a name.
    let later = Wish::new(NOW, |view| {
        let mut order = view.order.clone().unwrap();
        order.version += 1;
        order.test = true;
        Ok(Some(taking(&order, &[])))
    });
    let changed = store.change(bought.id, later).await.unwrap();
    assert!(changed.test && is_nameless(&changed.buyer));
}

pub(crate) async fn an_event_that_was_postponed_is_gone_through_again(services: Services) {
    let (store, people) = services.orders;
    let event = ending(EVENT, END);
    store.learn_event(&event, 1, &NOTHING()).await.unwrap();
    place(store.as_ref(), &order(1, 1)).await;
    let over = ended(people.as_ref(), 10_000).await;
    assert_eq!(gone_through(people.as_ref(), over[0], 100).await, 0);
    let later = ending(EVENT, Timestamp(20_000));
    store.learn_event(&later, 2, &NOTHING()).await.unwrap();
    place(store.as_ref(), &order(2, 2)).await;
    assert_eq!(ended(people.as_ref(), 10_000).await, []);
    let again = ended(people.as_ref(), 20_001).await;
    assert_eq!(again.len(), 1);
    gone_through(people.as_ref(), again[0], 1).await;
    for n in [1, 2] {
        let found = store.find(order(n, 1).id).await.unwrap().unwrap();
        assert!(is_nameless(&found.buyer));
    }
    assert_eq!(ended(people.as_ref(), 20_001).await, []);
}

async fn found(store: &dyn TicketStore, text: &str) -> Vec<Ticket> {
    let filter = TicketFilter {
        text: Some(text.to_owned()),
        ..TicketFilter::default()
    };
    store.list(&filter, 50, None).await.unwrap()
}

pub(crate) async fn owners_of_tickets_are_forgotten_and_whoever_read_before_that_brings_nothing_back(
    services: Services,
) {
    let (store, people) = services.tickets;
    store.note_event(&copy(1), None, &NOTHING()).await.unwrap();
    let tickets = [5, 6, 7].map(|serial| Ticket {
        note: Some("Needs the lift".into()),
        ..ticket(1, serial)
    });
    store
        .issue(&note(1, false), 1, &tickets, &NOTHING())
        .await
        .unwrap();
    assert_eq!(found(store.as_ref(), "zoe@").await.len(), 3);
    let read = store
        .ticket(EventId(7), Serial::truncate(6))
        .await
        .unwrap()
        .unwrap();

    let over = ended(people.as_ref(), 2).await;
    assert_eq!(gone_through(people.as_ref(), over[0], 2).await, 1);
    assert_eq!(found(store.as_ref(), "zoe@").await, []);
    assert_eq!(found(store.as_ref(), "zoë").await, []);
    let after = found(store.as_ref(), "code1").await;
    assert_eq!(after.len(), 3);
    for ticket in &after {
        let kept = (ticket.attendee_name.as_ref(), ticket.note.as_ref());
        assert_eq!((kept, ticket.owner_email.as_str()), ((None, None), ""));
        assert_eq!(ticket.facts().code_hash, read.facts().code_hash);
        assert_eq!((ticket.status, ticket.price), (read.status, read.price));
    }
    let stale = Ticket {
        status: TicketStatus::Blocked,
        version: read.version + 1,
        ..read.clone()
    };
    let saved = store.save(&stale, read.version, &NOTHING()).await;
    assert_eq!(saved, Err(StoreError::Conflict));
    assert_eq!(ended(people.as_ref(), 2).await, []);
}

fn guest(serial: u64) -> TicketState {
    TicketState {
        listed: Some(ListedTicket {
            ticket_type: TicketTypeId(1),
            epoch: Epoch(0),
            status: TicketStatus::Valid,
            name: Some("Zoë".into()),
            seat: Some("A1".into()),
            order_code: "CODE".into(),
            note: Some("Needs the lift".into()),
        }),
        ..TicketState::unknown(TicketKey {
            event: EventId(7),
            serial: Serial::truncate(serial),
        })
    }
}

pub(crate) async fn guests_are_forgotten_and_what_gates_and_reports_count_stays(
    services: Services,
) {
    let (store, people) = services.checkin;
    let facts = facts(1);
    let (event, ends_at) = (facts.event, facts.ends_at);
    let known = EventWrite {
        event: EventState {
            facts: Some(Versioned { version: 1, facts }),
            ..EventState::unknown(event)
        },
        rules: None,
        bump: None,
        generation: Some(FeedGeneration(Uuid::from_u128(1))),
    };
    store.save_event(&known, &NOTHING()).await.unwrap();
    let write = LogWrite {
        tickets: (1..=5)
            .map(|serial| TicketWrite {
                ticket: guest(serial),
                moves: true,
                passages: false,
            })
            .collect(),
        ..LogWrite::default()
    };
    store.write_log(&write, &NOTHING()).await.unwrap();
    let before = store.feed(event, 0, 50).await.unwrap().unwrap();
    assert_eq!(before.tickets.len(), 5);

    assert_eq!(ended(people.as_ref(), ends_at.0).await, []);
    let over = ended(people.as_ref(), ends_at.0 + 1).await;
    assert_eq!(over, [Ended { event, at: ends_at }]);
    assert_eq!(gone_through(people.as_ref(), over[0], 2).await, 2);
    let after = store.feed(event, 0, 50).await.unwrap().unwrap();
    assert_eq!(after.head, before.head, "gates have nothing to read");
    for ((at, ticket), (was_at, was)) in after.tickets.iter().zip(&before.tickets) {
        assert_eq!((at, ticket.key), (was_at, was.key));
        let (listed, named) = (
            ticket.listed.as_ref().unwrap(),
            was.listed.as_ref().unwrap(),
        );
        assert_eq!((&listed.name, &listed.note), (&None, &None));
        assert_eq!(
            (&listed.seat, &listed.order_code),
            (&named.seat, &named.order_code)
        );
        assert_eq!((&ticket.history, &ticket.share), (&was.history, &was.share));
    }
    let stale = LogWrite {
        tickets: vec![TicketWrite {
            ticket: before.tickets[0].1.clone(),
            moves: true,
            passages: true,
        }],
        ..LogWrite::default()
    };
    let stored = store.write_log(&stale, &NOTHING()).await;
    assert_eq!(stored, Err(StoreError::Conflict));
    assert_eq!(ended(people.as_ref(), ends_at.0 + 1).await, []);
}

fn bought(n: u128, event: u32) -> OrderCopy {
    OrderCopy {
        order: OrderId(Uuid::from_u128(n)),
        code: format!("CODE{n}"),
        event: EventId(event),
        buyer: note(n, false).buyer,
        lines: vec!["2 × Standing".into()],
        test: false,
        version: 1,
    }
}

pub(crate) async fn recipients_are_forgotten_and_letters_that_wait_are_not(services: Services) {
    let (store, people) = services.mail;
    for (event, ends_at) in [(7, 100), (8, 900)] {
        let event = mail::EventCopy {
            event: EventId(event),
            title: "A".into(),
            place: String::new(),
            timezone: "UTC".into(),
            starts_at: Timestamp(0),
            ends_at: Timestamp(ends_at),
            cancelled: false,
            version: 1,
        };
        store.note_event(&event, &NOTHING()).await.unwrap();
    }
    for (n, event) in [(1, 7), (2, 7), (3, 7), (4, 8)] {
        store
            .note_order(&bought(n, event), &NOTHING())
            .await
            .unwrap();
    }
    let over = ended(people.as_ref(), 500).await;
    assert_eq!(gone_through(people.as_ref(), over[0], 2).await, 1);
    for n in 1..=3 {
        let found = store.order(bought(n, 7).order).await.unwrap().unwrap();
        assert_eq!(found, bought(n, 7).nameless());
    }
    let other = bought(4, 8);
    assert_eq!(store.order(other.order).await, Ok(Some(other.clone())));

    for key in ["refused", "refused-late", "waits"] {
        let letter = Letter::new(key.into(), LetterContent::Expired(other.clone()), NOW);
        store.enqueue(&letter, &NOTHING()).await.unwrap();
    }
    for (key, at) in [("refused", 100), ("refused-late", 500)] {
        store
            .give_up(key, "no address", Timestamp(at))
            .await
            .unwrap();
    }
    assert_eq!(people.forget_given_up(Timestamp(500)).await, Ok(1));
    assert_eq!(people.forget_given_up(Timestamp(500)).await, Ok(0));
    assert_eq!(people.forget_given_up(Timestamp(501)).await, Ok(1));
    let due = store.due(NOW, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].key.as_str(), due[0].content.event()),
        ("waits", Some(EventId(8)))
    );
    // It is still known that they were written.
    let again = Letter::new("refused".into(), LetterContent::Expired(other), NOW);
    store.enqueue(&again, &NOTHING()).await.unwrap();
    assert_eq!(store.due(NOW, 10).await.unwrap().len(), 1);
}
