//! Two who do something at once, again and again: what each promise is worth where
//! transactions that write different things do not meet by themselves.

use super::{
    EVENT, GATE, NOTHING, ORG, bump, device, enrolment, generation, head, key, moved, put, record,
    ticket, upload, with_device, with_event, with_organization,
};
use futures::future::join_all;
use futures::join;
use gateline_common::Timestamp;
use gateline_common::bytes::Hash;
use gateline_common::ids::{DeviceId, GateId, TicketTypeId};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::exposure::Contact;
use gateline_core::checkin::figures::{Deltas, Figure};
use gateline_core::checkin::ports::{EventWrite, LogWrite, TicketWrite};
use gateline_core::checkin::ticket::TicketState;
use gateline_core::checkin::{Device, Organization};
use gateline_core::shared::StoreError;
use std::cell::Cell;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How often each pair races.
const ROUNDS: u64 = 12;

fn one_of(first: &Result<(), StoreError>, second: &Result<(), StoreError>) -> bool {
    let lost = Err(StoreError::Conflict);
    (first.is_ok() && *second == lost) || (second.is_ok() && *first == lost)
}

fn other_device() -> Device {
    device(DeviceId(Uuid::from_u128(30)))
}

async fn with_two_devices(store: &impl CheckInStore) {
    with_device(store).await;
    let code = enrolment(30);
    store.add_enrolment(&code).await.unwrap();
    let (other, nothing) = (other_device(), NOTHING());
    let enrolled = store.enrol(code.secret, &other, bump(20), &nothing);
    enrolled.await.unwrap();
}

/// The next upload of a device, with one record about a ticket that it admits.
fn admitting(device: DeviceId, seq: u64, ticket: TicketState) -> LogWrite {
    let mut scan = record(seq, ticket.key.serial.get());
    scan.device = device;
    scan.hash = Hash([u8::try_from(seq).unwrap(); 32]);
    let mut write = upload(vec![scan], head(seq, seq - 1));
    write.head = Some((device, head(seq, seq - 1)));
    let batch = write.batch.as_mut().unwrap();
    batch.device = device;
    write.tickets = vec![moved(ticket)];
    write
}

pub(crate) async fn of_two_uploads_at_once_that_admit_one_ticket_one_is_a_conflict(
    store: &impl CheckInStore,
) {
    with_two_devices(store).await;
    with_event(store).await;
    put(store, TicketState::unknown(key(1))).await.unwrap();
    let mut next = BTreeMap::from([(GATE, 1), (other_device().device, 1)]);
    for round in 1..=ROUNDS {
        let read = ticket(store, 1).await;
        assert_eq!(read.version, round);
        let other = other_device().device;
        let here = admitting(GATE, next[&GATE], read.clone());
        let there = admitting(other, next[&other], read);
        let nothing = NOTHING();
        let (first, second) = join!(
            store.write_log(&here, &nothing),
            store.write_log(&there, &nothing)
        );
        assert!(one_of(&first, &second), "{first:?} {second:?}");
        let winner = if first.is_ok() { GATE } else { other };
        *next.entry(winner).or_default() += 1;
    }
    let (_, about) = store.ticket(key(1)).await.unwrap().unwrap();
    assert_eq!(about.len() as u64, ROUNDS, "one record a round");
    let feed = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(feed.position, ROUNDS + 1, "one position a round");
}

pub(crate) async fn an_upload_that_comes_twice_at_once_is_stored_once(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    for seq in 1..=ROUNDS {
        let write = admitting(GATE, seq, TicketState::unknown(key(seq)));
        let nothing = NOTHING();
        let (first, second) = join!(
            store.write_log(&write, &nothing),
            store.write_log(&write, &nothing)
        );
        assert!(one_of(&first, &second), "{first:?} {second:?}");
    }
    let held = store.records(GATE, 1, u64::MAX >> 1).await.unwrap();
    assert_eq!(held.len() as u64, ROUNDS);
}

pub(crate) async fn an_enrolment_code_that_two_use_at_once_makes_one_device(
    store: &impl CheckInStore,
) {
    let before = with_organization(store).await;
    let rounds = u8::try_from(ROUNDS).unwrap();
    for round in 1..=rounds {
        let code = enrolment(round);
        store.add_enrolment(&code).await.unwrap();
        let made = |n: u8| device(DeviceId(Uuid::from_u128(u128::from(n))));
        let (one, two) = (made(round), made(round + 100));
        let nothing = NOTHING();
        let (first, second) = join!(
            store.enrol(code.secret, &one, bump(20), &nothing),
            store.enrol(code.secret, &two, bump(20), &nothing)
        );
        assert!(one_of(&first, &second), "{first:?} {second:?}");
    }
    assert_eq!(store.devices(ORG).await.unwrap().len() as u64, ROUNDS);
    let after = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(after.manifest_version, before.manifest_version + ROUNDS);
}

pub(crate) async fn two_that_make_an_organization_at_once_get_one_root_key(
    store: &impl CheckInStore,
) {
    let made = [1, 2].map(|seed| Organization::new(ORG, [seed; 32], Timestamp(5)));
    let (first, second) = join!(
        store.add_organization(&made[0]),
        store.add_organization(&made[1])
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.root_seed, second.root_seed);
    let held = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(held.root_seed, first.root_seed);
}

pub(crate) async fn a_change_of_an_event_and_an_upload_at_once_are_both_stored(
    store: &impl CheckInStore,
) {
    with_device(store).await;
    with_event(store).await;
    for round in 1..=ROUNDS {
        let event = store.event(EVENT).await.unwrap().unwrap();
        assert_eq!(event.version, round);
        let change = EventWrite {
            event,
            rules: None,
            bump: Some(bump(20)),
            generation: Some(generation(100 + u128::from(round))),
        };
        let scans = admitting(GATE, round, TicketState::unknown(key(round)));
        let nothing = NOTHING();
        let (changed, stored) = join!(
            store.save_event(&change, &nothing),
            store.write_log(&scans, &nothing)
        );
        changed.unwrap();
        stored.unwrap();
        let feed = store.feed_head(EVENT).await.unwrap().unwrap();
        assert_eq!(feed.position, round);
        assert_eq!(Some(feed.generation), change.generation);
    }
}

pub(crate) async fn a_revocation_and_an_upload_at_once_are_both_stored(store: &impl CheckInStore) {
    let mut device = with_device(store).await;
    with_event(store).await;
    device.revoked_at = Some(Timestamp(40));
    for round in 1..=ROUNDS {
        device.accepted_at = Some(Timestamp(40 + i64::try_from(round).unwrap()));
        let scans = admitting(GATE, round, TicketState::unknown(key(round)));
        let nothing = NOTHING();
        let (saved, stored) = join!(
            store.save_device(&device, bump(40)),
            store.write_log(&scans, &nothing)
        );
        saved.unwrap();
        stored.unwrap();
        let (held, log) = store.devices(ORG).await.unwrap().remove(0);
        assert_eq!(held, device);
        assert_eq!((log.highest, log.version), (round, round));
    }
}

pub(crate) async fn since_when_a_device_is_revoked_never_changes(store: &impl CheckInStore) {
    let device = with_device(store).await;
    let revoked = |at| Device {
        revoked_at: Some(Timestamp(at)),
        ..device.clone()
    };
    let (one, two) = (revoked(40), revoked(50));
    let (first, second) = join!(
        store.save_device(&one, bump(40)),
        store.save_device(&two, bump(50))
    );
    first.unwrap();
    second.unwrap();
    let held = store.device(GATE).await.unwrap().unwrap();
    assert!(held == one || held == two);
    store.save_device(&revoked(60), bump(60)).await.unwrap();
    assert_eq!(store.device(GATE).await.unwrap(), Some(held));
}

pub(crate) async fn a_guarded_upload_and_a_passage_at_once_are_stored_in_that_order_or_not_both(
    store: &impl CheckInStore,
) {
    with_event(store).await;
    let (mut guarded_was_first, mut feed_end) = (0, 0);
    for round in 1..=ROUNDS {
        let (_, changes) = store.figures(EVENT).await.unwrap();
        let (counted, passed) = (key(1_000 + round), key(2_000 + round));
        let guarded = LogWrite {
            tickets: vec![TicketWrite {
                passages: false,
                ..moved(TicketState::unknown(counted))
            }],
            guard: Some((EVENT, changes)),
            ..LogWrite::default()
        };
        let nothing = NOTHING();
        let (first, second) = join!(
            store.write_log(&guarded, &nothing),
            put(store, TicketState::unknown(passed))
        );
        second.unwrap();
        let run = store.feed(EVENT, feed_end, 10).await.unwrap().unwrap();
        feed_end = run.head.position;
        let order: Vec<_> = run.tickets.iter().map(|(_, ticket)| ticket.key).collect();
        match first {
            Ok(()) => {
                assert_eq!(order, [counted, passed]);
                guarded_was_first += 1;
            }
            lost => {
                assert_eq!(lost, Err(StoreError::Conflict));
                assert_eq!(order, [passed]);
            }
        }
    }
    assert!(guarded_was_first <= ROUNDS);
}

pub(crate) async fn figures_that_many_add_to_at_once_are_their_sum(store: &impl CheckInStore) {
    with_event(store).await;
    let writes: Vec<LogWrite> = (1..=8)
        .map(|by| {
            let mut deltas = Deltas::default();
            deltas.add(EVENT, Figure::Entered, by);
            deltas.add(EVENT, Figure::EnteredAt(None), -by);
            LogWrite {
                deltas,
                ..LogWrite::default()
            }
        })
        .collect();
    let nothing = NOTHING();
    let stored = writes.iter().map(|write| store.write_log(write, &nothing));
    for stored in join_all(stored).await {
        stored.unwrap();
    }
    let (figures, _) = store.figures(EVENT).await.unwrap();
    assert_eq!(figures.0[&Figure::Entered], 36);
    assert_eq!(figures.0[&Figure::EnteredAt(None)], -36);
}

/// A writer that changes its own tickets again and again.
async fn write_changes(store: &impl CheckInStore, writer: u64) {
    for change in 0..ROUNDS {
        let serial = writer * 10 + change % 4;
        let held = store.ticket(key(serial)).await.unwrap();
        let held = held.map_or_else(|| TicketState::unknown(key(serial)), |(ticket, _)| ticket);
        put(store, held).await.unwrap();
    }
}

pub(crate) async fn a_reader_that_follows_a_feed_by_its_cursor_misses_no_change(
    store: &impl CheckInStore,
) {
    const WRITERS: u64 = 3;
    with_event(store).await;
    let done = Cell::new(false);
    let writing = async {
        join_all((1..=WRITERS).map(|writer| write_changes(store, writer))).await;
        done.set(true);
    };
    let reading = async {
        let (mut cursor, mut known) = (0, BTreeMap::new());
        loop {
            let was_done = done.get();
            let run = store.feed(EVENT, cursor, 3).await.unwrap().unwrap();
            for (position, ticket) in run.tickets {
                assert!(position > cursor && position <= run.head.position);
                cursor = position;
                known.insert(ticket.key, ticket.version);
            }
            if was_done && cursor == run.head.position {
                return known;
            }
        }
    };
    let ((), known) = join!(writing, reading);
    assert_eq!(known.len() as u64, WRITERS * 4);
    for (key, version) in known {
        let (held, _) = store.ticket(key).await.unwrap().unwrap();
        assert_eq!(version, held.version, "{key:?}");
    }
    let head = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(head.position, WRITERS * ROUNDS);
}

pub(crate) async fn of_contacts_noted_at_once_the_latest_stays(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let contacts: Vec<Contact> = (1..=6)
        .map(|at| Contact {
            device: GATE,
            event: EVENT,
            at: Timestamp(at),
            gate: Some(GateId(u16::try_from(at).unwrap())),
            open: [(TicketTypeId(1), 9)].into(),
        })
        .collect();
    for noted in join_all(contacts.iter().map(|c| store.note_contact(c))).await {
        noted.unwrap();
    }
    let held = store.contacts(EVENT).await.unwrap();
    assert_eq!(held[0].1, contacts[5]);
}
