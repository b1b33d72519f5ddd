//! Rows of organizations.

use crate::sqlite::db::DbError;
use gateline_common::ids::OrgId;
use gateline_core::auth::Organization;
use gateline_core::shared::{Page, PageRequest, StoreError};
use rusqlite::{Connection, OptionalExtension};

pub(super) fn insert(connection: &Connection, organization: &Organization) -> Result<(), DbError> {
    let sql = "INSERT INTO auth_organizations (id, version, document) VALUES (?1, ?2, ?3)";
    let document = serde_json::to_string(organization)?;
    let id = organization.id.0.as_bytes();
    let values = (id, organization.version, document);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn update(connection: &Connection, organization: &Organization) -> Result<(), DbError> {
    let sql = "UPDATE auth_organizations SET version = ?2, document = ?3
               WHERE id = ?1 AND version = ?2 - 1";
    let document = serde_json::to_string(organization)?;
    let id = organization.id.0.as_bytes();
    let values = (id, organization.version, document);
    match connection.prepare_cached(sql)?.execute(values)? {
        0 => Err(StoreError::Conflict.into()),
        _ => Ok(()),
    }
}

pub(super) fn by_id(connection: &Connection, id: OrgId) -> Result<Option<Organization>, DbError> {
    let sql = "SELECT document FROM auth_organizations WHERE id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let found: Option<String> = select
        .query_row([id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// A page of all of them; ids are time-ordered, so oldest first.
pub(super) fn page(
    connection: &Connection,
    page: &PageRequest,
) -> Result<Page<Organization>, DbError> {
    let sql = "SELECT document FROM auth_organizations WHERE id > ?1 ORDER BY id LIMIT ?2";
    let after = after(page);
    let after = after.as_ref().map_or(&[][..], |id| id.0.as_bytes());
    let mut select = connection.prepare_cached(sql)?;
    let limit = page.clamped() + 1;
    let rows = select.query_map((after, limit), |row| row.get::<_, String>(0))?;
    let mut items = Vec::new();
    for json in rows {
        items.push(serde_json::from_str(&json?)?);
    }
    Ok(cut(items, page))
}

/// A page of these.
pub(super) fn page_of(
    connection: &Connection,
    mut ids: Vec<OrgId>,
    page: &PageRequest,
) -> Result<Page<Organization>, DbError> {
    ids.sort_unstable();
    if let Some(after) = after(page) {
        ids.retain(|id| *id > after);
    }
    ids.truncate(page.clamped() as usize + 1);
    let found = ids.into_iter().map(|id| by_id(connection, id));
    let items: Result<Vec<_>, DbError> = found.filter_map(Result::transpose).collect();
    Ok(cut(items?, page))
}

fn after(page: &PageRequest) -> Option<OrgId> {
    page.after.as_deref().and_then(|text| text.parse().ok())
}

fn cut(mut items: Vec<Organization>, page: &PageRequest) -> Page<Organization> {
    let limit = page.clamped() as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    let next = last.map(|organization| organization.id.to_string());
    Page { items, next }
}
