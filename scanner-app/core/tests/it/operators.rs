//! What staff do beside scanning.

use crate::support::{EVENT, Gate, Mode, Server, listed};
use gateline_admission::supervisor_pin_hash;
use gateline_common::catalog::OverridePolicy;
use gateline_common::decision::{Admission, Answer, Refusal};
use gateline_common::ids::Serial;
use gateline_common::sync::{ListedTicket, RecordBody, Subject};
use gateline_scanner::controller::{ControllerErrorCode as Code, OverrideNeeds};

async fn offline(server: &Server) -> Gate {
    let gate = Gate::enrolled(server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    gate
}

#[tokio::test]
async fn the_list_is_searched_by_part_of_a_name_by_order_code_and_by_serial() {
    let server = Server::start().await;
    server.list(1, listed("Zoë Müller-Lüdenscheidt"));
    server.list(
        2,
        ListedTicket {
            order_code: "ABCDE".into(),
            ..listed("Søren Łukasz")
        },
    );
    server.list(3, listed("Wu Li"));
    let gate = offline(&server).await;
    let find = async |text: &str| -> Vec<u64> {
        let found = gate.controller.search(text).await.unwrap();
        found
            .iter()
            .map(|found| found.ticket.serial.get())
            .collect()
    };
    for text in ["muller", "LUDENS", "zoe", "enscheidt", "müller zoë", "Zo"] {
        assert_eq!(find(text).await, [1], "{text}");
    }
    assert_eq!(find("lukasz").await, [2]);
    assert_eq!(find("abcd").await, [2]);
    assert_eq!(find("wu").await, [3]);
    assert_eq!(find(&Serial::truncate(3).to_string()).await, [3]);
    for nobody in ["nobody", "%", "\"", "* OR 1", "' --"] {
        assert_eq!(find(nobody).await, [] as [u64; 0], "{nobody}");
    }
    let error = gate.controller.search("  ").await.unwrap_err();
    assert_eq!(error.code, Code::SearchTooShort);
}

#[tokio::test]
async fn a_guest_admitted_from_a_search_is_logged_as_such() {
    let server = Server::start().await;
    server.list(
        1,
        ListedTicket {
            note: Some("VIP".into()),
            ..listed("Ada Byron")
        },
    );
    let gate = offline(&server).await;
    let serial = Serial::truncate(1);
    let shown = gate.controller.admit_listed(serial).await.unwrap();
    assert_eq!(shown.answer, Answer::Admit(Admission::Entry));
    assert_eq!(shown.ticket.unwrap().note.as_deref(), Some("VIP"));
    let found = gate.controller.search("ada").await.unwrap();
    assert_eq!(
        found[0].last_passage.as_ref().unwrap().gate_name.as_deref(),
        Some("North")
    );
    let unknown = gate.controller.admit_listed(Serial::truncate(9)).await;
    assert_eq!(unknown.unwrap_err().code, Code::UnknownTicket);
    server.set(Mode::Good);
    gate.sync().await;
    let RecordBody::Scan(scan) = &server.scans()[0].body else {
        panic!("a scan")
    };
    assert_eq!(scan.subject, Subject::Listed(serial));
}

#[tokio::test]
async fn undo_takes_back_the_last_admission_once_and_keeps_the_log() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = offline(&server).await;
    let nothing = gate.controller.undo_last().await.unwrap_err();
    assert_eq!(nothing.code, Code::NothingToUndo);
    let first = gate.scan(&server.digits(1)).await;
    let undone = gate.controller.undo_last().await.unwrap();
    assert_eq!(
        (undone.undone, undone.serial),
        (first.seq, Some(Serial::truncate(1)))
    );
    let again = gate.controller.undo_last().await.unwrap_err();
    assert_eq!(again.code, Code::NothingToUndo);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    gate.sync().await;
    assert_eq!(server.scans().len(), 2);
}

#[tokio::test]
async fn an_override_needs_a_reason_and_waives_only_what_was_refused() {
    let server = Server::start().await;
    let blocked = gateline_common::sync::TicketStatus::Blocked;
    server.list(
        1,
        ListedTicket {
            status: blocked,
            ..listed("Ada Byron")
        },
    );
    let gate = offline(&server).await;
    let early = gate
        .controller
        .override_last("why", None)
        .await
        .unwrap_err();
    assert_eq!(early.code, Code::NothingToOverride);
    let refused = gate.scan(&server.digits(1)).await;
    assert_eq!(refused.override_needs, Some(OverrideNeeds::Reason));
    let silent = gate.controller.override_last("  ", None).await.unwrap_err();
    assert_eq!(silent.code, Code::ReasonMissing);
    let shown = gate
        .controller
        .override_last("Knows the band", None)
        .await
        .unwrap();
    assert!(shown.answer.is_admitted());
    gate.refuses("noise").await;
    let noise = gate
        .controller
        .override_last("please", None)
        .await
        .unwrap_err();
    assert_eq!(noise.code, Code::OverrideForbidden);
    server.set(Mode::Good);
    gate.sync().await;
    let RecordBody::Scan(scan) = &server.scans()[1].body else {
        panic!("a scan")
    };
    let given = scan.overridden.as_ref().unwrap();
    assert_eq!(given.waived, Answer::Refuse(Refusal::Blocked));
    assert_eq!(given.reason, "Knows the band");
}

#[tokio::test]
async fn where_the_event_asks_for_it_an_override_needs_the_supervisors_pin() {
    let server = Server::start().await;
    server.memory().world.change(|event| {
        event.policy.overrides = OverridePolicy::ReasonAndPin;
        event.supervisor_pin = Some(supervisor_pin_hash(EVENT, "2468"));
    });
    server.list(1, listed("Ada Byron"));
    let gate = offline(&server).await;
    gate.admits(&server.digits(1)).await;
    gate.refuses(&server.digits(1)).await;
    for pin in [None, Some("1111")] {
        let error = gate
            .controller
            .override_last("lost band", pin)
            .await
            .unwrap_err();
        assert_eq!(error.code, Code::WrongPin);
    }
    let shown = gate
        .controller
        .override_last("lost band", Some("2468"))
        .await
        .unwrap();
    assert!(shown.answer.is_admitted());
    gate.refuses(&server.digits(1)).await;
    for _ in 0..5 {
        gate.controller
            .override_last("x", Some("0000"))
            .await
            .unwrap_err();
    }
    let locked = gate
        .controller
        .override_last("x", Some("2468"))
        .await
        .unwrap_err();
    assert_eq!(locked.code, Code::WrongPin);
    gate.clock.advance(30_000);
    gate.controller
        .override_last("x", Some("2468"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_override_without_a_pin_forgives_no_wrong_ones() {
    let server = Server::start().await;
    server
        .memory()
        .world
        .change(|event| event.supervisor_pin = Some(supervisor_pin_hash(EVENT, "2468")));
    server.list(
        1,
        ListedTicket {
            status: gateline_common::sync::TicketStatus::Blocked,
            ..listed("Ada Byron")
        },
    );
    let gate = offline(&server).await;
    for _ in 0..4 {
        gate.controller.check_supervisor("0000").await.unwrap_err();
    }
    gate.refuses(&server.digits(1)).await;
    let waived = gate.controller.override_last("lost band", Some("")).await;
    assert!(waived.unwrap().answer.is_admitted());
    gate.controller.check_supervisor("0000").await.unwrap_err();
    let waits = gate.controller.check_supervisor("2468").await.unwrap_err();
    assert_eq!(waits.code, Code::WrongPin);
}

#[tokio::test]
async fn an_info_scan_burns_nothing_and_logs_nothing() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = offline(&server).await;
    let info = gate.controller.info(&server.digits(1)).await.unwrap();
    assert_eq!(info.answer, Answer::Admit(Admission::Entry));
    assert_eq!(info.passages, []);
    assert_eq!(gate.status().await.scans_logged, 0);
    gate.admits(&server.digits(1)).await;
    let info = gate.controller.info(&server.digits(1)).await.unwrap();
    assert_eq!(info.passages.len(), 1);
    assert!(!info.answer.is_admitted());
}

#[tokio::test]
async fn while_codes_are_looked_up_only_the_camera_burns_none() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = offline(&server).await;
    let code = [server.digits(1)];
    gate.controller.look_up_only(true);
    assert_eq!(gate.controller.scan_codes(&code).await.unwrap(), []);
    gate.controller.hear(&code[0]).await.unwrap();
    let informed = std::mem::take(&mut *gate.shown.informed.lock().unwrap());
    assert_eq!(informed.len(), 2);
    for info in informed {
        assert_eq!(info.answer, Answer::Admit(Admission::Entry));
        assert_eq!(info.passages, []);
    }
    assert_eq!(gate.controller.status().await.unwrap().scans_logged, 0);

    gate.controller.look_up_only(false);
    gate.controller.hear(&code[0]).await.unwrap();
    let scans = gate.shown.scans.lock().unwrap();
    assert_eq!(
        scans.last().unwrap().answer,
        Answer::Admit(Admission::Entry)
    );
}

#[tokio::test]
async fn the_scan_that_staff_name_is_overridden_or_undone_whatever_came_after_it() {
    let server = Server::start().await;
    let blocked = |name| ListedTicket {
        status: gateline_common::sync::TicketStatus::Blocked,
        ..listed(name)
    };
    server.list(1, blocked("Ada Byron"));
    server.list(2, blocked("Wu Li"));
    let gate = offline(&server).await;
    let ada = gate.scan(&server.digits(1)).await;
    gate.refuses(&server.digits(2)).await;
    let knows = gate
        .controller
        .override_scan(Some(ada.seq), "Knows the band", None);
    let let_in = knows.await.unwrap();
    assert!(let_in.answer.is_admitted());
    assert_eq!(let_in.ticket.unwrap().serial, Serial::truncate(1));
    gate.refuses(&server.digits(2)).await;
    let undone = gate.controller.undo(Some(let_in.seq)).await.unwrap();
    assert_eq!(undone.serial, Some(Serial::truncate(1)));
    for nothing in [ada.seq, let_in.seq, 99] {
        let error = gate.controller.undo(Some(nothing)).await.unwrap_err();
        assert_eq!(error.code, Code::NothingToUndo, "{nothing}");
    }
}
