//! PINs of this device: 4 to 12 digits, kept as an argon2id hash in PHC form. So
//! few digits are found by trying whatever the hash costs, so what counts is that
//! the store is encrypted and that tries are slow (see [`super::lock`]).

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};

const DIGITS: std::ops::RangeInclusive<usize> = 4..=12;

/// May this be a PIN?
pub(super) fn is_pin(text: &str) -> bool {
    DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The hash to keep; `None` when it cannot be made, which is for want of memory or
/// of randomness.
pub(super) fn hash(pin: &str) -> Option<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).ok()?;
    let hashed = Argon2::default().hash_password_with_salt(pin.as_bytes(), &salt);
    hashed.ok().map(|hash: PasswordHash| hash.to_string())
}

/// Is this the PIN that was kept?
pub(super) fn is_same(pin: &str, kept: &str) -> bool {
    PasswordHash::new(kept).is_ok_and(|kept| {
        Argon2::default()
            .verify_password(pin.as_bytes(), &kept)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_twelve_digits() {
        for good in ["0000", "123456789012"] {
            assert!(is_pin(good));
        }
        for bad in ["", "123", "1234567890123", "12a4", "١٢٣٤", "12 4"] {
            assert!(!is_pin(bad), "{bad}");
        }
    }

    #[test]
    fn only_the_same_pin_is_the_same_and_two_hashes_of_it_differ() {
        let kept = hash("2468").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(is_same("2468", &kept));
        assert!(!is_same("2469", &kept));
        assert!(!is_same("2468", "no hash"));
        assert_ne!(hash("2468").unwrap(), kept);
    }
}
