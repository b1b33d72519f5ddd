//! Changes at the same moment, as several instances of the service make them: what
//! one decided on is never changed by another in between.

use super::*;
use futures::future::{join, join_all};

const ROUNDS: u32 = 20;

/// Which of them said so. All others met a conflict.
fn done<T: PartialEq + std::fmt::Debug>(answers: &[Result<T, StoreError>], yes: &T) -> Vec<usize> {
    let is_done = |answer: &Result<T, StoreError>| match answer {
        Ok(answer) => answer == yes,
        Err(error) => {
            assert_eq!(*error, StoreError::Conflict);
            false
        }
    };
    (0..answers.len())
        .filter(|n| is_done(&answers[*n]))
        .collect()
}

pub(crate) async fn an_event_gets_its_keys_once_however_many_make_them(store: &impl TicketStore) {
    for round in 1..=ROUNDS {
        let event = EventCopy {
            event: EventId(round),
            ..copy(1)
        };
        let made: Vec<EventKeys> = (0..4)
            .map(|n| EventKeys {
                event: event.event,
                ..keys(10 + n)
            })
            .collect();
        let commits = [1, 2, 3, 4].map(|n| {
            let news = u128::from(round) * 10 + n;
            NOTHING().consuming("tickets", Uuid::from_u128(news))
        });
        let noted = made.iter().zip(&commits);
        let noted = noted.map(|(keys, commit)| store.note_event(&event, Some(keys), commit));
        let noted = join_all(noted).await;
        let winners = done(&noted, &());
        assert_eq!(winners.len(), 1, "{noted:?}");
        let held = store.keys(event.event).await;
        assert_eq!(held, Ok(Some(made[winners[0]].clone())));
        for (commit, noted) in commits.iter().zip(&noted) {
            let again = store.note_event(&event, None, commit).await;
            let consumed = Err(StoreError::AlreadyConsumed);
            assert_eq!(again, if noted.is_ok() { consumed } else { Ok(()) });
        }
    }
}

pub(crate) async fn an_order_is_issued_once_however_many_try(store: &impl TicketStore) {
    known(store).await;
    let nothing = NOTHING();
    for round in 1..=u64::from(ROUNDS) {
        let order = note(round.into(), false);
        let drawn: Vec<[Ticket; 2]> = (0..3)
            .map(|n| [0, 1].map(|m| ticket(round.into(), round * 10 + 2 * n + m)))
            .collect();
        let issued = drawn
            .iter()
            .map(|tickets| store.issue(&order, 1, tickets, &nothing));
        let issued = join_all(issued).await;
        let winners = done(&issued, &Issued::Now);
        assert_eq!(winners.len(), 1, "{issued:?}");
        assert!(issued.iter().all(Result::is_ok), "{issued:?}");
        let held = store.of_order(order.order).await;
        assert_eq!(held, Ok(drawn[winners[0]].to_vec()));
    }
}

pub(crate) async fn of_two_orders_that_draw_one_serial_at_once_one_has_it(
    store: &impl TicketStore,
) {
    known(store).await;
    let nothing = NOTHING();
    for round in 1..=u64::from(ROUNDS) {
        let orders = [2 * round, 2 * round + 1].map(u128::from);
        let draw = |order| {
            [
                ticket(order, 10 * round + (order % 2) as u64),
                ticket(order, 10 * round + 5),
            ]
        };
        let drawn = orders.map(draw);
        let notes = orders.map(|order| note(order, false));
        let issued = join(
            store.issue(&notes[0], 1, &drawn[0], &nothing),
            store.issue(&notes[1], 1, &drawn[1], &nothing),
        );
        let issued: [_; 2] = issued.await.into();
        let winners = done(&issued, &Issued::Now);
        assert_eq!(winners.len(), 1, "{issued:?}");
        let (first, other) = (winners[0], 1 - winners[0]);
        let held = store.of_order(notes[first].order).await;
        assert_eq!(held, Ok(drawn[first].to_vec()));
        assert_eq!(store.of_order(notes[other].order).await, Ok(vec![]));
        assert_eq!(store.order(notes[other].order).await, Ok(None));
    }
}

pub(crate) async fn of_an_issue_and_a_refund_at_once_one_is_first(store: &impl TicketStore) {
    known(store).await;
    let nothing = NOTHING();
    for round in 1..=u64::from(ROUNDS) {
        let (paid, back) = (note(round.into(), false), note(round.into(), true));
        let tickets = [ticket(round.into(), round)];
        let (issued, refunded) = join(
            store.issue(&paid, 1, &tickets, &nothing),
            store.refund(&back, false, &[], &nothing),
        )
        .await;
        let held = store.of_order(paid.order).await.unwrap().len();
        let known = store.order(paid.order).await.unwrap().unwrap();
        let outcome = (issued, refunded, held, known.refunded);
        let conflict = Err(StoreError::Conflict);
        let either = [
            (Ok(Issued::Now), conflict, 1, false),
            (Ok(Issued::Before), Ok(()), 0, true),
        ];
        assert!(either.contains(&outcome), "{outcome:?}");
    }
}

/// Cancels what there is, as the service does.
async fn cancel_all(store: &impl TicketStore) {
    while let Some(read) = store.called_off(2).await.unwrap() {
        let tickets = read.tickets.iter();
        let changed: Vec<_> = tickets
            .map(|ticket| with_status(ticket, TicketStatus::Cancelled))
            .collect();
        store.call_off(&read, &changed, &NOTHING()).await.unwrap();
    }
}

pub(crate) async fn no_ticket_escapes_the_end_of_its_event(store: &impl TicketStore) {
    let nothing = NOTHING();
    for round in 1..=ROUNDS {
        let event = EventCopy {
            event: EventId(round),
            ..copy(1)
        };
        store.note_event(&event, None, &nothing).await.unwrap();
        let cancelled = EventCopy {
            status: EventStatus::Cancelled,
            version: 2,
            ..event.clone()
        };
        let orders: Vec<_> = (0..4)
            .map(|n| {
                let order = u128::from(round) * 10 + n;
                let note = OrderNote {
                    event: event.event,
                    ..note(order, false)
                };
                let ticket = Ticket {
                    event: event.event,
                    ..ticket(order, order as u64)
                };
                (note, [ticket])
            })
            .collect();
        let issued = join_all(
            orders
                .iter()
                .map(|(note, tickets)| store.issue(note, 1, tickets, &nothing)),
        );
        let ended = async {
            let noted = store.note_event(&cancelled, None, &nothing).await;
            noted.unwrap();
            cancel_all(store).await;
        };
        let (issued, ()) = join(issued, ended).await;
        let winners = done(&issued, &Issued::Now);
        let filter = TicketFilter {
            event: Some(event.event),
            ..TicketFilter::default()
        };
        let tickets = store.list(&filter, 9, None).await.unwrap();
        assert_eq!(tickets.len(), winners.len(), "{issued:?}");
        let is_cancelled = |t: &Ticket| t.status == TicketStatus::Cancelled;
        assert!(tickets.iter().all(is_cancelled), "{issued:?}");
    }
}

pub(crate) async fn of_many_changes_to_one_ticket_at_once_one_is_made(store: &impl TicketStore) {
    known(store).await;
    let nothing = NOTHING();
    let first = [ticket(1, 10)];
    let issued = store.issue(&note(1, false), 1, &first, &nothing).await;
    issued.unwrap();
    for read in 1..=u64::from(ROUNDS) {
        let changes: Vec<Ticket> = (0..4)
            .map(|n| Ticket {
                note: Some(format!("Note {n}")),
                version: read + 1,
                ..ticket(1, 10)
            })
            .collect();
        let saved = join_all(
            changes
                .iter()
                .map(|ticket| store.save(ticket, read, &nothing)),
        )
        .await;
        let winners = done(&saved, &());
        assert_eq!(winners.len(), 1, "{saved:?}");
        let held = store.ticket(EventId(7), Serial::truncate(10)).await;
        assert_eq!(held, Ok(Some(changes[winners[0]].clone())));
    }
}
