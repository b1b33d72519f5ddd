//! Bytes as decimal digits: seven bytes are seventeen digits, and a shorter last
//! group takes as few digits as hold it (five bytes are thirteen). QR codes hold
//! digits densely, and keyboard-wedge scanners type them on any layout.
//!
//! Always true: one byte string has one digit text and the other way round;
//! groups that are too large and lengths that no byte string has are refused.

const GROUP_BYTES: usize = 7;
const GROUP_DIGITS: usize = 17;
/// Digits of a group of 0 to 7 bytes.
const DIGITS: [usize; 8] = [0, 3, 5, 8, 10, 13, 15, GROUP_DIGITS];

/// Writes `bytes` as digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(GROUP_BYTES) * GROUP_DIGITS);
    for group in bytes.chunks(GROUP_BYTES) {
        let value = group
            .iter()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let width = DIGITS[group.len()];
        text.push_str(&format!("{value:0width$}"));
    }
    text
}

/// Reads what [`encode`] wrote; `None` for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for group in text.as_bytes().chunks(GROUP_DIGITS) {
        let len = DIGITS.iter().position(|digits| *digits == group.len())?;
        let mut value = 0u64;
        for byte in group {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            value = value * 10 + u64::from(digit);
        }
        if value >> (8 * len) != 0 {
            return None;
        }
        bytes.extend_from_slice(&value.to_be_bytes()[8 - len..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_bytes_are_seventeen_digits_and_a_shorter_group_takes_fewer() {
        for (bytes, digits) in [
            (0, 0),
            (1, 3),
            (2, 5),
            (5, 13),
            (7, 17),
            (82, 200),
            (114, 277),
            (182, 442),
        ] {
            let text = encode(&vec![0xff; bytes]);
            assert_eq!(text.len(), digits);
            assert_eq!(decode(&text), Some(vec![0xff; bytes]));
        }
    }

    #[test]
    fn groups_beyond_their_bytes_odd_lengths_and_other_characters_are_refused() {
        assert_eq!(decode("256"), None);
        assert_eq!(decode("255"), Some(vec![255]));
        assert_eq!(decode("72057594037927936"), None);
        assert_eq!(decode("1"), None);
        assert_eq!(decode("12a"), None);
        assert_eq!(decode("१23"), None);
    }
}
