//! Schema versions. Each component lists its steps; a step, once released, never
//! changes. A file of a newer version than this program is refused.

use super::db::DbError;
use gateline_core::shared::StoreError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// The steps of one component, in order.
pub(super) struct Component {
    /// Unique.
    pub(super) name: &'static str,
    /// SQL of each step.
    pub(super) steps: &'static [&'static str],
}

const COMPONENTS: &[Component] = &[
    super::sealed::SCHEMA,
    super::outbox::SCHEMA,
    super::people::SCHEMA,
    super::auth::SCHEMA,
    super::checkin::SCHEMA,
    super::events::SCHEMA,
    super::tickets::SCHEMA,
    super::mail::SCHEMA,
    super::orders::SCHEMA,
    super::expiration::SCHEMA,
    super::payments::SCHEMA,
    super::pricing::SCHEMA,
    super::payments::TEST_SCHEMA,
];

pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    apply(connection, COMPONENTS)?;
    Ok(start(connection).map_err(DbError::from)?)
}

/// What is done at each start, over tables that are up to date.
fn start(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(super::checkin::AT_START)?;
    transaction.commit()
}

/// Refuses a file that a newer program made.
pub(super) fn check(connection: &Connection) -> Result<(), DbError> {
    refuse_newer(connection, COMPONENTS)
}

fn refuse_newer(connection: &Connection, components: &[Component]) -> Result<(), DbError> {
    let mut statement = connection.prepare("SELECT component, version FROM schema_versions")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, version): (String, usize) = (row.get(0)?, row.get(1)?);
        let known = components.iter().find(|component| component.name == name);
        let known = known.map_or(0, |component| component.steps.len());
        if version > known {
            return Err(StoreError::Failed(format!(
                "the store's {name} tables are of version {version}, newer than this program's \
                 {known}"
            ))
            .into());
        }
    }
    Ok(())
}

fn apply(connection: &mut Connection, components: &[Component]) -> Result<(), DbError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_versions (
            component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    )?;
    refuse_newer(&transaction, components)?;
    for component in components {
        let version: usize = transaction
            .query_row(
                "SELECT version FROM schema_versions WHERE component = ?1",
                [component.name],
                |row| row.get(0),
            )
            .optional()?
            .unwrap_or(0);
        for step in &component.steps[version..] {
            transaction.execute_batch(step)?;
        }
        transaction.execute(
            "INSERT INTO schema_versions (component, version) VALUES (?1, ?2)
             ON CONFLICT (component) DO UPDATE SET version = excluded.version",
            (component.name, component.steps.len()),
        )?;
    }
    Ok(transaction.commit()?)
}
