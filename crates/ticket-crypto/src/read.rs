//! What a scanner read or typed, and every way in which it may be one of ours.
//!
//! Hand scanners type as a US keyboard. On a computer set to a French or Belgian
//! layout the digit keys then give `&é"'(-è_çà`, `]` gives `$`, and so on; here
//! the inverse is tried. They may also put an AIM symbology identifier (`]Q1`,
//! ISO/IEC 15424) and an ECI designator (`\000026`) in front.
//!
//! Nothing is guessed: a candidate is exact in length and form, and whether it is
//! true its signature decides.

use crate::code::TicketCode;

/// Longer texts are not looked at: the longest code has 442 digits, and on a
/// French layout a digit may take three bytes.
const MAX_TEXT_BYTES: usize = 2048;

/// What a layout types where a US layout types the digits 1 to 9 and 0, then
/// `]`, `Q` and `\`.
type Layout = [char; 13];

const FRENCH: Layout = [
    '&', 'é', '"', '\'', '(', '-', 'è', '_', 'ç', 'à', '$', 'A', '*',
];
const BELGIAN: Layout = [
    '&', 'é', '"', '\'', '(', '§', 'è', '!', 'ç', 'à', '$', 'A', 'µ',
];
const US: Layout = [
    '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', ']', 'Q', '\\',
];

/// Letters that some systems deliver as a base letter and a combining accent.
const DECOMPOSED: [(&str, &str); 4] = [
    ("e\u{301}", "é"),
    ("e\u{300}", "è"),
    ("c\u{327}", "ç"),
    ("a\u{300}", "à"),
];

/// Every ticket code that `text` may be; empty if it is none of ours. More than
/// one only if the text reads differently on two keyboard layouts.
#[must_use]
pub fn candidates(text: &str) -> Vec<TicketCode> {
    if text.len() > MAX_TEXT_BYTES {
        return Vec::new();
    }
    let mut found: Vec<TicketCode> = Vec::new();
    for layout in [&US, &FRENCH, &BELGIAN] {
        let typed = retype(text, layout);
        for digits in unwrappings(&typed) {
            if let Ok(code) = TicketCode::from_digits(digits)
                && !found.contains(&code)
            {
                found.push(code);
            }
        }
    }
    found
}

/// The text as a US layout would have typed it.
fn retype(text: &str, layout: &Layout) -> String {
    if layout == &US {
        return text.to_owned();
    }
    let composed = DECOMPOSED
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    let us = |typed: char| {
        layout
            .iter()
            .position(|key| *key == typed)
            .map_or(typed, |key| US[key])
    };
    composed.chars().map(us).collect()
}

/// The text without white space and control characters around it, and what is
/// left of it without an AIM identifier and an ECI designator.
fn unwrappings(text: &str) -> impl Iterator<Item = &str> {
    let bare = trim(text);
    let without_aim = bare
        .strip_prefix(']')
        .and_then(|rest| rest.get(2..))
        .unwrap_or(bare);
    let without_eci = without_aim
        .strip_prefix('\\')
        .filter(|rest| rest.bytes().take(6).all(|byte| byte.is_ascii_digit()))
        .and_then(|rest| rest.get(6..))
        .unwrap_or(without_aim);
    [bare, trim(without_eci)].into_iter()
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}')
}
