//! Attendee lists and manifests: complete, resumable, never older.

use crate::support::{EVENT, Gate, Mode, Server, T0, listed, wait_until};
use gateline_common::decision::{Admission, Direction, Passage, Refusal};
use gateline_common::ids::{DeviceId, GateId, Serial};
use gateline_common::sync::ListedTicket;
use gateline_common::time::DAY_MS;
use gateline_scanner::controller::Warning;
use gateline_scanner::store::Store;
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{Domain, sign};
use uuid::Uuid;

async fn tickets(gate: &Gate) -> (u64, bool) {
    let list = gate.status().await.list.unwrap();
    (list.tickets, list.complete)
}

#[tokio::test]
async fn lists_of_none_one_and_many_tickets_arrive_complete() {
    for count in [0, 1, 2_500] {
        let server = Server::start().await;
        for serial in 0..count {
            server.list(serial, listed("Guest"));
        }
        let gate = Gate::enrolled(&server).await;
        assert!(gate.sync().await.complete);
        assert_eq!(tickets(&gate).await, (count, true));
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_is_taken_up_where_it_ended() {
    let server = Server::start().await;
    server.memory().page_size = 50;
    for serial in 0..2_000 {
        // Names that do not compress, so that a cut falls between pages.
        let name = format!("{:x}", u128::from(serial) * 0x9e37_79b9_7f4a_7c15_f39c);
        server.list(serial, listed(&name));
    }
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    let whole = server.memory().entries_sent;
    assert_eq!((whole, tickets(&gate).await), (2_000, (2_000, true)));

    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Cut(20_000));
    let mut seen = 0;
    for _ in 0..50 {
        if gate.sync().await.complete {
            break;
        }
        let (held, complete) = tickets(&gate).await;
        assert!(held >= seen, "nothing is read twice for nothing");
        assert!(!complete || held == 2_000);
        if held == seen && held > 0 {
            server.set(Mode::Good);
        }
        seen = held;
    }
    assert_eq!(tickets(&gate).await, (2_000, true));
}

#[tokio::test]
async fn changes_arrive_with_the_next_sync_and_others_passages_count() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.list(2, listed("Charles"));
    let passage = Passage {
        at: T0,
        device: DeviceId(Uuid::from_u128(101)),
        seq: 1,
        gate: Some(GateId(2)),
        direction: Direction::Entry,
    };
    server
        .memory()
        .change(Serial::truncate(1), |entry| entry.passages.push(passage));
    gate.sync().await;
    assert_eq!(tickets(&gate).await, (2, true));
    let shown = gate.scan(&server.digits(1)).await;
    assert!(matches!(
        shown.answer,
        gateline_common::decision::Answer::Refuse(Refusal::AlreadyAdmitted { .. })
    ));
    assert!(shown.words.contains("South"), "{}", shown.words);
    assert_eq!(gate.status().await.list.unwrap().inside, 1);
}

#[tokio::test]
async fn a_long_absence_is_caught_up_in_one_sync() {
    let server = Server::start().await;
    server.memory().page_size = 100;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    for serial in 0..1_050 {
        server.list(serial, listed("Guest"));
    }
    assert!(gate.sync().await.complete);
    assert_eq!(tickets(&gate).await, (1_050, true));
}

#[tokio::test]
async fn a_restored_server_resets_the_list_and_what_is_gone_goes() {
    let server = Server::start().await;
    for serial in 0..1_000 {
        server.list(serial, listed("Guest"));
    }
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    {
        let mut memory = server.memory();
        memory.unlist(7);
        memory.begin_new_history();
    }
    assert!(gate.sync().await.complete);
    assert_eq!(tickets(&gate).await, (999, true));
    server.set(Mode::Failing);
    assert_eq!(gate.admits(&server.digits(7)).await, Admission::Unlisted);
    assert_eq!(gate.admits(&server.digits(8)).await, Admission::Entry);
}

#[tokio::test]
async fn while_a_new_list_arrives_the_old_one_is_in_use() {
    let server = Server::start().await;
    server.memory().page_size = 100;
    for serial in 0..1_000 {
        let name = format!("{:x}", u128::from(serial) * 0x9e37_79b9_7f4a_7c15_f39c);
        server.list(serial, listed(&name));
    }
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.memory().begin_new_history();
    server.set(Mode::Cut(4_000));
    gate.sync_trouble().await;
    for serial in [0, 500, 999] {
        assert_eq!(gate.admits(&server.digits(serial)).await, Admission::Entry);
    }
}

#[tokio::test]
async fn manifests_that_are_forged_foreign_or_older_are_refused() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    let tell = |change: &dyn Fn(&mut crate::support::World), key: SigningKey| {
        let mut memory = server.memory();
        let (version, org) = (memory.world.manifest.version, memory.world.manifest.org);
        change(&mut memory.world);
        let mut told = memory.world.signed();
        told.signature = sign(&key, Domain::Manifest, told.manifest.as_bytes());
        memory.manifest_override = Some(told);
        memory.world.manifest.version = version + 1;
        memory.world.manifest.org = org;
    };
    let root = || SigningKey::from_seed([1; 32]);
    tell(
        &|world| world.manifest.version = 9,
        SigningKey::from_seed([9; 32]),
    );
    assert_eq!(gate.sync_trouble().await, "bad_manifest");
    let stranger = gateline_common::ids::OrgId(Uuid::from_u128(666));
    tell(&|world| world.manifest.org = stranger, root());
    assert_eq!(gate.sync_trouble().await, "bad_manifest");
    tell(&|world| world.manifest.version = 0, root());
    assert_eq!(gate.sync_trouble().await, "old_manifest");
    gate.admits(&server.digits(1)).await;
    server.memory().manifest_override = None;
    assert!(gate.sync().await.complete);
}

#[tokio::test]
async fn a_rule_change_between_two_scans_takes_effect() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    gate.admits(&server.digits(2)).await;
    server
        .memory()
        .world
        .policy(|policy| policy.admit_unlisted = false);
    gate.sync().await;
    assert_eq!(gate.refuses(&server.digits(3)).await, Refusal::NotListed);
    assert_eq!(gate.admits(&server.digits(1)).await, Admission::Entry);
}

#[tokio::test]
async fn capacity_counts_what_is_known_and_an_undo_frees_a_place() {
    let server = Server::start().await;
    server
        .memory()
        .world
        .policy(|policy| policy.capacity = Some(2));
    for serial in 1..=4 {
        server.list(serial, listed("Guest"));
    }
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    gate.admits(&server.digits(1)).await;
    gate.admits(&server.digits(2)).await;
    let full = gate.refuses(&server.digits(3)).await;
    assert!(matches!(full, Refusal::Rule { rule: None, .. }), "{full:?}");
    let leave = gate
        .controller
        .choose(EVENT, Some(GateId(1)), Direction::Exit);
    leave.await.unwrap();
    assert_eq!(gate.admits(&server.digits(1)).await, Admission::Exit);
    let enter = gate
        .controller
        .choose(EVENT, Some(GateId(1)), Direction::Entry);
    enter.await.unwrap();
    gate.admits(&server.digits(3)).await;
    gate.controller.undo_last().await.unwrap();
    gate.admits(&server.digits(4)).await;
    assert_eq!(gate.status().await.list.unwrap().inside, 2);
}

#[tokio::test]
async fn exposure_is_what_another_gate_could_have_admitted_unknown_to_this_one() {
    let server = Server::start().await;
    for serial in 1..=5 {
        server.list(serial, listed("Guest"));
    }
    let blocked = gateline_common::sync::TicketStatus::Blocked;
    server.list(
        6,
        ListedTicket {
            status: blocked,
            ..listed("Blocked")
        },
    );
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    assert_eq!(gate.status().await.exposure, Some(0), "0 while confirmed");
    gate.clock.advance(10_000);
    assert_eq!(gate.status().await.exposure, Some(5));
    gate.admits(&server.digits(1)).await;
    assert_eq!(gate.status().await.exposure, Some(4));
}

#[tokio::test]
async fn personal_data_leaves_the_device_when_the_event_is_over() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    assert_eq!(gate.controller.search("ada").await.unwrap().len(), 1);
    gate.admits(&server.digits(1)).await;
    server.memory().now = T0.plus_ms(3 * DAY_MS);
    gate.clock.set_wall(T0.plus_ms(3 * DAY_MS));
    gate.sync().await;
    assert_eq!(gate.controller.search("ada").await.unwrap(), []);
    assert_eq!(tickets(&gate).await.0, 0);
    assert_eq!(gate.status().await.scans_logged, 1, "the log stays");
}

#[tokio::test]
async fn a_long_first_list_is_searched_at_once_and_indexed_behind() {
    let server = Server::start().await;
    for serial in 0..1_000 {
        server.list(serial, listed("Guest"));
    }
    server.list(1_000, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    assert!(gate.sync().await.complete);
    let store = Store::open(gate.folder()).unwrap();
    let indexed = || {
        let sql = "SELECT upto FROM words_indexed";
        store.db().query_row(sql, [], |row| row.get::<_, u64>(0))
    };
    assert_eq!(indexed(), Ok(0), "a sync does not wait for it");
    assert_eq!(gate.controller.search("byron").await.unwrap().len(), 1);
    gate.controller.start_sync();
    wait_until("every name is indexed", async || indexed() == Ok(1_001)).await;
    gate.controller.close(None).await.unwrap();
    assert_eq!(gate.controller.search("byron").await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_came_in_before_the_first_list_is_neither_open_nor_forgotten() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    server.list(2, listed("Charles"));
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    assert_eq!(gate.admits(&server.digits(1)).await, Admission::Unlisted);
    server.set(Mode::Good);
    assert!(gate.sync().await.complete);
    assert_eq!(gate.status().await.list.unwrap().inside, 1);
    gate.clock.advance(10_000);
    assert_eq!(gate.status().await.exposure, Some(1));
    assert!(matches!(
        gate.refuses(&server.digits(1)).await,
        Refusal::AlreadyAdmitted { .. }
    ));
}

#[tokio::test]
async fn a_list_that_nobody_brings_up_to_date_is_told_as_old() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.clock.advance(15 * 60_000);
    gate.sync().await;
    assert_eq!(gate.status().await.warnings, []);
    gate.clock.advance(1);
    let old = Warning::ListOld { age_ms: 900_001 };
    assert_eq!(old.to_string(), "the attendee list is 15 minutes old");
    assert_eq!(gate.status().await.warnings, [old]);
    server.memory().now = T0.plus_ms(900_001);
    server.set(Mode::Good);
    gate.sync().await;
    assert_eq!(gate.status().await.warnings, []);
}
