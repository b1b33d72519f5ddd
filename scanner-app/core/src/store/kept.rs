//! What is kept beside the enrolment, one row of JSON each: it is there before the
//! device is enrolled, and stays when it is revoked or enrolled anew.

use super::{Store, StoreError};
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The names of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// How staff set the app.
    Preferences,
    /// The lock and its PIN.
    Lock,
}

impl Kept {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Preferences => "preferences",
            Self::Lock => "lock",
        }
    }
}

impl Store {
    /// What is kept under this name; its default when there is nothing, or nothing
    /// that this build can read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn kept<T: DeserializeOwned + Default>(&self, what: Kept) -> Result<T, StoreError> {
        let text: Option<String> = self
            .db
            .prepare_cached("SELECT value FROM kept WHERE what = ?")?
            .query_row([what.as_str()], |row| row.get(0))
            .optional()?;
        let Some(text) = text else {
            return Ok(T::default());
        };
        Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!(what = what.as_str(), %error, "what was kept cannot be read");
            T::default()
        }))
    }

    /// Keeps a value under this name.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) fn keep<T: Serialize>(&mut self, what: Kept, value: &T) -> Result<(), StoreError> {
        let text = serde_json::to_string(value).map_err(|error| {
            StoreError::Sqlite(rusqlite::Error::ToSqlConversionFailure(error.into()))
        })?;
        self.write(|db| {
            db.prepare_cached("INSERT OR REPLACE INTO kept (what, value) VALUES (?, ?)")?
                .execute(params![what.as_str(), text])?;
            Ok(())
        })
    }
}
