//! Backups of the embedded store: taken while it is written to, and refused when they
//! are not what was written.

use gateline_adapters::seal::KeyFile;
use gateline_adapters::sqlite::{Backup, BackupError, Db, SqliteMail, back_up, make_store};
use gateline_common::Timestamp;
use gateline_common::bus::Buyer;
use gateline_common::ids::{EventId, OrderId, UserId};
use gateline_core::mail::{Letter, LetterContent, MailStore, OrderCopy};
use gateline_core::shared::Commit;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tempfile::TempDir;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(77);
const NAME: &str = "Zenobia Quint";

fn letter(n: u32) -> Letter {
    let order = OrderCopy {
        order: OrderId(Uuid::from_u128(n.into())),
        code: format!("C{n}"),
        event: EventId(7),
        buyer: Buyer {
            user: UserId(Uuid::from_u128(1)),
            email: "zenobia@example.org".into(),
            name: NAME.into(),
        },
        lines: Vec::new(),
        test: false,
        version: 1,
    };
    Letter::new(format!("letter-{n}"), LetterContent::Expired(order), NOW)
}

/// One row in each of two tables.
async fn write(mail: &SqliteMail, n: u32) {
    let commit = Commit::nothing().consuming("mail", Uuid::from_u128(n.into()));
    mail.enqueue(&letter(n), &commit).await.unwrap();
}

fn store(folder: &TempDir) -> PathBuf {
    folder.path().join("gateline.db")
}

fn keys(folder: &TempDir) -> KeyFile {
    KeyFile::at(folder.path().join("store-key"))
}

/// A store with so many letters, and a backup of it.
async fn backed_up(letters: u32) -> (TempDir, PathBuf, Backup) {
    let folder = tempfile::tempdir().unwrap();
    let mail = SqliteMail(Db::open(&store(&folder)).unwrap());
    for n in 1..=letters {
        write(&mail, n).await;
    }
    let to = folder.path().join("backup.db");
    let backup = back_up(&store(&folder), &to, NOW).unwrap();
    (folder, to, backup)
}

/// A store made from a copy of `backup`, opened; its folder has the keys of `of`.
fn restored(of: &TempDir, backup: &Path) -> Result<(Db, TempDir), BackupError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(backup, store(&folder)).unwrap();
    std::fs::copy(keys(of).path(), keys(&folder).path()).unwrap();
    make_store(&store(&folder), &keys(&folder))?;
    Ok((Db::open(&store(&folder)).unwrap(), folder))
}

/// The numbers of its letters, and of the marks that were written with them.
async fn held(db: &Db) -> (Vec<u32>, Vec<u32>) {
    let letters = SqliteMail(db.clone()).due(NOW, 1_000_000).await.unwrap();
    let number = |letter: Letter| letter.key.strip_prefix("letter-").unwrap().parse().unwrap();
    let mut letters: Vec<u32> = letters.into_iter().map(number).collect();
    letters.sort_unstable();
    let marks = db.read(|connection| {
        let mut all = connection.prepare("SELECT event FROM inbox ORDER BY event")?;
        let id = |row: &rusqlite::Row<'_>| Ok(Uuid::from_bytes(row.get(0)?).as_u128());
        Ok(all.query_map([], id)?.collect::<Result<Vec<u128>, _>>()?)
    });
    let marks = marks.await.unwrap().into_iter();
    (
        letters,
        marks.map(|id| u32::try_from(id).unwrap()).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_writes_has_all_that_was_answered_before_and_only_whole_changes() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&store(&folder)).unwrap();
    let (answered, enough) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let writing = tokio::spawn({
        let (mail, answered) = (SqliteMail(db.clone()), Arc::clone(&answered));
        let enough = Arc::clone(&enough);
        async move {
            let mut n = 0;
            while !enough.load(Ordering::SeqCst) {
                n += 1;
                write(&mail, n).await;
                answered.store(n, Ordering::SeqCst);
            }
        }
    });
    let mut before = 0;
    for round in 0..5 {
        crate::contract::bus::wait_until("more is written", async || {
            answered.load(Ordering::SeqCst) > before + 20
        })
        .await;
        let (from, to) = (store(&folder), folder.path().join(format!("{round}.db")));
        before = answered.load(Ordering::SeqCst);
        let taken = tokio::task::spawn_blocking(move || back_up(&from, &to, NOW));
        taken.await.unwrap().unwrap();
        let last = answered.load(Ordering::SeqCst) + 1;
        let to = folder.path().join(format!("{round}.db"));
        let (copy, _folder) = restored(&folder, &to).unwrap();
        let (letters, marks) = held(&copy).await;
        assert_eq!(letters, marks, "each letter with its mark");
        let count = u32::try_from(letters.len()).unwrap();
        assert!((before..=last).contains(&count), "{before} {count} {last}");
        assert_eq!(letters, (1..=count).collect::<Vec<_>>());
    }
    enough.store(true, Ordering::SeqCst);
    writing.await.unwrap();
}

#[tokio::test]
async fn whichever_byte_of_a_backup_is_another_it_is_refused_or_holds_what_was_written() {
    let (folder, backup, _) = backed_up(40).await;
    let sound = std::fs::read(&backup).unwrap();
    let (copy, _folder) = restored(&folder, &backup).unwrap();
    let expected = held(&copy).await;
    let (mut refused, damaged) = (0, folder.path().join("damaged.db"));
    for at in (0..sound.len()).step_by(4_801) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x15;
        std::fs::write(&damaged, bytes).unwrap();
        match restored(&folder, &damaged) {
            Ok((db, _folder)) => assert_eq!(held(&db).await, expected, "byte {at}"),
            Err(_) => refused += 1,
        }
    }
    // Most bytes of so small a store hold nothing.
    assert!(refused > 2, "{refused}");
}

#[tokio::test]
async fn a_name_that_became_another_and_a_cut_or_foreign_file_are_refused() {
    let (folder, backup, _) = backed_up(40).await;
    let sound = std::fs::read(&backup).unwrap();
    let mut renamed = sound.clone();
    let name = NAME.as_bytes();
    // Some may stand where a row was before it moved.
    let found = sound.windows(name.len()).enumerate();
    for (at, _) in found.filter(|(_, bytes)| *bytes == name) {
        renamed[at] = b'X';
    }
    assert_ne!(renamed, sound);
    let files = [
        (renamed, "it is damaged"),
        (sound[..sound.len() / 2].to_vec(), "it is"),
        (sound[..0].to_vec(), "no backup"),
        (b"holiday pictures".repeat(1000), "no backup"),
    ];
    for (bytes, words) in files {
        let file = folder.path().join("file.db");
        std::fs::write(&file, bytes).unwrap();
        let refused = restored(&folder, &file).err().unwrap().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    // A copy of the store itself was never checked.
    let copied = folder.path().join("copied.db");
    std::fs::copy(store(&folder), &copied).unwrap();
    let refused = restored(&folder, &copied).err().unwrap();
    assert!(matches!(refused, BackupError::NotABackup), "{refused}");
}

#[tokio::test]
async fn a_backup_of_a_newer_version_or_of_other_keys_is_refused() {
    let (folder, backup, _) = backed_up(1).await;
    let newer = folder.path().join("newer.db");
    for change in [
        "UPDATE schema_versions SET version = version + 1 WHERE component = 'mail'",
        "INSERT INTO schema_versions (component, version) VALUES ('parking', 1)",
    ] {
        std::fs::copy(&backup, &newer).unwrap();
        let connection = rusqlite::Connection::open(&newer).unwrap();
        connection.execute(change, []).unwrap();
        drop(connection);
        let refused = restored(&folder, &newer).err().unwrap().to_string();
        assert!(refused.contains("newer than this program's"), "{refused}");
    }
    let file = folder.path().join("other.db");
    std::fs::copy(&backup, &file).unwrap();
    let other = KeyFile::at(folder.path().join("other-key"));
    let refused = make_store(&file, &other).unwrap_err().to_string();
    assert!(refused.contains("put the copy of it back"), "{refused}");
    other.make().unwrap();
    let refused = make_store(&file, &other).unwrap_err().to_string();
    assert!(refused.contains("not the key of this store"), "{refused}");
    make_store(&file, &keys(&folder)).unwrap();
}

#[tokio::test]
async fn nobody_is_signed_in_to_a_restored_store_and_no_enrolment_code_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&store(&folder)).unwrap();
    let rows = "
        INSERT INTO auth_sessions (id, user, expires_at) VALUES (x'01', x'01', 1000);
        INSERT INTO checkin_enrolments (secret, org, made_by, expires_at)
            VALUES (x'01', x'01', x'01', 1000);";
    let written = db.write(move |connection| Ok(connection.execute_batch(rows)?));
    written.await.unwrap();
    let to = folder.path().join("backup.db");
    let backup = back_up(&store(&folder), &to, NOW).unwrap();
    assert_eq!(backup.taken_at, NOW);
    let (copy, _folder) = restored(&folder, &to).unwrap();
    let count = |db: &Db| {
        let db = db.clone();
        async move {
            let sql = "SELECT (SELECT count(*) FROM auth_sessions)
                            + (SELECT count(*) FROM checkin_enrolments)";
            let count =
                db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
            let count: u32 = count.await.unwrap();
            count
        }
    };
    assert_eq!(count(&copy).await, 0);
    assert_eq!(count(&db).await, 2, "the store itself stays as it was");
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_for_this_account_alone_and_is_one_file() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, backup, _) = backed_up(3).await;
    let mode = std::fs::metadata(&backup).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let beside = std::fs::read_dir(folder.path()).unwrap();
    let beside = beside.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let beside: Vec<String> = beside.filter(|name| name.starts_with("backup")).collect();
    assert_eq!(beside, ["backup.db"]);
}
