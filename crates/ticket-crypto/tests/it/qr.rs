//! The size of the QR symbols: small ones are read from farther away.

use crate::{plain, proven};
use qrcode::bits::Bits;
use qrcode::{EcLevel, QrCode, Version};

fn modules(digits: &str, version: i16) -> usize {
    let mut bits = Bits::new(Version::Normal(version));
    bits.push_numeric_data(digits.as_bytes()).unwrap();
    bits.push_terminator(EcLevel::M).unwrap();
    QrCode::with_bits(bits, EcLevel::M).unwrap().width()
}

#[test]
fn a_plain_code_fits_version_5_level_m_in_numeric_mode() {
    let digits = plain().to_digits();
    assert_eq!(digits.len(), 200);
    assert_eq!(modules(&digits, 5), 37);
    let chosen = QrCode::with_error_correction_level(&digits, EcLevel::M).unwrap();
    assert_eq!(chosen.version(), Version::Normal(5));
}

#[test]
fn a_holder_bound_code_with_its_proof_fits_version_10_level_m_in_numeric_mode() {
    let digits = proven().to_digits();
    assert_eq!(digits.len(), 442);
    assert_eq!(modules(&digits, 10), 57);
    let chosen = QrCode::with_error_correction_level(&digits, EcLevel::M).unwrap();
    assert_eq!(chosen.version(), Version::Normal(10));
}
