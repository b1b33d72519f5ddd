//! Holder-bound codes.

use crate::{NOW, bound, claims, key, keyring, plain, proven};
use gateline_common::Timestamp;
use gateline_common::ids::Epoch;
use gateline_common::sync::KeyState;
use ticket_crypto::{Freshness, TicketClaims, TicketCode, Verification, issue_holder_bound, prove};

const GOOD: Verification = Verification::Good {
    state: KeyState::Current,
};

fn at(offset_ms: i64) -> Timestamp {
    Timestamp(i64::from(NOW) * 1000 + offset_ms)
}

#[test]
fn a_proof_is_fresh_for_sixty_seconds_either_way_and_not_a_millisecond_more() {
    let code = proven();
    for good in [0, 60_000, -60_000] {
        assert_eq!(code.freshness(at(good)), Freshness::Fresh);
    }
    for stale in [60_001, -60_001, i64::MAX / 2, i64::MIN / 2] {
        assert_eq!(code.freshness(at(stale)), Freshness::Stale);
    }
    assert_eq!(code.freshness(Timestamp(i64::MIN)), Freshness::Stale);
    assert_eq!(bound().freshness(at(0)), Freshness::Missing);
    assert_eq!(plain().freshness(at(0)), Freshness::NotAsked);
}

#[test]
fn a_code_without_a_proof_verifies_but_says_so() {
    assert_eq!(keyring().verify(&bound()), GOOD);
    assert_eq!(bound().proof(), None);
    assert_eq!(bound().holder_key(), Some(key(9).public_key()));
}

#[test]
fn a_proof_by_another_key_or_for_another_ticket_is_refused() {
    let by_other = prove(&key(8), &bound(), NOW);
    assert_eq!(keyring().verify(&by_other), Verification::BadSignature);

    let newer = TicketClaims {
        epoch: Epoch(3),
        ..claims()
    };
    let other = issue_holder_bound(&key(1), &newer, key(9).public_key());
    let live = proven();
    let moved = [other.bytes(), &live.bytes()[114..]].concat();
    let moved = TicketCode::parse(&moved).unwrap();
    assert_eq!(keyring().verify(&moved), Verification::BadSignature);
}

#[test]
fn a_new_proof_replaces_the_old_one_and_a_plain_code_takes_none() {
    let again = prove(&key(9), &proven(), NOW + 1);
    assert_eq!(again.bytes().len(), 182);
    assert_eq!(again.ticket_hash(), bound().ticket_hash());
    assert_eq!(again.proof().map(|proof| proof.unix_seconds), Some(NOW + 1));
    assert_eq!(prove(&key(9), &plain(), NOW), plain());
}
