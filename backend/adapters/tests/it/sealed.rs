//! What somebody finds who has a copy of the store and not the file of its keys.

use gateline_adapters::seal::KeyFile;
use gateline_adapters::sqlite::{Db, SqliteCheckIn, SqliteTickets};
use gateline_common::bytes::{Hash, PublicKey};
use gateline_common::ids::{EventId, KeyId, OrgId};
use gateline_common::sync::{EventKey, KeyState};
use gateline_common::{Timestamp, bus};
use gateline_core::checkin::{CheckInStore, Organization};
use gateline_core::shared::Commit;
use gateline_core::tickets::{EventCopy, EventKeys, StoredKey, TicketStore};
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

const EVENT: EventId = EventId(7);
const ORG: OrgId = OrgId(Uuid::from_u128(9));
/// The seeds of two event keys and of a root key, told apart from all else.
const SEEDS: [[u8; 32]; 3] = [
    *b"the first seed of the event 7 ..",
    *b"the second seed of the event 7 .",
    *b"the seed of the root key of 9 ..",
];

fn keys() -> EventKeys {
    let key = |id, seed, state| StoredKey {
        public: EventKey {
            id: KeyId(id),
            key: PublicKey([id; 32]),
            state,
        },
        seed: Hash(seed),
        made_at: Timestamp(5),
    };
    EventKeys {
        event: EVENT,
        keys: vec![
            key(1, SEEDS[0], KeyState::Current),
            key(2, SEEDS[1], KeyState::Next),
        ],
        version: 1,
    }
}

fn event() -> EventCopy {
    EventCopy {
        event: EVENT,
        org: ORG,
        version: 1,
        title: "Ball".to_owned(),
        timezone: "Europe/Vienna".to_owned(),
        starts_at: Timestamp(0),
        ends_at: Timestamp(1),
        place: "Hall".to_owned(),
        status: bus::EventStatus::Published,
    }
}

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("gateline.db")
}

async fn store(db: &Db) {
    let nothing = Commit::nothing();
    let tickets = SqliteTickets(db.clone());
    let noted = tickets.note_event(&event(), Some(&keys()), &nothing).await;
    noted.unwrap();
    let org = Organization::new(ORG, SEEDS[2], Timestamp(5));
    SqliteCheckIn(db.clone())
        .add_organization(&org)
        .await
        .unwrap();
}

async fn assert_held(db: &Db) {
    let read = SqliteTickets(db.clone()).keys(EVENT).await.unwrap();
    assert_eq!(read, Some(keys()));
    let org = SqliteCheckIn(db.clone()).organization(ORG).await.unwrap();
    assert_eq!(org.unwrap().root_seed, SEEDS[2]);
}

/// Files of the store (its log too) that hold a seed in some form.
fn with_seeds(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.starts_with("gateline.db") {
            continue;
        }
        let bytes = std::fs::read(file.path()).unwrap();
        for seed in SEEDS {
            let forms = [
                seed.to_vec(),
                Hash(seed).to_string().into_bytes(),
                hex::encode(seed).into_bytes(),
            ];
            // A part would do for guessing the rest.
            let has = |form: &[u8]| {
                let part = &form[..form.len() - 4];
                bytes.windows(part.len()).any(|window| window == part)
            };
            if forms.iter().any(|form| has(form)) {
                found.push(name.clone());
            }
        }
    }
    found
}

/// Puts the seeds into the file as they were before there were seals.
fn unseal(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    let document = serde_json::to_string(&keys()).unwrap();
    let sql = "UPDATE tickets_keys SET doc = ?1";
    assert_eq!(connection.execute(sql, [document]).unwrap(), 1);
    let sql = "UPDATE checkin_organizations SET root_seed = ?1";
    assert_eq!(connection.execute(sql, [SEEDS[2]]).unwrap(), 1);
    connection.execute("DELETE FROM seals", []).unwrap();
}

#[tokio::test]
async fn a_copy_of_the_store_holds_no_seed_while_it_runs_and_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&path(&folder)).unwrap();
    store(&db).await;
    assert_held(&db).await;
    assert_eq!(with_seeds(folder.path()), Vec::<String>::new());
    drop(db);
    assert_eq!(with_seeds(folder.path()), Vec::<String>::new());
    assert_held(&Db::open(&path(&folder)).unwrap()).await;
}

#[tokio::test]
async fn a_store_of_before_is_sealed_and_its_old_bytes_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&path(&folder)).unwrap();
    store(&db).await;
    drop(db);
    unseal(&path(&folder));
    assert!(
        !with_seeds(folder.path()).is_empty(),
        "the search finds what is there"
    );
    let db = Db::open(&path(&folder)).unwrap();
    assert_eq!(with_seeds(folder.path()), Vec::<String>::new());
    assert_held(&db).await;
}

#[tokio::test]
async fn with_a_new_key_before_the_old_all_is_sealed_anew_and_the_old_can_go() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::at(folder.path().join("elsewhere"));
    let db = Db::open_with(&path(&folder), &file).unwrap();
    store(&db).await;
    drop(db);
    let rotated = file.read().unwrap().unwrap().with_a_new_one();
    file.write(&rotated).unwrap();
    assert_held(&Db::open_with(&path(&folder), &file).unwrap()).await;
    file.write(&rotated.newest_alone()).unwrap();
    assert_held(&Db::open_with(&path(&folder), &file).unwrap()).await;
}

#[tokio::test]
async fn a_sealed_store_without_its_key_does_not_open_and_gets_no_new_one() {
    let folder = tempfile::tempdir().unwrap();
    drop(Db::open(&path(&folder)).unwrap());
    let elsewhere = KeyFile::at(folder.path().join("elsewhere"));
    let refused = Db::open_with(&path(&folder), &elsewhere).err().unwrap();
    assert!(
        refused.to_string().contains("put the copy of it back"),
        "{refused}"
    );
    assert!(elsewhere.read().unwrap().is_none());
    elsewhere.make().unwrap();
    let refused = Db::open_with(&path(&folder), &elsewhere).err().unwrap();
    assert!(
        refused.to_string().contains("not the key of this store"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_seed_that_somebody_writes_into_the_store_signs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&path(&folder)).unwrap();
    store(&db).await;
    let sql = "UPDATE checkin_organizations SET root_seed = ?1";
    let written = rusqlite::Connection::open(path(&folder)).unwrap();
    assert_eq!(written.execute(sql, [[1; 32]]).unwrap(), 1);
    assert!(SqliteCheckIn(db).organization(ORG).await.is_err());
    // Nor does it when the store is sealed anew.
    let file = KeyFile::at(path(&folder).with_file_name("store-key"));
    let rotated = file.read().unwrap().unwrap().with_a_new_one();
    file.write(&rotated).unwrap();
    assert!(Db::open(&path(&folder)).is_err());
}
