//! Why a transaction was given up.

use gateline_core::shared::StoreError;
use mongodb::error::{ErrorKind, WriteFailure};

/// MongoDB's code of a key that is there already.
const DUPLICATE_KEY: i32 = 11000;

/// A failed job: what the domain must know, or what MongoDB said.
#[derive(Debug, thiserror::Error)]
pub enum MongoError {
    /// Known to the domain.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// From the driver or the server.
    #[error(transparent)]
    Driver(#[from] mongodb::error::Error),
    /// Somebody else was faster: what was read is to be read again, and decided
    /// anew. Never reaches a caller.
    #[error("to be decided anew")]
    Again,
    /// A document that cannot be read or written.
    #[error("document: {0}")]
    Document(String),
}

impl From<mongodb::bson::error::Error> for MongoError {
    fn from(error: mongodb::bson::error::Error) -> Self {
        Self::Document(error.to_string())
    }
}

impl From<serde_json::Error> for MongoError {
    fn from(error: serde_json::Error) -> Self {
        Self::Document(error.to_string())
    }
}

impl From<MongoError> for StoreError {
    fn from(error: MongoError) -> Self {
        match error {
            MongoError::Store(error) => error,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl MongoError {
    /// Did a unique index refuse the document?
    pub(super) fn is_duplicate(&self) -> bool {
        let Self::Driver(error) = self else {
            return false;
        };
        match &*error.kind {
            ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
            ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
            ErrorKind::InsertMany(error) => {
                let errors = error.write_errors.iter().flatten();
                errors.into_iter().any(|error| error.code == DUPLICATE_KEY)
            }
            _ => false,
        }
    }
}

/// Gives a document that was refused as a duplicate its meaning.
pub(super) fn on_duplicate<T>(
    result: Result<T, MongoError>,
    meaning: MongoError,
) -> Result<T, MongoError> {
    match result {
        Err(error) if error.is_duplicate() => Err(meaning),
        other => other,
    }
}

/// A conditional update hit its one document, or somebody else was faster.
pub(super) fn hit(documents: u64) -> Result<(), MongoError> {
    if documents == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict.into())
    }
}
