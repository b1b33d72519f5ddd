//! Writes a `Commit` inside the job of a state change.

use super::db::DbError;
use gateline_core::shared::{Commit, Consumed, IdempotencyKey, StoreError, StoredAnswer};
use rusqlite::{Connection, ErrorCode};

/// Stores outbox rows, inbox mark and answer of `commit`.
///
/// # Errors
/// `AlreadyConsumed` or `AlreadyAnswered`, which undo the whole job.
pub(crate) fn apply(connection: &Connection, commit: &Commit) -> Result<(), DbError> {
    if let Some(consumed) = commit.consumed {
        mark(connection, consumed)?;
    }
    if let Some(answer) = &commit.answer {
        keep(connection, answer)?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO outbox (id, envelope, attempts, due_at, committed_at)
         VALUES (?1, ?2, 0, 0, ?3)",
    )?;
    for envelope in &commit.publish {
        let json = serde_json::to_string(envelope)?;
        insert.execute((envelope.id.as_bytes(), json, envelope.at.0))?;
    }
    Ok(())
}

fn mark(connection: &Connection, consumed: Consumed) -> Result<(), DbError> {
    let sql = "INSERT INTO inbox (consumer, event) VALUES (?1, ?2)";
    let result = connection
        .prepare_cached(sql)?
        .execute((consumed.consumer, consumed.event.as_bytes()));
    on_duplicate(result, StoreError::AlreadyConsumed)
}

fn keep(connection: &Connection, answer: &StoredAnswer) -> Result<(), DbError> {
    let sql = "INSERT INTO answers (scope, key, fingerprint, body, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let key = &answer.key;
    let result = connection.prepare_cached(sql)?.execute((
        &key.scope,
        &key.key,
        key.fingerprint.as_bytes(),
        &answer.body,
        answer.at.0,
    ));
    on_duplicate(result, StoreError::AlreadyAnswered)
}

/// Gives a row that was refused as a duplicate its meaning.
pub(crate) fn on_duplicate(
    result: rusqlite::Result<usize>,
    meaning: StoreError,
) -> Result<(), DbError> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(meaning.into()),
        Err(error) => Err(error.into()),
    }
}

/// Did a unique constraint refuse the row?
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && matches!(
            error.sqlite_extended_error_code(),
            Some(
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                    | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            )
        )
}

/// Refuses a request whose idempotency key has an answer already.
///
/// # Errors
/// `AlreadyAnswered`.
pub(crate) fn refuse_answered(
    connection: &Connection,
    key: Option<&IdempotencyKey>,
) -> Result<(), DbError> {
    let Some(key) = key else { return Ok(()) };
    let sql = "SELECT 1 FROM answers WHERE scope = ?1 AND key = ?2";
    if connection
        .prepare_cached(sql)?
        .exists((&key.scope, &key.key))?
    {
        return Err(StoreError::AlreadyAnswered.into());
    }
    Ok(())
}

/// Runs `job` in a savepoint of its own: an inner error is undone and handed
/// back as a value, so that the caller's job may go on.
pub(crate) fn attempt<T, E>(
    connection: &Connection,
    job: impl FnOnce() -> Result<Result<T, E>, DbError>,
) -> Result<Result<T, E>, DbError> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
    run("SAVEPOINT attempt")?;
    let result = job();
    if !matches!(result, Ok(Ok(_))) {
        run("ROLLBACK TO attempt")?;
    }
    run("RELEASE attempt")?;
    result
}
