//! The stores, opened for reading.

use super::{Checked, Fault};
use crate::world::older::open_gate;
use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The server's store.
#[derive(Debug)]
pub struct Backend(pub Connection);

impl Backend {
    /// Opens it beside a server that may run.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(data: &Path) -> Result<Self> {
        let path = data.join("gateline.db");
        let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .with_context(|| format!("cannot open {}", path.display()))?;
        db.busy_timeout(Duration::from_secs(10))?;
        Ok(Self(db))
    }

    /// The JSON documents that `sql` selects, its only column.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn documents(&self, sql: &str) -> Result<Vec<serde_json::Value>> {
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|text| Ok(serde_json::from_str(&text?)?)).collect()
    }

    pub(super) fn sound(&self, checked: &mut Checked) -> Result<()> {
        let words: String = self
            .0
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if words != "ok" {
            checked.found(Fault::StoreDamaged, format!("the server's store: {words}"));
        }
        Ok(())
    }

    /// Nothing may be left to be done.
    pub(super) fn at_rest(&self, checked: &mut Checked) -> Result<()> {
        for table in ["outbox", "payments_test_notices"] {
            let sql = format!("SELECT count(*) FROM {table}");
            let left: i64 = self.0.query_row(&sql, [], |row| row.get(0))?;
            if left > 0 {
                checked.found(Fault::LeftOver, format!("{left} rows in {table}"));
            }
        }
        Ok(())
    }
}

/// A gate's store.
#[derive(Debug)]
pub struct GateStore {
    /// The name of its folder.
    pub name: String,
    /// Its database.
    pub db: Connection,
    /// Its enrolment, if it has one.
    pub device: Option<[u8; 16]>,
}

impl GateStore {
    /// Opens the store in this folder; `None` when it was never enrolled.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>> {
        if !folder.join("store.db").exists() {
            return Ok(None);
        }
        let db = open_gate(folder)?;
        let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'device'";
        let has_tables: i64 = db.query_row(tables, [], |row| row.get(0))?;
        if has_tables == 0 {
            return Ok(None);
        }
        let mut devices = db.prepare("SELECT device FROM device")?;
        let device = devices
            .query_map([], |row| row.get(0))?
            .next()
            .transpose()?;
        drop(devices);
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        Ok(Some(Self {
            name: name.into_owned(),
            db,
            device,
        }))
    }

    /// All stores that were enrolled.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all(folder: &Path) -> Result<Vec<Self>> {
        let mut folders: Vec<_> = std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        folders.sort();
        let mut stores = Vec::new();
        for folder in folders {
            stores.extend(Self::open(&folder)?);
        }
        Ok(stores)
    }
}
