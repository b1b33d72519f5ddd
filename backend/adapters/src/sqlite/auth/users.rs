//! Rows of users.

use crate::sqlite::db::DbError;
use gateline_common::ids::UserId;
use gateline_core::auth::{Email, User, UserFilter};
use gateline_core::shared::{Page, PageRequest, StoreError};
use rusqlite::{Connection, OptionalExtension};

/// Has another user the address? Asked by the one writer, so it stays true until
/// its transaction ends.
pub(super) fn email_taken(connection: &Connection, user: &User) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM auth_users WHERE email = ?1 AND id <> ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.exists((user.email.as_str(), user.id.0.as_bytes()))?)
}

pub(super) fn insert(connection: &Connection, user: &User) -> Result<(), DbError> {
    let sql = "INSERT INTO auth_users (id, version, email, search, document)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let document = serde_json::to_string(user)?;
    let (email, search) = (user.email.as_str(), search_text(user));
    let values = (user.id.0.as_bytes(), user.version, email, search, document);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn update(connection: &Connection, user: &User) -> Result<(), DbError> {
    let sql = "UPDATE auth_users SET version = ?2, email = ?3, search = ?4, document = ?5
               WHERE id = ?1 AND version = ?2 - 1";
    let document = serde_json::to_string(user)?;
    let (email, search) = (user.email.as_str(), search_text(user));
    let values = (user.id.0.as_bytes(), user.version, email, search, document);
    match connection.prepare_cached(sql)?.execute(values)? {
        0 => Err(StoreError::Conflict.into()),
        _ => Ok(()),
    }
}

fn search_text(user: &User) -> String {
    format!("{} {}", user.email, user.name).to_lowercase()
}

pub(super) fn by_id(connection: &Connection, id: UserId) -> Result<Option<User>, DbError> {
    let sql = "SELECT document FROM auth_users WHERE id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found: Option<String> = select
        .query_row([id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.map(|json| serde_json::from_str(&json)).transpose()?)
}

pub(super) fn by_email(connection: &Connection, email: &Email) -> Result<Option<User>, DbError> {
    let sql = "SELECT document FROM auth_users WHERE email = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found: Option<String> = select
        .query_row([email.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.map(|json| serde_json::from_str(&json)).transpose()?)
}

pub(super) fn page(
    connection: &Connection,
    filter: &UserFilter,
    page: &PageRequest,
) -> Result<Page<User>, DbError> {
    let sql = "SELECT document FROM auth_users
               WHERE email > ?1 AND (?2 = '' OR instr(search, ?2) > 0)
               ORDER BY email LIMIT ?3";
    let after = page.after.as_deref().unwrap_or_default();
    let text = filter.text.as_deref().unwrap_or_default().to_lowercase();
    let limit = page.clamped();
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map((after, text, limit + 1), |row| row.get::<_, String>(0))?;
    let mut items = Vec::new();
    for json in rows {
        items.push(serde_json::from_str::<User>(&json?)?);
    }
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next = last.map(|user| user.email.to_string());
    Ok(Page { items, next })
}
