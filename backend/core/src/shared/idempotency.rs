//! `Idempotency-Key`: a repeated request gets the first one's answer.

use crate::shared::StoreError;
use async_trait::async_trait;
use gateline_common::{Hash, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

/// The key of one request, with what it must be equal to when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key it is: a user, or the address of an anonymous endpoint.
    pub scope: String,
    /// The header's value.
    pub key: String,
    /// Hash of method, path and body.
    pub fingerprint: Hash,
}

/// The answer to a request, kept in the transaction of its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The request's key.
    pub key: IdempotencyKey,
    /// The created aggregate, as it was, in JSON.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// Kept answers.
#[async_trait]
pub trait Answers: Send + Sync {
    /// The answer kept under (scope, key), if there is one.
    async fn find(&self, scope: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError>;
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyError {
    /// The key came before with another request.
    #[error("this Idempotency-Key was used with another request")]
    Reused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IdempotencyKey {
    /// The answer to keep for this key.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when `result` has no JSON form.
    pub fn answer<T: Serialize>(
        &self,
        result: &T,
        at: Timestamp,
    ) -> Result<StoredAnswer, StoreError> {
        let body = serde_json::to_string(result).map_err(|e| StoreError::Failed(e.to_string()))?;
        Ok(StoredAnswer {
            key: self.clone(),
            body,
            at,
        })
    }
}

/// The result that was kept for `key`, if the request came before.
///
/// # Errors
/// [`IdempotencyError::Reused`] when it was another request; store failures.
pub async fn replay<T: DeserializeOwned>(
    answers: &dyn Answers,
    key: Option<&IdempotencyKey>,
) -> Result<Option<T>, IdempotencyError> {
    let Some(key) = key else { return Ok(None) };
    let Some(answer) = answers.find(&key.scope, &key.key).await? else {
        return Ok(None);
    };
    if answer.key.fingerprint != key.fingerprint {
        return Err(IdempotencyError::Reused);
    }
    let result = serde_json::from_str(&answer.body)
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(Some(result))
}
