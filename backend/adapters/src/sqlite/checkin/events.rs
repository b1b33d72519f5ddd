//! Organizations, events and their rules.

use crate::seal::{Belongs, StoreKeys};
use crate::sqlite::commit;
use crate::sqlite::db::DbError;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, FeedGeneration, OrgId};
use gateline_common::sync::EventManifest;
use gateline_core::checkin::Organization;
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::ports::{EventWrite, ManifestBump};
use gateline_core::shared::{Commit, StoreError};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

pub(super) fn organization(
    connection: &Connection,
    org: OrgId,
    seals: &StoreKeys,
) -> Result<Option<Organization>, DbError> {
    let sql = "SELECT name, name_version, root_seed, manifest_version, manifest_at
               FROM checkin_organizations WHERE org = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([org.0.as_bytes()], |row| {
            let sealed: Vec<u8> = row.get(2)?;
            let organization = Organization {
                org,
                name: row.get(0)?,
                name_version: row.get(1)?,
                root_seed: [0; 32],
                manifest_version: row.get(3)?,
                manifest_at: Timestamp(row.get(4)?),
            };
            Ok((sealed, organization))
        });
    let Some((sealed, organization)) = found.optional()? else {
        return Ok(None);
    };
    Ok(Some(Organization {
        root_seed: seals.open(Belongs::RootKey(org), &sealed)?,
        ..organization
    }))
}

/// Seals every root key's seed with the newest key; with `takes_bare` also those
/// that were never sealed. Says how many there are.
pub(in crate::sqlite) fn reseal(
    connection: &Connection,
    seals: &StoreKeys,
    takes_bare: bool,
) -> Result<usize, DbError> {
    let mut select = connection.prepare("SELECT org, root_seed FROM checkin_organizations")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<([u8; 16], Vec<u8>)> = rows.collect::<Result<_, _>>()?;
    for (org, kept) in &rows {
        let belongs = Belongs::RootKey(OrgId(Uuid::from_bytes(*org)));
        let seed = match <[u8; 32]>::try_from(kept.as_slice()) {
            Ok(bare) if takes_bare => bare,
            _ => seals.open(belongs, kept)?,
        };
        let sql = "UPDATE checkin_organizations SET root_seed = ?2 WHERE org = ?1";
        connection.execute(sql, (org, seals.seal(belongs, &seed)?))?;
    }
    Ok(rows.len())
}

pub(super) fn add_organization(
    connection: &Connection,
    org: &Organization,
    seals: &StoreKeys,
) -> Result<Organization, DbError> {
    connection.execute(
        "INSERT INTO checkin_organizations
             (org, name, name_version, root_seed, manifest_version, manifest_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (org) DO NOTHING",
        (
            org.org.0.as_bytes(),
            &org.name,
            org.name_version,
            seals.seal(Belongs::RootKey(org.org), &org.root_seed)?,
            org.manifest_version,
            org.manifest_at.0,
        ),
    )?;
    let there = organization(connection, org.org, seals)?;
    there.ok_or_else(|| StoreError::Failed("the organization is gone".into()).into())
}

pub(super) fn name_organization(
    connection: &Connection,
    org: OrgId,
    version: u64,
    name: &str,
    at: Timestamp,
    commit: &Commit,
) -> Result<(), DbError> {
    commit::apply(connection, commit)?;
    let changed = connection.execute(
        "UPDATE checkin_organizations SET name = ?3, name_version = ?2
         WHERE org = ?1 AND name_version < ?2",
        (org.0.as_bytes(), version, name),
    )?;
    if changed == 1 {
        bump(connection, ManifestBump { org, at })?;
    }
    Ok(())
}

/// Raises the manifest's version; its time never goes back.
pub(super) fn bump(connection: &Connection, bump: ManifestBump) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "UPDATE checkin_organizations
             SET manifest_version = manifest_version + 1, manifest_at = max(manifest_at, ?2)
             WHERE org = ?1",
        )?
        .execute((bump.org.0.as_bytes(), bump.at.0))?;
    Ok(())
}

pub(super) fn event(
    connection: &Connection,
    event: EventId,
) -> Result<Option<EventState>, DbError> {
    let sql = "SELECT doc, version FROM checkin_events WHERE event = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([event.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    found.map(read).transpose()
}

pub(super) fn of_org(connection: &Connection, org: OrgId) -> Result<Vec<EventState>, DbError> {
    let sql = "SELECT doc, version FROM checkin_events WHERE org = ?1 ORDER BY event";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([org.0.as_bytes()], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?))
    })?;
    rows.map(|row| read(row?)).collect()
}

fn read((doc, version): (String, u64)) -> Result<EventState, DbError> {
    let mut event: EventState = serde_json::from_str(&doc)?;
    event.version = version;
    Ok(event)
}

pub(super) fn rules(
    connection: &Connection,
    event: EventId,
) -> Result<Vec<EventManifest>, DbError> {
    let sql = "SELECT doc FROM checkin_rules WHERE event = ?1 ORDER BY version";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([event.0], |row| row.get::<_, String>(0))?;
    rows.map(|row| Ok(serde_json::from_str(&row?)?)).collect()
}

pub(super) fn save(
    connection: &Connection,
    write: &EventWrite,
    commit: &Commit,
) -> Result<(), DbError> {
    commit::apply(connection, commit)?;
    let event = &write.event;
    let doc = serde_json::to_string(event)?;
    let org = event.org().map(|org| *org.0.as_bytes());
    if event.version == 0 {
        let generation = write.generation.unwrap_or(FeedGeneration(Uuid::nil()));
        let result = connection.execute(
            "INSERT INTO checkin_events (event, org, doc, version, generation, position, changes)
             VALUES (?1, ?2, ?3, 1, ?4, 0, 0)",
            (event.event.0, org, doc, generation.0.as_bytes()),
        );
        commit::on_duplicate(result, StoreError::Conflict)?;
    } else {
        let changed = connection.execute(
            "UPDATE checkin_events SET org = ?2, doc = ?3, version = version + 1,
                 generation = coalesce(?5, generation)
             WHERE event = ?1 AND version = ?4",
            (
                event.event.0,
                org,
                doc,
                event.version,
                write.generation.map(|generation| *generation.0.as_bytes()),
            ),
        )?;
        if changed == 0 {
            return Err(StoreError::Conflict.into());
        }
        if write.generation.is_some() {
            let sql = "DELETE FROM checkin_past_generations WHERE event = ?1";
            connection.execute(sql, [event.event.0])?;
        }
    }
    if let Some(rules) = &write.rules {
        connection.execute(
            "INSERT INTO checkin_rules (event, version, doc) VALUES (?1, ?2, ?3)",
            (
                event.event.0,
                rules.rules_version,
                serde_json::to_string(rules)?,
            ),
        )?;
    }
    write.bump.map_or(Ok(()), |rise| bump(connection, rise))
}
