//! What the embedded database promises beside its ports: group commit, in which
//! each job stands or falls alone, and durability of what was answered.

use gateline_adapters::sqlite::{Db, DbError};
use gateline_core::shared::StoreError;
use rusqlite::Connection;
use std::path::Path;
use tempfile::TempDir;

fn open() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    (folder, db)
}

fn insert(connection: &Connection, number: i64) -> Result<(), DbError> {
    connection.execute("INSERT INTO numbers VALUES (?1)", [number])?;
    Ok(())
}

async fn with_table(db: &Db) {
    let sql = "CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT";
    db.write(|c| Ok(c.execute_batch(sql)?)).await.unwrap();
}

async fn numbers(db: &Db) -> Vec<i64> {
    db.read(|connection| {
        let mut select = connection.prepare("SELECT n FROM numbers ORDER BY n")?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
    .await
    .unwrap()
}

/// Keeps the writer busy until dropped, so that jobs gather into one group.
fn hold(db: &Db) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let db = db.clone();
    tokio::spawn(async move {
        db.write(move |_| {
            released.recv().ok();
            Ok(())
        })
        .await
    });
    release
}

/// Queues one job per number behind a busy writer, then lets all run at once.
async fn together(
    db: &Db,
    count: i64,
    job: impl Fn(&Connection, i64) -> Result<(), DbError> + Send + Copy + 'static,
) -> Vec<Result<(), StoreError>> {
    let release = hold(db);
    let writes: Vec<_> = (0..count)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |c| job(c, n)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(release);
    let mut results = Vec::new();
    for write in writes {
        results.push(write.await.unwrap());
    }
    results
}

#[tokio::test]
async fn a_failing_job_undoes_only_itself() {
    let (_folder, db) = open();
    with_table(&db).await;
    let results = together(&db, 20, |connection, n| {
        insert(connection, n)?;
        if n % 3 == 0 {
            return Err(StoreError::Conflict.into());
        }
        Ok(())
    })
    .await;
    for (n, result) in (0..).zip(&results) {
        let expected = if n % 3 == 0 {
            Err(StoreError::Conflict)
        } else {
            Ok(())
        };
        assert_eq!(*result, expected, "{n}");
    }
    let kept: Vec<i64> = (0..20).filter(|n| n % 3 != 0).collect();
    assert_eq!(numbers(&db).await, kept);
}

#[tokio::test]
async fn a_panicking_job_undoes_only_itself_and_the_writer_goes_on() {
    let (_folder, db) = open();
    with_table(&db).await;
    let results = together(&db, 6, |connection, n| {
        insert(connection, n)?;
        assert_ne!(n, 2, "a bug");
        Ok(())
    })
    .await;
    assert!(matches!(results[2], Err(StoreError::Failed(_))));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 5);
    assert_eq!(numbers(&db).await, [0, 1, 3, 4, 5]);
    db.write(|connection| insert(connection, 9)).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_ends_under_a_job_fails_its_group_and_nothing_is_half_stored() {
    let (_folder, db) = open();
    with_table(&db).await;
    // What SQLite does by itself on a full disk.
    let results = together(&db, 6, |connection, n| {
        insert(connection, n)?;
        if n == 3 {
            connection.execute_batch("ROLLBACK")?;
        }
        Ok(())
    })
    .await;
    let kept = numbers(&db).await;
    for (n, result) in (0..).zip(&results) {
        assert_eq!(kept.contains(&n), result.is_ok(), "{n}: {result:?}");
    }
    assert!(results[3].is_err());
    db.write(|connection| insert(connection, 9)).await.unwrap();
}

#[tokio::test]
async fn what_was_answered_is_there_for_another_process() {
    let (folder, db) = open();
    with_table(&db).await;
    let results = together(&db, 50, insert).await;
    assert!(results.iter().all(Result::is_ok));
    // Another connection sees only what is committed; the writer still lives.
    let other = Db::open(&folder.path().join("test.db")).unwrap();
    assert_eq!(numbers(&other).await.len(), 50);
    drop(db);
    assert_eq!(numbers(&other).await.len(), 50);
}

#[tokio::test]
async fn every_commit_reaches_the_disk() {
    let (_folder, db) = open();
    let pragma = |name: &'static str| {
        db.write(move |c| Ok(c.pragma_query_value(None, name, |row| row.get::<_, String>(0))?))
    };
    assert_eq!(pragma("journal_mode").await.unwrap(), "wal");
    let synchronous = db
        .write(|c| Ok(c.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?))
        .await;
    assert_eq!(synchronous, Ok(2)); // FULL
}

#[tokio::test]
async fn a_reader_sees_what_was_answered_before_and_writes_nothing() {
    let (_folder, db) = open();
    with_table(&db).await;
    db.write(|connection| insert(connection, 1)).await.unwrap();
    assert_eq!(numbers(&db).await, [1]);
    let refused = db.read(|connection| insert(connection, 2)).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))));
    assert_eq!(numbers(&db).await, [1]);
}

#[tokio::test]
async fn a_store_of_a_newer_program_or_no_store_at_all_is_refused() {
    let (folder, db) = open();
    let sql = "UPDATE schema_versions SET version = 1000 WHERE component = 'auth'";
    db.write(|c| Ok(c.execute_batch(sql)?)).await.unwrap();
    let refused = Db::open(&folder.path().join("test.db")).err().unwrap();
    assert!(refused.to_string().contains("newer"), "{refused}");
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is a letter, not a database, and long enough").unwrap();
    assert!(Db::open(&text).is_err());
    assert!(Db::open(Path::new("/nonexistent/folder/x.db")).is_err());
}
