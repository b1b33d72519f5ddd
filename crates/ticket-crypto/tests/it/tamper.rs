//! Whatever is changed in a code, it is refused.

use crate::{bound, keyring, plain, proven};
use ticket_crypto::{TicketCode, Verification};

fn is_good(bytes: &[u8]) -> bool {
    TicketCode::parse(bytes)
        .is_ok_and(|code| matches!(keyring().verify(&code), Verification::Good { .. }))
}

#[test]
fn any_single_bit_flipped_is_refused_in_both_kinds() {
    for code in [plain(), bound(), proven()] {
        assert!(is_good(code.bytes()));
        for bit in 0..code.bytes().len() * 8 {
            let mut bytes = code.bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_good(&bytes), "{code:?}: bit {bit}");
        }
    }
}

#[test]
fn any_single_digit_changed_is_refused_in_both_kinds() {
    for code in [plain(), proven()] {
        let digits = code.to_digits().into_bytes();
        for at in 0..digits.len() {
            let mut changed = digits.clone();
            changed[at] = b'0' + (changed[at] - b'0' + 1) % 10;
            let text = String::from_utf8(changed).unwrap();
            let good = ticket_crypto::candidates(&text)
                .iter()
                .any(|code| is_good(code.bytes()));
            assert!(!good, "digit {at}");
        }
    }
}

#[test]
fn a_truncated_code_and_trailing_bytes_are_refused() {
    for code in [plain(), bound(), proven()] {
        for len in 0..code.bytes().len() {
            let is_the_unproven = len == bound().bytes().len();
            assert_eq!(is_good(&code.bytes()[..len]), is_the_unproven && len == 114);
        }
        let longer = [code.bytes(), &[0]].concat();
        assert!(TicketCode::parse(&longer).is_err());
    }
}

#[test]
fn a_debug_print_of_a_code_admits_nobody() {
    let shown = format!("{:?}", proven());
    assert!(!shown.contains(&proven().to_digits()));
    assert!(!shown.to_lowercase().contains("signature"));
}
