//! Stores that are damaged, of another key, or of another version: a clear
//! error, never a panic, and nothing is overwritten.

use crate::support::{Gate, Mode, Server};
use gateline_scanner::store::{KEY_FILE, STORE_FILE, Store, StoreError};
use std::fs;
use std::path::Path;

fn error(folder: &Path) -> StoreError {
    match Store::open(folder) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

fn new_store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).unwrap();
    folder
}

#[test]
fn the_store_is_encrypted_and_its_key_is_the_owners_alone() {
    let folder = new_store();
    let bytes = fs::read(folder.path().join(STORE_FILE)).unwrap();
    assert!(!bytes.starts_with(b"SQLite format 3"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = fs::metadata(folder.path().join(KEY_FILE)).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_store_of_another_key_is_not_readable() {
    let (one, other) = (new_store(), new_store());
    fs::copy(other.path().join(KEY_FILE), one.path().join(KEY_FILE)).unwrap();
    assert!(matches!(error(one.path()), StoreError::NotReadable(_)));
}

#[test]
fn a_missing_or_damaged_key_is_told_and_not_replaced() {
    let folder = new_store();
    let key = folder.path().join(KEY_FILE);
    fs::write(&key, b"short").unwrap();
    assert!(matches!(error(folder.path()), StoreError::KeyDamaged(_)));
    fs::remove_file(&key).unwrap();
    assert!(matches!(error(folder.path()), StoreError::KeyMissing(_)));
    assert!(!key.exists());
}

#[test]
fn a_damaged_store_and_a_file_that_is_none_are_told() {
    let folder = new_store();
    let file = folder.path().join(STORE_FILE);
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert!(matches!(error(folder.path()), StoreError::NotReadable(_)));
    fs::write(&file, b"holiday pictures").unwrap();
    assert!(matches!(error(folder.path()), StoreError::NotReadable(_)));
}

#[test]
fn an_empty_file_is_a_new_store_and_a_file_in_the_folders_place_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(STORE_FILE), b"").unwrap();
    assert!(
        Store::open(folder.path())
            .unwrap()
            .identity()
            .unwrap()
            .is_none()
    );
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(matches!(error(&file), StoreError::Io { .. }));
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let folder = new_store();
    let store = Store::open(folder.path()).unwrap();
    store.db().pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    assert!(matches!(
        error(folder.path()),
        StoreError::Newer { found: 99, .. }
    ));
}

#[tokio::test]
async fn the_log_can_be_neither_changed_nor_shortened() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    let store = Store::open(gate.folder()).unwrap();
    for change in ["DELETE FROM log", "UPDATE log SET bytes = x'00'"] {
        let refused = store.db().execute(change, []).unwrap_err();
        assert!(refused.to_string().contains("append only"), "{refused}");
    }
}

#[tokio::test]
async fn on_a_full_disk_nobody_is_let_in_and_scanning_goes_on_when_there_is_room() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    let mut store = Store::open(gate.folder()).unwrap();
    let pages: i64 = store
        .db()
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    store
        .db()
        .pragma_update(None, "max_page_count", pages)
        .unwrap();
    let big = "x".repeat(1 << 20);
    let full = store.write(|db| {
        db.execute("UPDATE manifest SET text = ?", [&big])
            .map_err(StoreError::from)
    });
    assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
    drop(store);
    gate.admits(&server.digits(2)).await;
}
