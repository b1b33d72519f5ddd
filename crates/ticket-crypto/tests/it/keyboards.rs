//! What hand scanners make of a code.

use crate::{plain, proven};
use std::slice;
use ticket_crypto::candidates;

const FRENCH: [char; 10] = ['à', '&', 'é', '"', '\'', '(', '-', 'è', '_', 'ç'];
const BELGIAN: [char; 10] = ['à', '&', 'é', '"', '\'', '(', '§', 'è', '!', 'ç'];

fn typed(digits: &str, keys: [char; 10]) -> String {
    digits
        .bytes()
        .map(|digit| keys[usize::from(digit - b'0')])
        .collect()
}

#[test]
fn plain_digits_are_read_with_white_space_and_line_ends_around_them() {
    for code in [plain(), proven()] {
        let digits = code.to_digits();
        for text in [
            digits.clone(),
            format!(" {digits}\r\n"),
            format!("\u{2}{digits}\u{3}\t"),
        ] {
            assert_eq!(candidates(&text), slice::from_ref(&code));
        }
    }
}

#[test]
fn digits_typed_through_a_french_or_belgian_keyboard_are_read() {
    for code in [plain(), proven()] {
        for keys in [FRENCH, BELGIAN] {
            assert_eq!(
                candidates(&typed(&code.to_digits(), keys)),
                slice::from_ref(&code)
            );
        }
        let decomposed = typed(&code.to_digits(), FRENCH)
            .replace('é', "e\u{301}")
            .replace('è', "e\u{300}")
            .replace('ç', "c\u{327}")
            .replace('à', "a\u{300}");
        assert_eq!(candidates(&decomposed), slice::from_ref(&code));
    }
}

#[test]
fn aim_identifiers_and_eci_designators_are_left_out_on_any_keyboard() {
    let code = plain();
    let digits = code.to_digits();
    for text in [
        format!("]Q1{digits}"),
        format!("]d1{digits}\r"),
        format!("]Q2\\000026{digits}"),
        format!("\\000026{digits}"),
        format!("$A&{}", typed(&digits, FRENCH)),
        format!("$A&{}", typed(&digits, BELGIAN)),
        format!("$Aé*àààà\u{e9}-{}", typed(&digits, FRENCH)),
    ] {
        assert_eq!(candidates(&text), slice::from_ref(&code), "{text}");
    }
}

#[test]
fn what_is_not_ours_has_no_candidates() {
    let digits = plain().to_digits();
    for text in [
        "",
        " ",
        "4006381333931",
        "https://example.org/t/123",
        "WIFI:T:WPA;S:venue;P:secret;;",
        "]",
        "]Q",
        "]Q1",
        "\\",
        "\\00002",
        "é",
        "]é1",
        &digits[1..],
        &format!("{digits}0"),
        &format!("{digits}{digits}"),
        &digits.replace('1', "¹"),
        &"9".repeat(200),
        &"7".repeat(5000),
    ] {
        assert_eq!(candidates(text), [], "{text}");
    }
}
