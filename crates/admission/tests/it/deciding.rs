//! Properties of `decide`.

use crate::fixtures::{self, DAY, EVENT, MINUTE, NORTH, SIX, SOUTH, code, device, key, serial};
use gateline_admission::{Context, Decision, Identity, NobodyCounted, Presented, decide};
use gateline_common::catalog::{Condition, EntryRule};
use gateline_common::decision::{Admission, Answer, Direction, Passage, Refusal};
use gateline_common::ids::{Epoch, KeyId, RuleId, TicketTypeId};
use gateline_common::sync::{EventManifest, ListedTicket, TicketStatus};
use proptest::prelude::*;
use ticket_crypto::{TicketClaims, TicketCode, issue, issue_holder_bound};

/// What is wrong with a scan; each alone leads to one refusal.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    superseded: bool,
    status: Option<TicketStatus>,
    too_early: bool,
    too_late: bool,
    wrong_gate: bool,
    wrong_type: bool,
    rule: bool,
    admitted: bool,
    picture: bool,
}

prop_compose! {
    fn faults()(
        [superseded, too_early, too_late, wrong_gate, wrong_type, rule, admitted, picture]:
            [bool; 8],
        status in prop_oneof![
            3 => Just(None),
            1 => Just(Some(TicketStatus::Cancelled)),
            1 => Just(Some(TicketStatus::Refunded)),
            1 => Just(Some(TicketStatus::Blocked)),
        ],
    ) -> Faults {
        // A type that does not exist has no gates of its own.
        let wrong_gate = wrong_gate && !wrong_type;
        Faults {
            superseded, status, too_early, too_late, wrong_gate, wrong_type, rule, admitted,
            picture,
        }
    }
}

/// The names of the refusals that these faults lead to, in the documented order.
fn expected(faults: Faults) -> Vec<&'static str> {
    let status = match faults.status {
        Some(TicketStatus::Cancelled) => Some("cancelled"),
        Some(TicketStatus::Refunded) => Some("refunded"),
        Some(TicketStatus::Blocked) => Some("blocked"),
        Some(TicketStatus::Valid) | None => None,
    };
    [
        faults.superseded.then_some("superseded"),
        status,
        faults.too_early.then_some("not_yet_valid"),
        faults.too_late.then_some("no_longer_valid"),
        faults.wrong_gate.then_some("wrong_gate"),
        faults.wrong_type.then_some("wrong_ticket_type"),
        faults.rule.then_some("rule"),
        faults.admitted.then_some("already_admitted"),
        faults.picture.then_some("stale_rotating_code"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn event_with(faults: Faults) -> EventManifest {
    let mut event = fixtures::event();
    if faults.too_early {
        event.ticket_types[0].admission.valid_from = Some(SIX.plus_ms(1));
        event.policy.doors_open = Some(SIX.plus_ms(1));
    }
    if faults.too_late {
        // Both at once only across type and event: opens later than it closes.
        event.policy.doors_close = Some(SIX.plus_ms(-1));
        event.policy.doors_open = None;
        if faults.too_early && faults.wrong_type {
            event.ticket_types[0].admission.valid_from = None;
        }
    }
    if faults.wrong_gate {
        event.ticket_types[0].admission.gates = vec![SOUTH];
    }
    if faults.rule {
        event.rules.push(EntryRule {
            id: RuleId(1),
            name: "Never".into(),
            ticket_types: Vec::new(),
            condition: Condition::Any(Vec::new()),
        });
    }
    event
}

fn decide_with(faults: Faults, waive: Option<&Refusal>) -> Decision {
    let event = event_with(faults);
    let claims = fixtures::claims(serial(1), u16::from(!faults.superseded));
    let code = if faults.picture {
        issue_holder_bound(&key(1), &claims, key(9).public_key())
    } else {
        issue(&key(1), &claims)
    };
    let listed = ListedTicket {
        ticket_type: if faults.wrong_type {
            TicketTypeId(99)
        } else {
            DAY
        },
        epoch: Epoch(1),
        status: faults.status.unwrap_or(TicketStatus::Valid),
        ..fixtures::listed()
    };
    let before = Passage {
        at: SIX.plus_ms(-MINUTE),
        device: device(1),
        seq: 1,
        gate: Some(SOUTH),
        direction: Direction::Entry,
    };
    let history = if faults.admitted {
        vec![before]
    } else {
        Vec::new()
    };
    let context = Context { waive, ..context() };
    let rules = fixtures::rules(&event);
    let presented = Presented::Code(&code);
    decide(
        &rules,
        &fixtures::manifest(&event),
        &presented,
        Some(&listed),
        &history,
        &context,
    )
}

fn context() -> Context<'static> {
    Context {
        now: SIX,
        device: device(0),
        gate: Some(NORTH),
        direction: Direction::Entry,
        highest_epoch: None,
        occupancy: &NobodyCounted,
        proof_used: false,
        waive: None,
    }
}

fn name(answer: &Answer) -> String {
    match answer {
        Answer::Admit(_) => "admitted".into(),
        Answer::Refuse(refusal) => {
            let json = serde_json::to_value(refusal).unwrap();
            json["reason"].as_str().unwrap().to_owned()
        }
    }
}

fn present(code: &TicketCode, listed: bool) -> Decision {
    let event = fixtures::event();
    let ticket = fixtures::listed();
    decide(
        &fixtures::rules(&event),
        &fixtures::manifest(&event),
        &Presented::Code(code),
        listed.then_some(&ticket),
        &[],
        &context(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_refusal_has_one_reason_the_first_in_the_documented_order(mut faults in faults()) {
        // Too early and too late at once takes a type that begins after closing.
        faults.too_early &= !(faults.too_late && faults.wrong_type);
        let expected = expected(faults);
        let decision = decide_with(faults, None);
        let first = expected.first().copied().unwrap_or("admitted");
        prop_assert_eq!(name(&decision.answer), first);
    }

    #[test]
    fn an_override_waives_one_reason_and_decides_again(mut faults in faults()) {
        faults.too_early &= !(faults.too_late && faults.wrong_type);
        let expected = expected(faults);
        if let Answer::Refuse(refusal) = decide_with(faults, None).answer {
            let again = decide_with(faults, Some(&refusal)).answer;
            let second = expected.get(1).copied().unwrap_or("admitted");
            prop_assert_eq!(name(&again), second);
        }
    }

    #[test]
    fn a_code_that_our_key_did_not_sign_is_never_a_verified_code(
        forger in 2..=255u8, key_id: u8, number: u8, epoch: u16, listed: bool,
        waived in 0..4usize,
    ) {
        let claims = TicketClaims { key_id: KeyId(key_id), ..fixtures::claims(serial(number), epoch) };
        let forged = issue(&key(forger), &claims);
        let waives = [
            None, Some(Refusal::BadSignature), Some(Refusal::UnknownKey), Some(Refusal::Malformed),
        ];
        let event = fixtures::event();
        let ticket = fixtures::listed();
        let decision = decide(
            &fixtures::rules(&event),
            &fixtures::manifest(&event),
            &Presented::Candidates(std::slice::from_ref(&forged)),
            listed.then_some(&ticket),
            &[],
            &Context { waive: waives[waived].as_ref(), ..context() },
        );
        prop_assert_eq!(&decision.ticket, &None);
        let expected = if key_id == 1 { Refusal::BadSignature } else { Refusal::UnknownKey };
        prop_assert_eq!(decision.answer, Answer::Refuse(expected));
    }

    #[test]
    fn a_code_with_any_byte_changed_is_never_admitted(at in 0..82usize, by in 1..=255u8) {
        let mut bytes = code(1, 0).bytes().to_vec();
        bytes[at] ^= by;
        if let Ok(changed) = TicketCode::parse(&bytes) {
            for listed in [true, false] {
                let decision = present(&changed, listed);
                prop_assert!(!decision.answer.is_admitted());
                prop_assert_eq!(&decision.ticket, &None);
            }
        }
    }

    #[test]
    fn the_order_in_which_a_history_is_given_does_not_matter(
        minutes in prop::collection::vec((0..600i64, any::<bool>()), 0..6),
        rotate in 0..6usize,
    ) {
        let mut event = fixtures::event();
        event.policy.re_entry = gateline_common::catalog::ReEntry::AfterExit;
        let passage = |(seq, (at, exit)): (u64, &(i64, bool))| Passage {
            at: SIX.plus_ms((at - 600) * MINUTE),
            device: device(1),
            seq,
            gate: Some(NORTH),
            direction: if *exit { Direction::Exit } else { Direction::Entry },
        };
        let history: Vec<Passage> = (1..).zip(&minutes).map(passage).collect();
        let mut other = history.clone();
        other.rotate_left(rotate % history.len().max(1));
        let code = code(1, 0);
        let answer = |history: &[Passage]| decide(
            &fixtures::rules(&event), &fixtures::manifest(&event), &Presented::Code(&code),
            Some(&fixtures::listed()), history, &context(),
        );
        prop_assert_eq!(answer(&history), answer(&other));
    }
}

#[test]
fn a_verified_code_and_a_guest_from_the_list_are_different_types() {
    let code = code(1, 0);
    let scanned = present(&code, true).ticket.unwrap();
    let Identity::Verified(verified) = scanned.identity else {
        panic!("a genuine code is verified");
    };
    assert_eq!(verified.claims(), code.claims());

    let event = fixtures::event();
    let (rules, manifest) = (fixtures::rules(&event), fixtures::manifest(&event));
    let presented = Presented::Listed(serial(1));
    let ticket = fixtures::listed();
    let chosen = decide(
        &rules,
        &manifest,
        &presented,
        Some(&ticket),
        &[],
        &context(),
    );
    assert_eq!(chosen.answer, Answer::Admit(Admission::Entry));
    assert_eq!(chosen.ticket.unwrap().identity, Identity::Chosen);
    let gone = decide(&rules, &manifest, &presented, None, &[], &context());
    assert_eq!(gone.answer, Answer::Refuse(Refusal::NotListed));
}

#[test]
fn of_several_readings_of_a_text_the_one_that_verifies_decides() {
    let event = fixtures::event();
    let rules = fixtures::rules(&event);
    let forged = issue(&key(5), &fixtures::claims(serial(9), 0));
    let candidates = [forged, code(1, 0)];
    let presented = Presented::Candidates(&candidates);
    assert_eq!(presented.serial(&rules), Some(serial(1)));
    assert_eq!(Presented::Candidates(&[]).serial(&rules), None);
    let other = issue(
        &key(1),
        &TicketClaims {
            event: gateline_common::ids::EventId(EVENT.0 + 1),
            ..fixtures::claims(serial(1), 0)
        },
    );
    assert_eq!(Presented::Code(&other).serial(&rules), None);
}
