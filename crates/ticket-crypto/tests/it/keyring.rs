//! Several keys, rotated and leaked.

use crate::{claims, event_key, key, plain};
use gateline_common::PublicKey;
use gateline_common::ids::KeyId;
use gateline_common::sync::{EventKey, KeyState};
use ticket_crypto::{Keyring, TicketClaims, Verification, issue};

fn good(state: KeyState) -> Verification {
    Verification::Good { state }
}

#[test]
fn the_right_key_is_found_among_several() {
    let keyring = Keyring::new(&[
        event_key(3, &key(3), KeyState::Next),
        event_key(2, &key(2), KeyState::Current),
        event_key(1, &key(1), KeyState::Retired),
    ]);
    assert_eq!(keyring.verify(&plain()), good(KeyState::Retired));
}

#[test]
fn a_key_id_that_points_to_the_wrong_key_is_only_a_hint() {
    let keyring = Keyring::new(&[
        event_key(1, &key(2), KeyState::Current),
        event_key(5, &key(1), KeyState::Next),
    ]);
    assert_eq!(keyring.verify(&plain()), good(KeyState::Next));
}

#[test]
fn two_keys_may_share_an_id() {
    let keyring = Keyring::new(&[
        event_key(1, &key(2), KeyState::Current),
        event_key(1, &key(1), KeyState::Retired),
    ]);
    assert_eq!(keyring.verify(&plain()), good(KeyState::Retired));
}

#[test]
fn a_known_id_that_does_not_verify_is_a_bad_signature_and_an_unknown_one_an_unknown_key() {
    let keyring = Keyring::new(&[event_key(1, &key(2), KeyState::Current)]);
    assert_eq!(keyring.verify(&plain()), Verification::BadSignature);
    let unheard = issue(
        &key(7),
        &TicketClaims {
            key_id: KeyId(7),
            ..claims()
        },
    );
    assert_eq!(keyring.verify(&unheard), Verification::UnknownKey);
    assert_eq!(Keyring::new(&[]).verify(&plain()), Verification::UnknownKey);
}

#[test]
fn a_leaked_key_is_known_as_such_even_when_it_is_listed_twice() {
    let keyring = Keyring::new(&[
        event_key(1, &key(1), KeyState::Current),
        event_key(2, &key(1), KeyState::Compromised),
    ]);
    assert_eq!(keyring.verify(&plain()), good(KeyState::Compromised));
}

#[test]
fn a_key_under_which_anybody_could_sign_is_left_out() {
    let mut small_order = [0; 32];
    small_order[0] = 1;
    let weak = EventKey {
        id: KeyId(1),
        key: PublicKey(small_order),
        state: KeyState::Current,
    };
    let mut bytes = plain().bytes().to_vec();
    bytes[18..].fill(0);
    bytes[18] = 1;
    let forged = ticket_crypto::TicketCode::parse(&bytes).unwrap();
    assert_eq!(
        Keyring::new(&[weak]).verify(&forged),
        Verification::UnknownKey
    );
}
