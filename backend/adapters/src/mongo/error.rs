//! Why a transaction was given up.

use gateline_core::shared::StoreError;
use mongodb::error::{
    Error, ErrorKind, RETRYABLE_ERROR, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR,
    UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure,
};

/// MongoDB's code of a key that is there already.
const DUPLICATE_KEY: i32 = 11000;
/// Its codes of a member that is away, starts, stops or is no primary, and of what was
/// not done in time.
const AWAY: &[i32] = &[
    6, 7, 50, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
];

/// A failed job: what the domain must know, or what MongoDB said.
#[derive(Debug, thiserror::Error)]
pub enum MongoError {
    /// Known to the domain.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// From the driver or the server.
    #[error(transparent)]
    Driver(#[from] Error),
    /// Somebody else was faster: what was read is to be read again, and decided
    /// anew, as long as there is time.
    #[error("many changed the same at once")]
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
            MongoError::Driver(error) if is_away(&error) => Self::Away(told(&error)),
            MongoError::Driver(error) => Self::Failed(told(&error)),
            again @ MongoError::Again => Self::Away(again.to_string()),
            other @ MongoError::Document(_) => Self::Failed(other.to_string()),
        }
    }
}

/// May it be different later?
fn is_away(error: &Error) -> bool {
    let labels = [
        TRANSIENT_TRANSACTION_ERROR,
        RETRYABLE_WRITE_ERROR,
        RETRYABLE_ERROR,
        UNKNOWN_TRANSACTION_COMMIT_RESULT,
    ];
    let is_labelled = labels.iter().any(|label| error.contains_label(label));
    is_labelled
        || match &*error.kind {
            ErrorKind::ServerSelection { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. }
            | ErrorKind::Io(_) => true,
            ErrorKind::Command(said) => AWAY.contains(&said.code),
            ErrorKind::Write(WriteFailure::WriteConcernError(said)) => AWAY.contains(&said.code),
            _ => false,
        }
}

/// An error for the log. What the server says of it may hold values of documents, names
/// and addresses of people, so of that only its code is told.
fn told(error: &Error) -> String {
    let coded = |code: i32, name: &str| format!("MongoDB answered {code} {name}");
    match &*error.kind {
        ErrorKind::Command(said) => coded(said.code, &said.code_name),
        ErrorKind::Write(WriteFailure::WriteError(said)) => {
            coded(said.code, said.code_name.as_deref().unwrap_or_default())
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(said)) => {
            coded(said.code, &said.code_name)
        }
        ErrorKind::InsertMany(said) => {
            let first = said.write_errors.iter().flatten().next();
            let late = said.write_concern_error.as_ref();
            let first =
                first.map(|said| coded(said.code, said.code_name.as_deref().unwrap_or_default()));
            let late = late.map(|said| coded(said.code, &said.code_name));
            first.or(late).unwrap_or_default()
        }
        ErrorKind::Bson(_) | ErrorKind::InvalidResponse { .. } => {
            "MongoDB's answer cannot be read".to_owned()
        }
        kind => kind.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{Document, deserialize_from_document, doc};

    fn said(code: i32, name: &str) -> Document {
        doc! {
            "code": code,
            "codeName": name,
            "index": 0,
            "errmsg": "dup key: { email: \"ada@example.org\" }",
        }
    }

    fn stored(kind: ErrorKind) -> StoreError {
        MongoError::from(Error::from(kind)).into()
    }

    #[test]
    fn an_error_tells_the_servers_code_and_nothing_of_documents() {
        let known = said(DUPLICATE_KEY, "DuplicateKey");
        let command = deserialize_from_document(known.clone()).unwrap();
        let write = deserialize_from_document(known.clone()).unwrap();
        for kind in [
            ErrorKind::Command(command),
            ErrorKind::Write(WriteFailure::WriteError(write)),
        ] {
            let StoreError::Failed(told) = stored(kind) else {
                panic!("a duplicate is not to be tried again");
            };
            assert_eq!(told, "MongoDB answered 11000 DuplicateKey");
        }
    }

    #[test]
    fn what_may_be_different_later_is_told_apart_from_what_failed() {
        let not_primary = deserialize_from_document(said(10107, "NotWritablePrimary")).unwrap();
        let cut_off = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for kind in [
            ErrorKind::Command(not_primary),
            ErrorKind::Io(std::sync::Arc::new(cut_off)),
        ] {
            assert!(matches!(stored(kind), StoreError::Away(_)));
        }
        assert!(matches!(
            StoreError::from(MongoError::Again),
            StoreError::Away(_)
        ));
        let unreadable = MongoError::Document("there is no doc".to_owned());
        assert!(matches!(
            StoreError::from(unreadable),
            StoreError::Failed(_)
        ));
    }
}
