//! What check-in reads, and the values in it.

pub(super) use crate::mongo::read::{Held, Read};

use crate::mongo::error::MongoError;
use mongodb::bson::{Bson, Document, deserialize_from_bson};
use mongodb::options::FindOptions;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) fn sorted(by: Document) -> FindOptions {
    FindOptions::builder()
        .sort(by)
        .batch_size(super::OF_ONE_ANSWER)
        .build()
}

pub(super) fn some(by: Document, limit: u32) -> FindOptions {
    let mut options = sorted(by);
    options.limit = Some(i64::from(limit));
    options
}

/// A state as text.
pub(super) fn text<T: Serialize>(value: &T) -> Result<Bson, MongoError> {
    Ok(Bson::String(serde_json::to_string(value)?))
}

/// The same, of what may be missing.
pub(super) fn text_of<T: Serialize>(value: Option<&T>) -> Result<Bson, MongoError> {
    value.map_or(Ok(Bson::Null), text)
}

/// The state in a field.
pub(super) fn said<T: DeserializeOwned>(document: &Document, name: &str) -> Result<T, MongoError> {
    optional(document, name)?.ok_or_else(|| missing(name))
}

/// The same, of what may be missing.
pub(super) fn optional<T: DeserializeOwned>(
    document: &Document,
    name: &str,
) -> Result<Option<T>, MongoError> {
    match document.get(name) {
        Some(Bson::String(text)) => Ok(Some(serde_json::from_str(text)?)),
        _ => Ok(None),
    }
}

/// A number, or nothing.
pub(super) fn maybe<T: TryFrom<i64>>(
    document: &Document,
    name: &str,
) -> Result<Option<T>, MongoError> {
    let number = match document.get(name) {
        Some(Bson::Int64(number)) => *number,
        Some(Bson::Int32(number)) => i64::from(*number),
        _ => return Ok(None),
    };
    let number = T::try_from(number).map_err(|_| missing(name))?;
    Ok(Some(number))
}

/// A number.
pub(super) fn number<T: TryFrom<i64>>(document: &Document, name: &str) -> Result<T, MongoError> {
    maybe(document, name)?.ok_or_else(|| missing(name))
}

/// Bytes of one length.
pub(super) fn array<const N: usize>(
    document: &Document,
    name: &str,
) -> Result<[u8; N], MongoError> {
    let found = binary(document, name)?;
    <[u8; N]>::try_from(found).map_err(|_| missing(name))
}

/// Bytes.
pub(super) fn binary<'a>(document: &'a Document, name: &str) -> Result<&'a [u8], MongoError> {
    match document.get(name) {
        Some(Bson::Binary(binary)) => Ok(&binary.bytes),
        _ => Err(missing(name)),
    }
}

/// A plain value.
pub(super) fn plain<T: DeserializeOwned>(document: &Document, name: &str) -> Result<T, MongoError> {
    let value = document.get(name).cloned().unwrap_or(Bson::Null);
    Ok(deserialize_from_bson(value)?)
}

fn missing(name: &str) -> MongoError {
    MongoError::Document(format!("there is no good {name}"))
}
