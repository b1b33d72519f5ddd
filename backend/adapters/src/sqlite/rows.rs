//! What several services' tables share: rows that hold a document in JSON.

use super::db::DbError;
use gateline_core::shared::StoreError;
use rusqlite::{Connection, OptionalExtension, Params, Row, ToSql, params_from_iter};
use serde::de::DeserializeOwned;

/// The document in the first column of the one row of `sql`.
pub(super) fn find<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>, DbError> {
    let json: Option<String> = connection
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// The documents in the first column of the rows of `sql`.
pub(super) fn list<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<Vec<T>, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let text = |row: &Row<'_>| row.get::<_, String>(0);
    let rows = statement.query_map(params_from_iter(params), text)?;
    let mut items = Vec::new();
    for json in rows {
        items.push(serde_json::from_str(&json?)?);
    }
    Ok(items)
}

/// A conditional update hit its one row, or somebody else was faster.
pub(super) fn hit(rows: usize) -> Result<(), DbError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict.into())
    }
}

/// A row that is there already means that somebody else was faster.
pub(super) fn inserted(result: rusqlite::Result<usize>) -> Result<(), DbError> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if super::commit::is_duplicate(&error) => Err(StoreError::Conflict.into()),
        Err(error) => Err(error.into()),
    }
}
