//! Between the domain's values and documents. The state of an aggregate is the
//! field `doc`; beside it stand the fields that it is found by.

use super::error::MongoError;
use mongodb::bson::{
    Bson, Document, deserialize_from_bson, serialize_to_bson, spec::BinarySubtype,
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// An id as MongoDB keeps one.
pub(super) fn id(id: Uuid) -> Bson {
    Bson::from(mongodb::bson::Uuid::from_bytes(id.into_bytes()))
}

/// Bytes.
pub(super) fn bytes(bytes: &[u8]) -> Bson {
    Bson::Binary(mongodb::bson::Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    })
}

/// A version, a sequence, a position: none comes near the end of the type.
pub(super) fn number(number: u64) -> Bson {
    Bson::Int64(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A value of the domain.
pub(super) fn written<T: Serialize>(value: &T) -> Result<Bson, MongoError> {
    Ok(serialize_to_bson(value)?)
}

/// The state in a document that was found.
pub(super) fn state<T: DeserializeOwned>(document: Document) -> Result<T, MongoError> {
    field(document, "doc")
}

/// Any field.
pub(super) fn field<T: DeserializeOwned>(
    mut document: Document,
    name: &str,
) -> Result<T, MongoError> {
    let value = document
        .remove(name)
        .ok_or_else(|| MongoError::Document(format!("there is no {name}")))?;
    Ok(deserialize_from_bson(value)?)
}

/// The id in a field.
pub(super) fn id_of(document: &Document, name: &str) -> Result<Uuid, MongoError> {
    match document.get(name) {
        Some(Bson::Binary(binary)) => Uuid::from_slice(&binary.bytes)
            .map_err(|error| MongoError::Document(format!("{name}: {error}"))),
        _ => Err(MongoError::Document(format!("there is no {name}"))),
    }
}

/// The number in a field.
pub(super) fn number_of(document: &Document, name: &str) -> Result<i64, MongoError> {
    match document.get(name) {
        Some(Bson::Int64(number)) => Ok(*number),
        Some(Bson::Int32(number)) => Ok(i64::from(*number)),
        _ => Err(MongoError::Document(format!("there is no {name}"))),
    }
}
