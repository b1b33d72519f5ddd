//! The two ways of reading: inside of a transaction, or what a majority holds.
//! Anything else a failover could take back, and a version or a position that was
//! read would be given again to something else.

use super::db::{MongoDb, Tx};
use super::error::MongoError;
use mongodb::bson::Document;
use mongodb::options::FindOptions;

/// Of a collection.
pub(super) trait Read {
    /// One document.
    async fn one(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError>;

    /// All of a filter.
    async fn all(
        &mut self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, MongoError>;
}

impl Read for Tx {
    async fn one(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError> {
        self.find_one(collection, filter).await
    }

    async fn all(
        &mut self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, MongoError> {
        self.find(collection, filter, options).await
    }
}

/// What a majority holds, as of now.
pub(super) struct Held<'a>(pub(super) &'a MongoDb);

impl Read for Held<'_> {
    async fn one(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError> {
        self.0.find_one(collection, filter).await
    }

    async fn all(
        &mut self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, MongoError> {
        self.0.find(collection, filter, options).await
    }
}
