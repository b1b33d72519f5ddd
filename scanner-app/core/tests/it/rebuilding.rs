//! A store with a damaged page: told, rebuilt at the next start, and what can be read
//! of the log is kept and still decides.

use crate::support::{Gate, Mode, Server};
use gateline_common::sync::{Record, RecordBody};
use gateline_scanner::store::{Rebuilt, STORE_FILE, Store, StoreError};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// SQLCipher's pages.
const PAGE: usize = 4096;

struct Gone {
    gate: Gate,
    scans: u64,
}

/// The store of a gate that scanned `sent` guests while the server was there and
/// `unsent` while it was not, and was closed.
async fn store_of(sent: u64, unsent: u64) -> Gone {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    for serial in 1..=sent + unsent {
        if serial == sent + 1 {
            gate.sync().await;
            server.set(Mode::Failing);
        }
        gate.admits(&server.digits(serial)).await;
    }
    gate.controller.shut().await;
    Gone {
        gate,
        scans: sent + unsent,
    }
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

fn damage(folder: &Path, page: usize) {
    let file = folder.join(STORE_FILE);
    let mut bytes = fs::read(&file).unwrap();
    bytes[page * PAGE..(page + 1) * PAGE].fill(0);
    fs::write(&file, bytes).unwrap();
}

/// The start after the damage was met in use.
fn open_marked(folder: &Path) -> Result<Store, StoreError> {
    fs::write(folder.join("store.damaged"), b"").unwrap();
    Store::open(folder)
}

fn scans(store: &Store) -> BTreeSet<u64> {
    let lines = store.records_from(1, 10_000, usize::MAX).unwrap();
    let records = lines
        .iter()
        .map(|line| Record::from_bytes(&line.bytes).unwrap());
    records
        .filter(|record| matches!(record.body, RecordBody::Scan(_)))
        .map(|record| record.seq)
        .collect()
}

#[tokio::test]
async fn whichever_page_is_damaged_what_is_kept_and_what_is_lost_add_up() {
    let gone = store_of(30, 30).await;
    let sound = scans(&Store::open(gone.gate.folder()).unwrap());
    assert_eq!(sound.len() as u64, gone.scans);
    let pages = fs::metadata(gone.gate.folder().join(STORE_FILE))
        .unwrap()
        .len() as usize
        / PAGE;
    let (mut whole, mut partly, mut nobody) = (0, 0, 0);
    for page in 1..pages {
        let folder = copy(gone.gate.folder());
        damage(folder.path(), page);
        let before = fs::read(folder.path().join(STORE_FILE)).unwrap();
        match open_marked(folder.path()) {
            Ok(store) => {
                let about = store.rebuilt().unwrap().expect("it was rebuilt");
                let kept = scans(&store);
                assert!(kept.is_subset(&sound));
                assert_eq!(kept.len() as u64 + about.lost, gone.scans, "page {page}");
                assert!(about.lost_unsent <= about.lost, "page {page}: {about:?}");
                whole += u64::from(about.lost == 0);
                partly += u64::from(about.lost > 0);
                let aside = folder.path().join(&about.aside).join(STORE_FILE);
                assert_eq!(fs::read(aside).unwrap(), before, "kept aside as it was");
                let people: u64 = store
                    .db()
                    .query_row("SELECT count(*) FROM passages", [], |row| row.get(0))
                    .unwrap();
                assert_eq!(
                    people,
                    kept.len() as u64,
                    "each kept admission still counts"
                );
            }
            // The enrolment itself, or the names of all tables.
            Err(error @ (StoreError::Damaged(_) | StoreError::NotReadable(_))) => {
                let words = error.to_string();
                let says = ["who this gate is", "cannot be read"];
                assert!(
                    says.iter().any(|it| words.contains(it)),
                    "page {page}: {words}"
                );
                assert_eq!(fs::read(folder.path().join(STORE_FILE)).unwrap(), before);
                nobody += 1;
            }
            Err(other) => panic!("page {page}: {other}"),
        }
    }
    assert!(whole > 10, "most pages hold no scans: {whole}");
    assert!(partly > 1, "some hold scans: {partly}");
    assert!(nobody < 5, "few hold the enrolment: {nobody}");
}

#[tokio::test]
async fn damage_met_in_use_lets_nobody_in_and_is_mended_at_the_next_start() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    let folder = gate.folder();
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    gate.controller.shut().await;
    let pages = fs::metadata(folder.join(STORE_FILE)).unwrap().len() as usize / PAGE;
    // The pages of the list and of who was let in, by hitting what a scan reads.
    let hit = (2..pages).find(|page| {
        let copy = copy(folder);
        damage(copy.path(), *page);
        // A connection that met a damaged page serves nothing more.
        let reads = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            let store = Store::open(copy.path()).ok()?;
            store
                .db()
                .query_row(&sql, [], |row| row.get::<_, i64>(0))
                .ok()
        };
        reads("passages").is_none() && reads("log").is_some()
    });
    damage(folder, hit.expect("a page of passages"));
    let damaged = gate.reopened().await;
    let failed = damaged.controller.scan_text(&server.digits(2)).await;
    let words = failed.expect_err("nobody is let in").message;
    assert!(words.contains("damaged"), "{words}");
    damaged.controller.shut().await;
    drop(damaged);

    let gate = gate.reopened().await;
    let refusal = gate.refuses(&server.digits(1)).await;
    assert_eq!(refusal.reason(), "already_admitted");
    let warnings = gate.status().await.warnings;
    assert!(
        warnings
            .iter()
            .any(|it| it.to_string().contains("was rebuilt")),
        "{warnings:?}"
    );
    server.set(Mode::Good);
    let summary = gate.sync().await;
    assert!(summary.complete, "{summary:?}");
    gate.admits(&server.digits(2)).await;
}

#[tokio::test]
async fn where_the_count_of_scans_is_damaged_too_nobody_is_told_that_none_is_lost() {
    let gone = store_of(30, 0).await;
    let file = gone.gate.folder().join(STORE_FILE);
    let pages = fs::metadata(file).unwrap().len() as usize / PAGE;
    let (mut known, mut unknown) = (0, 0);
    for first in 1..pages - 3 {
        let folder = copy(gone.gate.folder());
        for page in first..first + 3 {
            damage(folder.path(), page);
        }
        let Ok(store) = open_marked(folder.path()) else {
            continue;
        };
        let about = store.rebuilt().unwrap().expect("it was rebuilt");
        let found = scans(&store).len() as u64 + about.lost;
        if about.at_least {
            assert!(found <= gone.scans, "pages from {first}: {about:?}");
            unknown += u64::from(found < gone.scans);
        } else {
            assert_eq!(found, gone.scans, "pages from {first}: {about:?}");
            known += 1;
        }
    }
    assert!(known > 0 && unknown > 0, "{known} known, {unknown} not");
}

#[test]
fn a_store_that_is_open_elsewhere_is_not_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let open = Store::open(folder.path()).unwrap();
    let refused = open_marked(folder.path()).err().expect("it is in use");
    assert!(
        refused.to_string().contains("another program has it open"),
        "{refused}"
    );
    drop(open);
    assert_eq!(
        Store::open(folder.path()).unwrap().rebuilt().unwrap(),
        Some(Rebuilt {
            kept: 0,
            lost: 0,
            lost_unsent: 0,
            aside: "damaged-1".into(),
            at_least: false,
        })
    );
}
