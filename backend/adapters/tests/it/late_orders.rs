//! An order that was placed in the moment before its event was deleted.

use crate::contract::events::{deleted_at, event, next, venue};
use crate::contract::payments::facts;
use gateline_adapters::sqlite::{Db, SqliteAnswers, SqliteEvents};
use gateline_common::bus::{BusEvent, Envelope, EventStatus, OrderLine, OrderStatus};
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::events::{Event, EventStore, Events, Guard, Venue};
use gateline_core::shared::{Commit, Handler, SystemClock};
use std::sync::Arc;
use uuid::Uuid;

/// The events service, and its store.
struct Catalogue {
    store: Arc<SqliteEvents>,
    service: Events,
    _folder: tempfile::TempDir,
}

impl Catalogue {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("test.db")).unwrap();
        let store = Arc::new(SqliteEvents(db.clone()));
        let answers = Arc::new(SqliteAnswers(db));
        Self {
            service: Events::new(store.clone(), answers, Arc::new(SystemClock)),
            store,
            _folder: folder,
        }
    }

    /// Tells that two of the first ticket type are ordered; what became of the event.
    async fn ordered(&self, of: EventId) -> Event {
        let mut facts = facts(OrderStatus::Created);
        facts.event = of;
        facts.lines = vec![OrderLine {
            ticket_type: TicketTypeId(1),
            name: "Standing".into(),
            quantity: 2,
            unit_price: Money::new(1000, Currency::EUR),
        }];
        let told = Envelope {
            trace: None,
            id: Uuid::new_v4(),
            aggregate: String::new(),
            version: 1,
            at: Timestamp(1),
            body: BusEvent::OrderCreated(facts),
        };
        self.service.handle(&told).await.unwrap();
        self.store.event(of).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn an_order_of_a_deleted_event_brings_it_back_cancelled_at_its_venue_of_today() {
    let catalogue = Catalogue::open();
    let store = &*catalogue.store;
    let nothing = Commit::nothing();
    let gone = deleted_at(store, 7).await;
    let moved = Venue {
        address: "Elsewhere 1".into(),
        ..venue(7, 2)
    };
    store.save_venue(&moved, 1, &[], &nothing).await.unwrap();
    let back = catalogue.ordered(gone.id).await;
    assert_eq!(back.status, EventStatus::Cancelled);
    assert_eq!(back.venue(), Some(&moved));
    assert!(back.version > gone.version);
    assert_eq!(store.events_at(moved.id).await, Ok(vec![back]));
    let delete = store.delete_venue(moved.id, 2, &nothing).await;
    assert_eq!(delete, Ok(false), "an event takes place there");
}

#[tokio::test]
async fn an_order_of_a_deleted_event_whose_venue_is_gone_brings_it_back_as_it_was() {
    let catalogue = Catalogue::open();
    let store = &*catalogue.store;
    let gone = deleted_at(store, 7).await;
    let nothing = Commit::nothing();
    let deleted = store.delete_venue(venue(7, 1).id, 1, &nothing).await;
    assert_eq!(deleted, Ok(true));
    let back = catalogue.ordered(gone.id).await;
    assert_eq!(back.status, EventStatus::Cancelled);
    assert_eq!(back.place, gone.place);
}

#[tokio::test]
async fn an_order_of_a_deleted_type_brings_the_type_back_off_sale_and_the_event_stays_on() {
    let catalogue = Catalogue::open();
    let store = &*catalogue.store;
    let nothing = Commit::nothing();
    store.create(&event(7), &nothing).await.unwrap();
    let mut without = next(&event(7));
    without.ticket_types[0].deleted = true;
    let guard = Guard::TypeUnsold(TicketTypeId(1));
    store.save(&without, 1, guard, &nothing).await.unwrap();
    let back = catalogue.ordered(without.id).await;
    assert_eq!(back.status, EventStatus::Published);
    let sale_ends = back.live_type(TicketTypeId(1)).and_then(|t| t.sale_ends);
    assert_eq!(sale_ends, Some(back.changed_at));
}
