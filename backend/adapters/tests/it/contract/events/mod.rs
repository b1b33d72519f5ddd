//! The promises of `EventStore`.

mod races;
mod sales;
mod venues;

pub(crate) use races::*;
pub(crate) use sales::*;
pub(crate) use venues::*;

use gateline_common::bus::EventStatus;
use gateline_common::catalog::{Condition, EntryPolicy, EntryRule, TypeAdmission};
use gateline_common::ids::{EventId, OrderId, OrgId, RuleId, TicketTypeId, VenueId};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::events::{
    Category, Event, EventFilter, EventStore, Guard, Guarded, OrderStanding, Place, Stage,
    TicketType, TypePrice, Venue, fold,
};
use gateline_core::shared::{Commit, StoreError};
use uuid::Uuid;

macro_rules! event_promises {
    ($open:path) => {
        $crate::store_promises!(events, $open:
            an_event_reads_back_and_its_id_is_taken,
            of_two_changes_to_one_version_the_second_is_a_conflict,
            a_change_whose_cause_was_consumed_changes_nothing,
            what_was_ordered_is_protected_until_the_order_is_gone,
            counts_follow_the_newest_standing_whatever_the_order,
            a_count_for_an_event_that_changed_is_a_conflict,
            the_newest_price_of_a_type_is_kept_whatever_the_order,
            browsing_filters_and_pages,
            a_venue_changes_with_its_events_or_not_at_all,
            a_venue_stays_while_events_take_place_there,
            no_change_of_any_kind_is_made_whose_cause_was_consumed,
            a_deleted_event_is_still_read_and_needs_no_venue,
            an_event_with_rules_as_deep_as_a_request_can_be_reads_back,
            an_event_moves_only_to_the_newest_state_of_a_venue,
            a_venue_whose_events_changed_since_is_a_conflict,
            venues_page_oldest_first_and_by_organization,
            each_type_is_counted_by_itself,
            an_event_made_while_its_venue_goes_has_its_venue_or_is_not_made,
            an_event_that_moves_while_its_venue_changes_holds_its_newest_state,
            of_a_deletion_and_an_order_at_once_one_gives_way,
            an_event_comes_back_with_its_venues_newest_state_or_the_last_of_one_that_is_gone,
            an_event_that_comes_back_while_its_venue_changes_or_goes_fits_it,
            of_many_changes_to_one_event_at_once_one_is_made,
            orders_noted_all_at_once_are_all_counted_and_once,
        );
    };
}

const NOTHING: fn() -> Commit = Commit::nothing;

fn org() -> OrgId {
    OrgId(Uuid::from_u128(1))
}

pub(crate) fn event(id: u32) -> Event {
    Event {
        id: EventId(id),
        org: org(),
        title: format!("Ärger Nr. {id}"),
        description: String::new(),
        category: Category::Concert,
        tags: vec!["jazz".into()],
        place: Place::Online("https://example.org".into()),
        timezone: "Europe/Vienna".into(),
        starts_at: Timestamp(i64::from(id) * 1_000),
        ends_at: Timestamp(i64::from(id) * 1_000 + 500),
        status: EventStatus::Published,
        gates: vec![],
        zones: vec![],
        rules: vec![],
        policy: EntryPolicy::default(),
        supervisor_pin: None,
        ticket_types: vec![ticket_type(1), ticket_type(2)],
        version: 1,
        created_at: Timestamp(0),
        changed_at: Timestamp(0),
    }
}

fn ticket_type(id: u16) -> TicketType {
    TicketType {
        id: TicketTypeId(id),
        name: "Standing".into(),
        price: Money::new(1000, Currency::EUR),
        limit: 10,
        max_per_order: 4,
        sale_starts: None,
        sale_ends: None,
        admission: TypeAdmission::default(),
        deleted: false,
        version: 1,
    }
}

pub(crate) fn venue(id: u128, version: u64) -> Venue {
    Venue {
        id: VenueId(Uuid::from_u128(id)),
        org: org(),
        name: format!("Hall {version}"),
        address: String::new(),
        notes: String::new(),
        version,
        created_at: Timestamp(0),
    }
}

/// An event at the venue 1.
fn at_venue(id: u32, version: u64) -> Event {
    Event {
        place: Place::Venue(venue(1, version)),
        ..event(id)
    }
}

pub(crate) fn next(event: &Event) -> Event {
    Event {
        version: event.version + 1,
        ..event.clone()
    }
}

pub(crate) fn order(id: u128, version: u64, stage: Stage, quantity: u32) -> OrderStanding {
    OrderStanding {
        order: OrderId(Uuid::from_u128(id)),
        version,
        event: EventId(7),
        stage,
        lines: vec![(TicketTypeId(1), quantity)],
    }
}

pub(crate) async fn an_event_reads_back_and_its_id_is_taken(store: &impl EventStore) {
    assert_eq!(store.event(EventId(7)).await, Ok(None));
    store.create(&event(7), &NOTHING()).await.unwrap();
    assert_eq!(store.event(EventId(7)).await, Ok(Some(event(7))));
    let again = store.create(&event(7), &NOTHING()).await;
    assert_eq!(again, Err(StoreError::Conflict));
}

pub(crate) async fn of_two_changes_to_one_version_the_second_is_a_conflict(
    store: &impl EventStore,
) {
    store.create(&event(7), &NOTHING()).await.unwrap();
    let changed = next(&event(7));
    let saved = store.save(&changed, 1, Guard::None, &NOTHING()).await;
    assert_eq!(saved, Ok(Guarded::Done));
    let late = store.save(&changed, 1, Guard::None, &NOTHING()).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(changed)));
}

pub(crate) async fn a_change_whose_cause_was_consumed_changes_nothing(store: &impl EventStore) {
    store.create(&event(7), &NOTHING()).await.unwrap();
    let commit = NOTHING().consuming("events", Uuid::from_u128(9));
    let held = order(1, 1, Stage::Held, 2);
    store.note_order(&held, None, &commit).await.unwrap();
    let more = order(2, 1, Stage::Held, 2);
    let again = store.note_order(&more, None, &commit).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(counts(store).await, [(1, 2, 0, 0)]);
    let saved = store.save(&next(&event(7)), 1, Guard::None, &commit).await;
    assert_eq!(saved, Err(StoreError::AlreadyConsumed));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(event(7))));
}

pub(crate) async fn the_newest_price_of_a_type_is_kept_whatever_the_order(store: &impl EventStore) {
    let price = |event, ticket_type, minor: Option<i64>, version| TypePrice {
        event: EventId(event),
        ticket_type: TicketTypeId(ticket_type),
        price: minor.map(|minor| Money::new(minor, Currency::EUR)),
        version,
    };
    let newest = price(7, 1, Some(900), 3);
    for told in [
        price(7, 1, Some(800), 2),
        newest,
        price(7, 1, None, 1),
        price(7, 1, Some(700), 3),
        price(7, 2, None, 1),
        price(8, 1, Some(5), 1),
    ] {
        store.learn_price(&told, &NOTHING()).await.unwrap();
    }
    let of = async |ids: &[u32]| {
        let ids: Vec<_> = ids.iter().copied().map(EventId).collect();
        let mut prices = store.prices(&ids).await.unwrap();
        prices.sort_by_key(|it| (it.event, it.ticket_type));
        prices
    };
    assert_eq!(of(&[7]).await, [newest, price(7, 2, None, 1)]);
    assert_eq!(of(&[7, 8, 9]).await.len(), 3);
    assert_eq!(of(&[]).await, []);
    let commit = NOTHING().consuming("events", Uuid::from_u128(1));
    let later = price(7, 1, None, 4);
    store.learn_price(&later, &commit).await.unwrap();
    let again = store.learn_price(&price(7, 1, None, 5), &commit).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(of(&[7]).await[0], later);
}

pub(crate) async fn browsing_filters_and_pages(store: &impl EventStore) {
    for id in 1..=5 {
        store.create(&event(id), &NOTHING()).await.unwrap();
    }
    let others = Event {
        status: EventStatus::Draft,
        org: OrgId(Uuid::from_u128(2)),
        category: Category::Sport,
        ..event(6)
    };
    store.create(&others, &NOTHING()).await.unwrap();
    let gone = Event {
        status: EventStatus::Deleted,
        ..event(8)
    };
    store.create(&gone, &NOTHING()).await.unwrap();
    let found = async |filter: EventFilter, limit, after| -> Vec<u32> {
        let events = store.browse(&filter, limit, after).await.unwrap();
        events.iter().map(|event| event.id.0).collect()
    };
    let all = EventFilter::default;
    assert_eq!(found(all(), 200, None).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(found(all(), 2, None).await, [1, 2]);
    let after = Some((Timestamp(2_000), EventId(2)));
    assert_eq!(found(all(), 2, after).await, [3, 4]);
    let words = vec![fold("ÄRGER"), "3".into(), "jazz".into()];
    assert_eq!(found(EventFilter { words, ..all() }, 9, None).await, [3]);
    let category = Some(Category::Sport);
    assert_eq!(found(EventFilter { category, ..all() }, 9, None).await, [6]);
    let org = Some(OrgId(Uuid::from_u128(2)));
    assert_eq!(found(EventFilter { org, ..all() }, 9, None).await, [6]);
    let statuses = vec![EventStatus::Draft, EventStatus::Cancelled];
    assert_eq!(found(EventFilter { statuses, ..all() }, 9, None).await, [6]);
    let between = EventFilter {
        ends_after: Some(Timestamp(2_500)),
        starts_before: Some(Timestamp(5_000)),
        ..all()
    };
    assert_eq!(found(between, 9, None).await, [3, 4]);
    let injection = vec!["' OR 1=1 --".into(), "%".into()];
    let harmless = EventFilter {
        words: injection,
        ..all()
    };
    assert!(found(harmless, 9, None).await.is_empty());
}

pub(crate) async fn no_change_of_any_kind_is_made_whose_cause_was_consumed(
    store: &impl EventStore,
) {
    let commit = NOTHING().consuming("events", Uuid::from_u128(9));
    store.create_venue(&venue(1, 1), &commit).await.unwrap();
    let again = Err(StoreError::AlreadyConsumed);
    assert_eq!(store.create_venue(&venue(2, 1), &commit).await, again);
    assert_eq!(store.venue(venue(2, 1).id).await, Ok(None));
    let held = at_venue(7, 1);
    assert_eq!(store.create(&held, &commit).await, again);
    assert_eq!(store.event(held.id).await, Ok(None));
    let refused = store.delete_venue(venue(1, 1).id, 1, &commit).await;
    assert_eq!(refused, Err(StoreError::AlreadyConsumed));
    store.create(&held, &NOTHING()).await.unwrap();
    let moved = [next(&at_venue(7, 2))];
    let refused = store.save_venue(&venue(1, 2), 1, &moved, &commit).await;
    assert_eq!(refused, again);
    assert_eq!(store.venue(venue(1, 1).id).await, Ok(Some(venue(1, 1))));
    assert_eq!(store.event(held.id).await, Ok(Some(held)));
}

pub(crate) async fn a_deleted_event_is_still_read_and_needs_no_venue(store: &impl EventStore) {
    store.create_venue(&venue(1, 1), &NOTHING()).await.unwrap();
    let held = at_venue(7, 1);
    store.create(&held, &NOTHING()).await.unwrap();
    let gone = Event {
        status: EventStatus::Deleted,
        ..next(&held)
    };
    let saved = store.save(&gone, 1, Guard::EventUnsold, &NOTHING()).await;
    assert_eq!(saved, Ok(Guarded::Done));
    assert_eq!(store.events_at(venue(1, 1).id).await, Ok(vec![]));
    let removed = store.delete_venue(venue(1, 1).id, 1, &NOTHING()).await;
    assert_eq!(removed, Ok(true));
    let again = next(&gone);
    let saved = store.save(&again, 2, Guard::None, &NOTHING()).await;
    assert_eq!(saved, Ok(Guarded::Done));
    assert_eq!(store.event(EventId(7)).await, Ok(Some(again)));
}

pub(crate) async fn an_event_with_rules_as_deep_as_a_request_can_be_reads_back(
    store: &impl EventStore,
) {
    // A request has 128 levels at most, and each of these takes two.
    let deep = (0..55).fold(Condition::GateIn(vec![]), |inner, _| {
        Condition::All(vec![inner])
    });
    let rule = EntryRule {
        id: RuleId(1),
        name: "Not now".into(),
        ticket_types: vec![TicketTypeId(1)],
        condition: deep,
    };
    let strict = Event {
        rules: vec![rule],
        ..event(7)
    };
    store.create(&strict, &NOTHING()).await.unwrap();
    assert_eq!(store.event(EventId(7)).await, Ok(Some(strict)));
}
