//! An event with as many tickets as wanted: the same ones in every run.

use gateline_common::Timestamp;
use gateline_common::catalog::{EntryPolicy, TypeAdmission};
use gateline_common::ids::{
    DeviceId, Epoch, EventId, FeedGeneration, KeyId, OrgId, Serial, TicketTypeId,
};
use gateline_common::sync::{
    Cursor, EventKey, EventManifest, FeedEntry, FeedPage, KeyState, ListedTicket, Manifest,
    SignedManifest, TicketStatus, TicketTypeInfo,
};
use gateline_scanner::clock::{Clock, SystemClock};
use gateline_scanner::store::{FIRST_PIECE, HeldManifest, Identity, Store, StoreError};
use std::path::Path;
use ticket_crypto::detached::{Domain, sign};
use ticket_crypto::{SigningKey, TicketClaims, TicketCode, issue};
use uuid::Uuid;

/// The event.
pub const EVENT: EventId = EventId(1);
/// Its ticket type.
pub const TYPE: TicketTypeId = TicketTypeId(1);
const PAGE: usize = 2_000;
const DAY_MS: i64 = 86_400_000;

/// The key that signs the event's tickets.
#[must_use]
pub fn event_key() -> SigningKey {
    SigningKey::from_seed([2; 32])
}

/// The number of a shuffled row: each below 2^48 comes once.
fn shuffled(n: u64) -> u64 {
    let spread = Serial::truncate(n.wrapping_mul(0x9e37_79b9_7f4b)).get();
    spread ^ (spread >> 23)
}

/// The serial of ticket `n`; serials are spread as random ones are.
#[must_use]
pub fn serial(n: u64) -> Serial {
    Serial::truncate(shuffled(n))
}

/// The code of ticket `n`, as issued.
#[must_use]
pub fn code(key: &SigningKey, n: u64) -> TicketCode {
    code_of(key, EVENT, TYPE, n)
}

/// The code of ticket `n` of another event.
#[must_use]
pub fn code_of(key: &SigningKey, event: EventId, ticket_type: TicketTypeId, n: u64) -> TicketCode {
    let claims = TicketClaims {
        key_id: KeyId(1),
        event,
        serial: serial(n),
        ticket_type,
        epoch: Epoch(1),
        not_after_days: u16::MAX,
    };
    issue(key, &claims)
}

/// A name: one of 36,000, so that lists compress about as real ones do.
#[must_use]
pub fn name(n: u64) -> String {
    const FIRST: [&str; 40] = [
        "Ada", "Zoë", "Søren", "José", "Wu", "Olga", "Émile", "Nia", "Anna", "Bernd", "Chiara",
        "Dmitri", "Elif", "Fatima", "Georg", "Hana", "Ivan", "Jana", "Kofi", "Lena", "Mateo",
        "Nora", "Omar", "Petra", "Quentin", "Rosa", "Stefan", "Tomasz", "Uma", "Viktor", "Wanda",
        "Xavier", "Yara", "Zeno", "Aino", "Björn", "Carmen", "Dilan", "Eva", "Felix",
    ];
    const START: [&str; 30] = [
        "Al", "Ber", "Car", "Dem", "Eck", "Fal", "Gar", "Hof", "Iv", "Jan", "Kow", "Lin", "Mül",
        "Nov", "Ok", "Per", "Ros", "Sch", "Tan", "Ul", "Vog", "Wag", "Yil", "Zim", "Bra", "Kra",
        "Mor", "Sto", "Tre", "Hei",
    ];
    const END: [&str; 30] = [
        "berg", "ler", "mann", "ova", "ski", "sen", "son", "ez", "ini", "dt", "ner", "oye", "maz",
        "ović", "ier", "elli", "hout", "stein", "feld", "bach", "ek", "nen", "wicz", "sson",
        "hardt", "in", "ström", "gaard", "ka", "ers",
    ];
    let mixed = shuffled(n ^ 0x5eed);
    let pick = |list: &[&'static str], shift: u32| list[(mixed >> shift) as usize % list.len()];
    format!("{} {}{}", pick(&FIRST, 3), pick(&START, 17), pick(&END, 29))
}

/// The code of the order that ticket `n` belongs to: two tickets to an order.
#[must_use]
pub fn order_code(n: u64) -> String {
    const SYMBOLS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mixed = shuffled(n / 2 + (1 << 40));
    (0..6)
        .map(|place| char::from(SYMBOLS[(mixed >> (5 * place + 4)) as usize % 32]))
        .collect()
}

/// What the list says of ticket `n`.
#[must_use]
pub fn listed(n: u64) -> ListedTicket {
    ListedTicket {
        ticket_type: TYPE,
        epoch: Epoch(1),
        status: TicketStatus::Valid,
        name: Some(name(n)),
        seat: None,
        order_code: order_code(n),
        note: None,
    }
}

/// Fills a gate's store in `folder` with the tickets below `tickets`, page by
/// page, as a sync does.
///
/// # Errors
/// When the store cannot be written.
pub fn fill(folder: &Path, tickets: u64) -> Result<(), StoreError> {
    let now = SystemClock::default().now();
    let root = SigningKey::from_seed([1; 32]);
    let generation = FeedGeneration(Uuid::nil());
    let mut store = Store::open(folder)?;
    store.enrol(&identity(&root))?;
    store.keep_manifest(&held(&root, now)?)?;
    let mut asked: Option<Cursor> = None;
    let (mut position, mut pages) = (0, Vec::new());
    while position < tickets {
        let next = tickets.min(position + PAGE as u64);
        let entry = |n| FeedEntry {
            serial: serial(n),
            ticket: Some(listed(n)),
            passages: vec![],
        };
        let page = FeedPage {
            event: EVENT,
            generation,
            entries: (position..next).map(entry).collect(),
            next,
            more: next < tickets,
            reset: false,
        };
        let end = page.end();
        pages.push(page);
        if pages.len() * PAGE >= FIRST_PIECE || next == tickets {
            store.apply_pages(asked, &pages, now)?;
            pages.clear();
            asked = Some(end);
        }
        position = next;
    }
    // The index of the search, which a gate makes in the background.
    while store.index_words()? {}
    Ok(())
}

fn identity(root: &SigningKey) -> Identity {
    Identity {
        device: DeviceId(Uuid::from_u128(1)),
        org: OrgId(Uuid::from_u128(1)),
        name: "measured".into(),
        // Nobody listens there: the gate is offline.
        server: "http://127.0.0.1:9".into(),
        certificate: None,
        root_key: root.public_key(),
        credential: "none".into(),
        signing_key: SigningKey::from_seed([3; 32]),
        revoked_at: None,
    }
}

/// The event as gates are told of it, on at `now`.
#[must_use]
pub fn event(now: Timestamp) -> EventManifest {
    EventManifest {
        event: EVENT,
        title: "Measured".into(),
        timezone: "Europe/Berlin".into(),
        starts_at: now,
        ends_at: now.plus_ms(DAY_MS),
        cancelled: false,
        rules_version: 1,
        policy: EntryPolicy {
            capacity: Some(u32::MAX),
            ..EntryPolicy::default()
        },
        supervisor_pin: None,
        keys: vec![EventKey {
            id: KeyId(1),
            key: event_key().public_key(),
            state: KeyState::Current,
        }],
        gates: vec![],
        zones: vec![],
        ticket_types: vec![TicketTypeInfo {
            id: TYPE,
            name: "Day ticket".into(),
            admission: TypeAdmission::default(),
        }],
        rules: vec![],
    }
}

/// The manifest with only that event.
#[must_use]
pub fn manifest(now: Timestamp) -> Manifest {
    Manifest {
        version: 1,
        org: OrgId(Uuid::from_u128(1)),
        org_name: "Measured".into(),
        issued_at: now,
        events: vec![event(now)],
        devices: vec![],
    }
}

fn held(root: &SigningKey, now: Timestamp) -> Result<HeldManifest, StoreError> {
    let text = serde_json::to_string(&manifest(now))
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    let signature = sign(root, Domain::Manifest, text.as_bytes());
    Ok(HeldManifest {
        version: 1,
        signed: SignedManifest {
            manifest: text,
            signature,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn serials_are_all_different() {
        let serials: HashSet<u64> = (0..200_000).map(|n| serial(n).get()).collect();
        assert_eq!(serials.len(), 200_000);
    }
}
