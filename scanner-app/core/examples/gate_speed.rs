//! Measures one offline decision on a long list: look-up, signature, rules, and
//! the record on disk. Prints what was measured; a note for people, not a test.
//!
//! ```text
//! cargo run --release -p gateline-scanner --example gate_speed -- 100000 1000
//! ```

use anyhow::Context;
use gateline_common::Timestamp;
use gateline_common::catalog::{EntryPolicy, TypeAdmission};
use gateline_common::decision::Direction;
use gateline_common::ids::{
    DeviceId, Epoch, EventId, FeedGeneration, KeyId, OrgId, Serial, TicketTypeId,
};
use gateline_common::sync::{
    Cursor, EventKey, EventManifest, FeedEntry, FeedPage, KeyState, ListedTicket, Manifest,
    SignedManifest, TicketStatus, TicketTypeInfo,
};
use gateline_scanner::clock::{Clock, SystemClock};
use gateline_scanner::controller::{Controller, GuiIntegration, ScanShown, Settings, StatusLine};
use gateline_scanner::store::{HeldManifest, Identity, PIECE, Store};
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use ticket_crypto::detached::{Domain, sign};
use ticket_crypto::{SigningKey, TicketClaims, issue};
use uuid::Uuid;

const EVENT: EventId = EventId(1);
const PAGE: usize = 2_000;

struct Blind;

impl GuiIntegration for Blind {
    fn shown(&self, _: &ScanShown) {}
    fn status(&self, _: &StatusLine) {}
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| arguments.next().map_or(Ok(otherwise), |n| n.parse());
    let (tickets, scans) = (number(100_000)?, number(1_000)?);
    let folder = tempfile::tempdir()?;
    let key = SigningKey::from_seed([2; 32]);
    let started = Instant::now();
    fill(folder.path(), &key, tickets)?;
    let filled = started.elapsed();
    let runtime = tokio::runtime::Runtime::new()?;
    let mut times = runtime.block_on(scan(folder.path(), &key, tickets, scans))?;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    writeln!(
        std::io::stdout(),
        "list of {tickets} written in {:.1} s; {scans} scans, decided and on disk: \
         median {:.2} ms, 99 % {:.2} ms, worst {:.2} ms",
        filled.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(1.0),
    )?;
    Ok(())
}

async fn scan(
    folder: &Path,
    key: &SigningKey,
    tickets: u64,
    scans: u64,
) -> anyhow::Result<Vec<f64>> {
    let gate = Controller::open(folder, Settings::default(), Blind).await?;
    gate.choose(EVENT, None, Direction::Entry).await?;
    let mut times = Vec::new();
    for n in 0..scans {
        let code = issue(
            key,
            &TicketClaims {
                key_id: KeyId(1),
                event: EVENT,
                serial: Serial::truncate(n.wrapping_mul(7_919) % tickets),
                ticket_type: TicketTypeId(1),
                epoch: Epoch(1),
                not_after_days: u16::MAX,
            },
        );
        times.push(gate.scan_text(&code.to_digits()).await?.decided_ms);
    }
    Ok(times)
}

fn fill(folder: &Path, key: &SigningKey, tickets: u64) -> anyhow::Result<()> {
    let root = SigningKey::from_seed([1; 32]);
    let now = SystemClock::default().now();
    let mut store = Store::open(folder)?;
    store.enrol(&identity(&root))?;
    store.keep_manifest(&manifest(&root, key, now)?)?;
    let mut asked: Option<Cursor> = None;
    let generation = FeedGeneration(Uuid::nil());
    let mut position = 0;
    while position < tickets {
        let next = tickets.min(position + PAGE as u64);
        let page = FeedPage {
            event: EVENT,
            generation,
            entries: (position..next).map(entry).collect(),
            next,
            more: next < tickets,
            reset: false,
        };
        for from in (0..page.entries.len()).step_by(PIECE) {
            store.apply_piece(asked, &page, from, now)?;
        }
        let event = EVENT;
        asked = Some(Cursor {
            event,
            generation,
            position: next,
        });
        position = next;
    }
    Ok(())
}

fn entry(n: u64) -> FeedEntry {
    const FIRST: [&str; 8] = ["Ada", "Zoë", "Søren", "José", "Wu", "Olga", "Émile", "Nia"];
    const LAST: [&str; 8] = [
        "Müller", "Byron", "Łukasz", "García", "Li", "Ivanova", "Zola", "Okoye",
    ];
    let pick = |names: &[&str; 8], shift: u64| names[(n >> shift) as usize % 8].to_owned();
    FeedEntry {
        serial: Serial::truncate(n),
        ticket: Some(ListedTicket {
            ticket_type: TicketTypeId(1),
            epoch: Epoch(1),
            status: TicketStatus::Valid,
            name: Some(format!("{} {} {n}", pick(&FIRST, 0), pick(&LAST, 3))),
            seat: None,
            order_code: format!("{:05X}", n.wrapping_mul(2_654_435_761) % 0x10_0000),
            note: None,
        }),
        passages: vec![],
    }
}

fn identity(root: &SigningKey) -> Identity {
    Identity {
        device: DeviceId(Uuid::from_u128(1)),
        org: OrgId(Uuid::from_u128(1)),
        name: "measured".into(),
        server: "http://127.0.0.1:9".into(),
        certificate: None,
        root_key: root.public_key(),
        credential: "none".into(),
        signing_key: SigningKey::from_seed([3; 32]),
        revoked_at: None,
    }
}

fn manifest(root: &SigningKey, key: &SigningKey, now: Timestamp) -> anyhow::Result<HeldManifest> {
    let event = EventManifest {
        event: EVENT,
        title: "Measured".into(),
        timezone: "Europe/Berlin".into(),
        starts_at: now,
        ends_at: now.plus_ms(86_400_000),
        cancelled: false,
        rules_version: 1,
        policy: EntryPolicy {
            capacity: Some(u32::MAX),
            ..EntryPolicy::default()
        },
        supervisor_pin: None,
        keys: vec![EventKey {
            id: KeyId(1),
            key: key.public_key(),
            state: KeyState::Current,
        }],
        gates: vec![],
        zones: vec![],
        ticket_types: vec![TicketTypeInfo {
            id: TicketTypeId(1),
            name: "Day ticket".into(),
            admission: TypeAdmission::default(),
        }],
        rules: vec![],
    };
    let manifest = Manifest {
        version: 1,
        org: OrgId(Uuid::from_u128(1)),
        org_name: "Measured".into(),
        issued_at: now,
        events: vec![event],
        devices: vec![],
    };
    let text = serde_json::to_string(&manifest).context("a manifest")?;
    let signature = sign(root, Domain::Manifest, text.as_bytes());
    Ok(HeldManifest {
        version: 1,
        signed: SignedManifest {
            manifest: text,
            signature,
        },
    })
}
