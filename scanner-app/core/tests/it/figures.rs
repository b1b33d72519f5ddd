//! Live figures: from sums that are kept with every change.

use crate::support::{EVENT, Gate, Mode, OTHER_EVENT, Server, listed};
use gateline_common::decision::{Direction, Passage};
use gateline_common::ids::{DeviceId, GateId, Serial, TicketTypeId};
use gateline_common::sync::ListedTicket;
use gateline_scanner::controller::{DeviceFigures, Figures};
use gateline_scanner::store::Store;
use uuid::Uuid;

fn crew(name: &str) -> ListedTicket {
    ListedTicket {
        ticket_type: TicketTypeId(2),
        ..listed(name)
    }
}

async fn go(gate: &Gate, direction: Direction) {
    let north = Some(GateId(1));
    gate.controller
        .choose(EVENT, north, direction)
        .await
        .unwrap();
}

async fn figures(gate: &Gate) -> Figures {
    gate.controller.figures().await.unwrap()
}

/// Listed, entered and inside of each type.
fn by_type(figures: &Figures) -> Vec<(Option<&str>, [u64; 3])> {
    let types = figures.by_type.iter();
    types
        .map(|it| (it.name.as_deref(), [it.listed, it.entered, it.inside]))
        .collect()
}

#[tokio::test]
async fn who_came_in_and_who_is_inside_is_told_by_ticket_type() {
    let server = Server::start().await;
    for serial in 1..=3 {
        server.list(serial, listed("Ada Byron"));
    }
    server.list(4, crew("Wu Li"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    let none = figures(&gate).await;
    assert_eq!((none.listed, none.entered, none.inside), (4, 0, 0));
    assert_eq!(none.per_minute, [0; 60]);
    for serial in [1, 2, 4, 9] {
        gate.admits(&server.digits(serial)).await;
    }
    gate.refuses(&server.digits(1)).await;
    go(&gate, Direction::Exit).await;
    gate.admits(&server.digits(4)).await;
    let now = figures(&gate).await;
    assert_eq!((now.listed, now.entered, now.inside), (4, 4, 3));
    let wanted = [
        (Some("Day ticket"), [3, 2, 2]),
        (Some("Crew"), [1, 1, 0]),
        (None, [0, 1, 1]),
    ];
    assert_eq!(by_type(&now), wanted);
    let mine = DeviceFigures {
        entries: 4,
        exits: 1,
        refusals: 1,
        undone: 0,
    };
    assert_eq!(now.this_device, mine);
    assert_eq!(now.per_minute[59], 4);
}

#[tokio::test]
async fn entries_are_told_by_the_minute_and_leave_after_an_hour() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    for serial in 1..=3 {
        gate.admits(&server.digits(serial)).await;
    }
    gate.clock.advance(2 * 60_000);
    gate.admits(&server.digits(4)).await;
    let minutes = figures(&gate).await.per_minute;
    assert_eq!(minutes[57..], [3, 0, 1]);
    gate.clock.advance(57 * 60_000);
    let minutes = figures(&gate).await.per_minute;
    assert_eq!((minutes.len(), minutes[..3].to_vec()), (60, vec![3, 0, 1]));
    gate.clock.advance(60_000);
    let later = figures(&gate).await;
    assert_eq!(later.per_minute.iter().sum::<u32>(), 1);
    assert_eq!(later.entered, 4);
}

#[tokio::test]
async fn what_staff_take_back_does_not_count_as_an_entry() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    gate.controller.undo_last().await.unwrap();
    let now = figures(&gate).await;
    assert_eq!((now.entered, now.inside, now.per_minute[59]), (0, 0, 0));
    let mine = DeviceFigures {
        entries: 0,
        exits: 0,
        refusals: 0,
        undone: 1,
    };
    assert_eq!(now.this_device, mine);
}

#[tokio::test]
async fn what_the_server_refused_in_time_counts_as_a_refusal() {
    let server = Server::start().await;
    let (north, south) = (Gate::patient(&server).await, Gate::patient(&server).await);
    north.sync().await;
    south.sync().await;
    let code = server.digits(1);
    let (at_north, at_south) = tokio::join!(north.scan(&code), south.scan(&code));
    for (gate, shown) in [(&north, at_north), (&south, at_south)] {
        let mine = figures(gate).await.this_device;
        let green = u64::from(shown.answer.is_admitted());
        assert_eq!((mine.entries, mine.refusals), (green, 1 - green));
    }
}

#[tokio::test]
async fn other_devices_entries_count_as_far_as_they_are_known() {
    let server = Server::start().await;
    server.list(1, crew("Wu Li"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    let at = gate.clock_now();
    server.memory().change(Serial::truncate(1), |entry| {
        entry.passages.push(Passage {
            at,
            device: DeviceId(Uuid::from_u128(101)),
            seq: 1,
            gate: Some(GateId(2)),
            direction: Direction::Entry,
        });
    });
    gate.sync().await;
    let now = figures(&gate).await;
    assert_eq!((now.entered, now.inside, now.per_minute[59]), (1, 1, 1));
    assert_eq!(now.this_device.entries, 0);
    // The ticket becomes one of another type.
    server.memory().change(Serial::truncate(1), |entry| {
        entry.ticket = Some(listed("Wu Li"))
    });
    gate.sync().await;
    let wanted = [(Some("Day ticket"), [1, 1, 1]), (Some("Crew"), [0, 0, 0])];
    assert_eq!(by_type(&figures(&gate).await), wanted);
}

#[tokio::test]
async fn the_figures_of_another_event_are_its_own() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.admits(&server.digits(1)).await;
    let other = gate.controller.choose(OTHER_EVENT, None, Direction::Entry);
    other.await.unwrap();
    let now = figures(&gate).await;
    assert_eq!((now.event, now.entered), (OTHER_EVENT, 0));
    assert_eq!(now.this_device.entries, 0);
}

/// What the schema step of the figures made; without it the store is of the version
/// before.
const TAKE_BACK: &str = "
    DROP TABLE kept; DROP TABLE taken_back; DROP TABLE confirmed;
    DELETE FROM counts WHERE what IN ('listed_of', 'entered', 'inside_of', 'minute', 'mine');
    PRAGMA user_version = 5;
";

#[tokio::test]
async fn a_store_of_an_older_version_has_the_same_figures_after_its_upgrade() {
    let server = Server::start().await;
    for serial in 1..=3 {
        server.list(serial, listed("Ada Byron"));
    }
    server.list(4, crew("Wu Li"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    for serial in [1, 2, 4, 9] {
        gate.admits(&server.digits(serial)).await;
    }
    gate.refuses(&server.digits(1)).await;
    gate.admits(&server.digits(10)).await;
    gate.controller.undo_last().await.unwrap();
    go(&gate, Direction::Exit).await;
    gate.admits(&server.digits(4)).await;
    let before = figures(&gate).await;
    let history = gate.controller.history(None, 10).await.unwrap();
    gate.controller.shut().await;
    let store = Store::open(gate.folder()).unwrap();
    store.db().execute_batch(TAKE_BACK).unwrap();
    drop(store);
    let gate = gate.reopened().await;
    assert_eq!(figures(&gate).await, before);
    assert_eq!(gate.controller.history(None, 10).await.unwrap(), history);
}
