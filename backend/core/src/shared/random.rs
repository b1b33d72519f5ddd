//! The only place of the backend that draws random numbers.

use gateline_common::Timestamp;
use gateline_common::ids::{EventId, Serial};
use uuid::{Builder, Uuid};

/// Fills `bytes` from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing that follows
/// could be trusted.
#[expect(
    clippy::expect_used,
    reason = "no safe way to go on without randomness"
)]
pub fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// `N` random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A new time-ordered id (UUID version 7).
#[must_use]
pub fn uuid(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bytes()).into_uuid()
}

/// A random event id, never zero. The store checks that it is free.
#[must_use]
pub fn event_id() -> EventId {
    EventId(u32::from_be_bytes(bytes()).max(1))
}

/// A random serial. The store checks that it is free within its event.
#[must_use]
pub fn serial() -> Serial {
    Serial::truncate(u64::from_be_bytes(bytes()))
}

/// A secret of 32 random bytes in base64url, for tokens and one-time codes.
#[must_use]
pub fn secret() -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A short code for people (order codes): `len` symbols without look-alikes.
#[must_use]
pub fn short_code(len: usize) -> String {
    const SYMBOLS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut raw = vec![0; len];
    fill(&mut raw);
    raw.iter()
        .map(|byte| SYMBOLS[usize::from(byte & 31)] as char)
        .collect()
}
