//! `POST /api/checkin/device/confirm`.

use super::gate::Gate;
use super::venue::{NORTH, SOUTH, Venue};
use gateline_common::decision::{Answer, Refusal};
use gateline_common::sync::{self, ConfirmAnswer, Outcome};

#[tokio::test]
async fn of_two_gates_that_ask_about_one_code_at_once_exactly_one_admits_it() {
    const PAIRS: u64 = 8;
    const CODES: u64 = 125;
    let venue = Venue::open().await;
    venue.issue(1..=PAIRS * CODES).await;
    let mut doors = Vec::new();
    for pair in 0..PAIRS {
        let mut north = venue.gate(&format!("North {pair}"), NORTH).await;
        let mut south = venue.gate(&format!("South {pair}"), SOUTH).await;
        let first = pair * CODES + 1;
        let codes: Vec<_> = (first..first + CODES)
            .map(|serial| venue.code(serial))
            .collect();
        doors.push(async move {
            for code in codes {
                let asked =
                    tokio::join!(north.admit_confirmed(&code), south.admit_confirmed(&code));
                let (one, other) = asked;
                assert_ne!(one.is_admitted(), other.is_admitted(), "{one:?} {other:?}");
            }
        });
    }
    futures::future::join_all(doors).await;
    let figures = venue.figures().await;
    assert_eq!(figures["entered"], PAIRS * CODES);
    assert_eq!(figures["duplicates"], 0);
    assert_eq!(venue.report().await["totals"]["withdrawn"], PAIRS * CODES);
}

#[tokio::test]
async fn the_answer_names_the_first_admission_and_a_repeated_question_gets_the_same() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    assert!(north.admit_confirmed(&venue.code(1)).await.is_admitted());
    assert!(decided(&north, 1).await.is_admitted());
    south.admit(&venue.code(1));
    let red = decided(&south, 1).await;
    let Answer::Refuse(Refusal::AlreadyAdmitted { gate, device, .. }) = &red else {
        panic!("{red:?}")
    };
    assert_eq!((*gate, *device), (Some(NORTH), north.device));
    assert_eq!(decided(&south, 1).await, red);
}

#[tokio::test]
async fn what_the_server_refused_counts_for_nobody_until_the_gate_says_what_it_did() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    north.admit(&venue.code(1));
    north.upload(1..=1).await;
    let late = south.admit(&venue.code(1));
    assert!(!decided(&south, 1).await.is_admitted());
    assert_eq!(south.passages(1).await.len(), 1);
    assert_eq!(venue.figures().await["duplicates"], 0);
    assert_eq!(venue.report().await["waiting"][0]["seq"], late);
    // It had shown green at its deadline, and went on to the next guest.
    south.admit(&venue.code(2));
    south.upload(2..=2).await;
    assert_eq!(venue.figures().await["duplicates"], 1);
    assert_eq!(south.passages(1).await.len(), 2);
    let report = venue.report().await;
    assert!(report["waiting"].as_array().unwrap().is_empty());
    assert_eq!(report["conflicts"][0]["cause"], "same_code_twice");
}

#[tokio::test]
async fn a_later_upload_of_the_refused_record_is_the_gates_word_and_nothing_waits_any_more() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    north.admit(&venue.code(1));
    north.upload(1..=1).await;
    south.admit(&venue.code(1));
    assert!(!decided(&south, 1).await.is_admitted());
    // Asked again it says no more than before.
    assert!(!decided(&south, 1).await.is_admitted());
    assert_eq!(venue.report().await["waiting"][0]["seq"], 1);
    // No answer came in time: green was shown, and this was the last guest.
    assert_eq!(south.upload(1..=1).await, [Outcome::Known]);
    let report = venue.report().await;
    assert!(report["waiting"].as_array().unwrap().is_empty());
    assert_eq!(report["conflicts"][0]["cause"], "same_code_twice");
    assert_eq!(venue.figures().await["duplicates"], 1);
}

#[tokio::test]
async fn a_question_that_its_upload_overtook_is_answered_and_leaves_nothing_waiting() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    north.admit(&venue.code(1));
    north.upload(1..=1).await;
    south.admit(&venue.code(1));
    south.upload(1..=1).await;
    assert!(!decided(&south, 1).await.is_admitted());
    let report = venue.report().await;
    assert!(report["waiting"].as_array().unwrap().is_empty());
    assert_eq!(venue.figures().await["duplicates"], 1);
}

#[tokio::test]
async fn a_refusal_and_what_is_no_scan_are_not_confirmed_and_not_stored() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    gate.refuse(&venue.code(1), Refusal::Blocked);
    gate.confirm_from(1).await.refused(422, "invalid_field");
    gate.withdraw(1, Answer::Refuse(Refusal::Blocked));
    gate.confirm_from(1).await.refused(422, "invalid_field");
    assert_eq!(venue.figures().await["refused"], 0);
}

#[tokio::test]
async fn a_full_house_lets_nobody_more_in_whichever_gates_ask() {
    let venue = Venue::open_with(|event| event.policy.capacity = Some(3)).await;
    venue.issue(1..=12).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    let mut admitted = 0;
    for serial in (1..=12).step_by(2) {
        let (one, other) = (venue.code(serial), venue.code(serial + 1));
        let (one, other) = tokio::join!(north.admit_confirmed(&one), south.admit_confirmed(&other));
        admitted += usize::from(one.is_admitted()) + usize::from(other.is_admitted());
    }
    assert_eq!(admitted, 3);
    assert_eq!(venue.figures().await["inside"], 3);
}

async fn decided(gate: &Gate, first: u64) -> Answer {
    let answer = gate.confirm_from(first).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer: ConfirmAnswer = sync::decode(&answer.body).unwrap();
    answer.answer
}
