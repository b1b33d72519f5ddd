//! What this device scanned, from its own log.

use crate::support::{EVENT, Gate, Mode, OTHER_EVENT, Server, listed};
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::ids::{GateId, Serial};
use gateline_common::sync::{ListedTicket, TicketStatus};
use gateline_scanner::controller::{Confirmation, HistoryEntry, Presented};

async fn history(gate: &Gate) -> Vec<HistoryEntry> {
    gate.controller.history(None, 100).await.unwrap()
}

#[tokio::test]
async fn every_scan_is_told_newest_first_with_what_became_of_it() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    server.list(
        2,
        ListedTicket {
            status: TicketStatus::Blocked,
            ..listed("Wu Li")
        },
    );
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    gate.admits(&server.digits(1)).await;
    gate.controller.undo_last().await.unwrap();
    let serial = Serial::truncate(1);
    gate.controller.admit_listed(serial).await.unwrap();
    gate.refuses("noise").await;
    gate.refuses(&server.digits(2)).await;
    let knows = gate.controller.override_last("Knows the band", None);
    knows.await.unwrap();
    let told = history(&gate).await;
    let [overridden, blocked, noise, searched, undone] = told.as_slice() else {
        panic!("{told:?}");
    };
    let waived = Presented::Override {
        reason: "Knows the band".into(),
        waived: Answer::Refuse(Refusal::Blocked),
        supervised: false,
    };
    assert_eq!(overridden.how, waived);
    assert!(overridden.answer.is_admitted());
    assert_eq!(blocked.answer, Answer::Refuse(Refusal::Blocked));
    assert_eq!(blocked.confirmation, Confirmation::NotAsked);
    assert_eq!(noise.ticket, None);
    assert_eq!(searched.how, Presented::Search);
    assert_eq!(searched.confirmation, Confirmation::Unconfirmed);
    assert!(undone.undone && !searched.undone);
    assert_eq!(undone.how, Presented::Scan);
    assert_eq!(undone.answer, Answer::Admit(Admission::Entry));
    let ticket = undone.ticket.as_ref().unwrap();
    assert_eq!(ticket.name.as_deref(), Some("Ada Byron"));
    assert_eq!(undone.event_title.as_deref(), Some("Summer Night"));
    assert_eq!(undone.gate_name.as_deref(), Some("North"));
    assert!(told.iter().all(|entry| !entry.sent));
    server.set(Mode::Good);
    gate.sync().await;
    assert!(history(&gate).await.iter().all(|entry| entry.sent));
}

#[tokio::test]
async fn history_is_read_page_by_page_over_all_events() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    for serial in 1..=5 {
        gate.admits(&server.digits(serial)).await;
    }
    let at = Some(GateId(1));
    let other = gate.controller.choose(OTHER_EVENT, at, Direction::Entry);
    other.await.unwrap();
    gate.refuses(&server.digits(6)).await;
    let all = history(&gate).await;
    assert_eq!(all.len(), 6);
    assert_eq!(all[0].event, OTHER_EVENT);
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = gate.controller.history(before, 2).await.unwrap();
        before = page.last().map(|entry| entry.seq);
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(all[1].event, EVENT);
}

#[tokio::test]
async fn what_the_server_said_is_told_as_confirmed_green_or_red() {
    let server = Server::start().await;
    let (north, south) = (Gate::patient(&server).await, Gate::patient(&server).await);
    north.sync().await;
    south.sync().await;
    let code = server.digits(1);
    let (at_north, at_south) = tokio::join!(north.scan(&code), south.scan(&code));
    for (gate, shown) in [(&north, at_north), (&south, at_south)] {
        let told = history(gate).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].answer, shown.answer);
        assert_eq!(told[0].confirmation, Confirmation::Confirmed);
        assert!(!told[0].undone);
    }
}

#[tokio::test]
async fn a_revoked_device_still_tells_what_it_scanned_but_not_whom() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    gate.admits(&server.digits(1)).await;
    gate.sync().await;
    server.memory().devices[0].revoked = true;
    gate.sync().await;
    let told = history(&gate).await;
    let ticket = told[0].ticket.as_ref().unwrap();
    assert_eq!(
        (ticket.serial, ticket.name.as_deref()),
        (Serial::truncate(1), None)
    );
}
