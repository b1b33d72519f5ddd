//! What holds of whatever a scanner delivers: nothing panics, what is read is
//! written back the same, and what no key of ours signed verifies under none.
//!
//! The fuzz target and a test of `ticket-crypto` both play this.

use gateline_common::Timestamp;
use gateline_common::ids::KeyId;
use gateline_common::sync::{EventKey, KeyState};
use std::sync::LazyLock;
use ticket_crypto::{Keyring, SigningKey, TicketCode, Verification, candidates};

/// A key that signed nothing.
static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let key = SigningKey::from_seed([42; 32]).public_key();
    Keyring::new(&[EventKey {
        id: KeyId(1),
        key,
        state: KeyState::Current,
    }])
});

/// Panics when something does not hold of `data`.
pub(crate) fn hold(data: &[u8]) {
    if let Ok(code) = TicketCode::parse(data) {
        assert_eq!(code.bytes(), data);
        check(&code);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(code) = TicketCode::from_digits(text) {
            assert_eq!(code.to_digits(), text);
        }
        for code in candidates(text) {
            check(&code);
        }
    }
}

fn check(code: &TicketCode) {
    assert_eq!(TicketCode::parse(code.bytes()).as_ref(), Ok(code));
    let digits = code.to_digits();
    assert_eq!(TicketCode::from_digits(&digits).as_ref(), Ok(code));
    let _ = (
        code.freshness(Timestamp(0)),
        code.ticket_hash(),
        code.holder_key(),
    );
    assert!(!matches!(KEYRING.verify(code), Verification::Good { .. }));
}
