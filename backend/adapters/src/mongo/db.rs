//! The connection and its transactions.
//!
//! A transaction that meets another one is tried again from its beginning, until
//! it succeeds or its time is over; so a job in `transact!` only reads, decides and
//! writes, and may run more than once.
//!
//! What is read outside of a transaction is held by a majority, so that a failover
//! takes back nothing that somebody was told, or that was done because of it: an event
//! that was published, a payment, a session.

use super::error::MongoError;
use super::schema::{self, Schema};
use super::turns::Turns;
use gateline_core::shared::{StoreError, random};
use mongodb::bson::{Document, doc};
use mongodb::error::{
    Error, RETRYABLE_WRITE_ERROR, Result as DriverResult, TRANSIENT_TRANSACTION_ERROR,
    UNKNOWN_TRANSACTION_COMMIT_RESULT,
};
use mongodb::options::{
    ClientOptions, FindOptions, ReadConcern, SessionOptions, TransactionOptions,
    UpdateModifications, WriteConcern,
};
use mongodb::{Client, ClientSession, Collection, Database};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use uuid::Uuid;

/// How long a transaction is tried.
const LONGEST: Duration = Duration::from_secs(10);
const FIRST_DELAY_MS: u64 = 2;
const LONGEST_DELAY_MS: u64 = 100;
/// About how long a commit takes until it is read outside of transactions.
const TO_BE_READ: Duration = Duration::from_millis(5);
/// How long a request waits for a server that can be written to.
const TO_FIND_A_SERVER: Duration = Duration::from_secs(5);

/// A server, or the replica set that it belongs to.
#[derive(Clone)]
pub struct MongoServer {
    client: Client,
    prefix: String,
}

impl MongoServer {
    /// Reads the address; connections are made when they are needed. The databases
    /// of the services are named `prefix` and the service.
    ///
    /// # Errors
    /// When the address is none.
    pub async fn at(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let failed = |error: Error| StoreError::Failed(error.to_string());
        let mut options = ClientOptions::parse(url).await.map_err(failed)?;
        options
            .app_name
            .get_or_insert_with(|| "gateline".to_owned());
        options
            .server_selection_timeout
            .get_or_insert(TO_FIND_A_SERVER);
        options.write_concern = Some(durable());
        options.read_concern = Some(ReadConcern::majority());
        let client = Client::with_options(options).map_err(failed)?;
        Ok(Self {
            client,
            prefix: prefix.to_owned(),
        })
    }

    /// The database of a service, with its collections and indexes.
    pub(super) async fn open(&self, schema: &'static Schema) -> Result<MongoDb, StoreError> {
        let name = format!("{}_{}", self.prefix, schema.service);
        let db = MongoDb {
            database: self.client.database(&name),
            instance: Uuid::from_bytes(random::bytes()),
            outbox_filled: Arc::new(Notify::new()),
            turns: Arc::default(),
            schema,
        };
        schema::bring_up_to_date(&db, schema).await?;
        Ok(db)
    }
}

fn durable() -> WriteConcern {
    let mut concern = WriteConcern::majority();
    concern.journal = Some(true);
    concern
}

/// The database of one service. Clones share it.
#[derive(Clone)]
pub struct MongoDb {
    pub(super) database: Database,
    /// This process among those that share the database.
    pub(super) instance: Uuid,
    pub(super) outbox_filled: Arc<Notify>,
    pub(super) turns: Arc<Turns>,
    pub(super) schema: &'static Schema,
}

impl MongoDb {
    /// Can it be written to?
    ///
    /// # Errors
    /// What is in the way.
    pub async fn check(&self) -> Result<(), StoreError> {
        let said = self.database.run_command(doc! {"hello": 1}).await;
        let said = said.map_err(MongoError::from)?;
        match said.get_bool("isWritablePrimary") {
            Ok(true) => Ok(()),
            _ => Err(StoreError::Away("there is no primary".to_owned())),
        }
    }

    pub(super) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    /// One document, as of now.
    pub(super) async fn find_one(
        &self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError> {
        Ok(self.collection(collection).find_one(filter).await?)
    }

    /// Documents, as of now.
    pub(super) async fn find(
        &self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, MongoError> {
        let collection = self.collection(collection);
        let mut cursor = collection.find(filter).with_options(options).await?;
        let mut documents = Vec::new();
        while cursor.advance().await? {
            documents.push(cursor.deserialize_current()?);
        }
        Ok(documents)
    }

    pub(super) fn tries(&self) -> Tries<'_> {
        Tries {
            db: self,
            begun: Instant::now(),
            failed: 0,
        }
    }
}

/// Runs a block in one transaction: `transact!(db, |tx| { … })`. The block is an
/// async one that returns `Result<T, MongoError>`; it may run again.
macro_rules! transact {
    ($db:expr, |$tx:ident| $job:block) => {{
        let mut tries = $db.tries();
        loop {
            let mut $tx = tries.begin().await?;
            let done: Result<_, $crate::mongo::error::MongoError> = async { $job }.await;
            if let Some(result) = tries.settle($tx, done).await {
                break result;
            }
        }
    }};
}

/// One transaction under way.
pub(super) struct Tx {
    pub(super) session: ClientSession,
    pub(super) database: Database,
    pub(super) instance: Uuid,
    /// It puts events into the outbox.
    pub(super) publishes: bool,
}

/// How often a job was tried.
pub(super) struct Tries<'a> {
    db: &'a MongoDb,
    begun: Instant,
    failed: u32,
}

impl Tries<'_> {
    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<Tx, MongoError> {
        let client = self.db.database.client();
        let options = SessionOptions::builder().causal_consistency(true).build();
        let mut session = client.start_session().with_options(options).await?;
        let options = TransactionOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .write_concern(durable())
            .build();
        session.start_transaction().with_options(options).await?;
        Ok(Tx {
            session,
            database: self.db.database.clone(),
            instance: self.db.instance,
            publishes: false,
        })
    }

    /// Ends the transaction as the job ended; `None`: it is to be tried again.
    pub(super) async fn settle<T>(
        &mut self,
        mut tx: Tx,
        done: Result<T, MongoError>,
    ) -> Option<Result<T, StoreError>> {
        let error = match done {
            Ok(value) => match self.commit(&mut tx).await {
                Ok(()) => {
                    if tx.publishes {
                        self.db.outbox_filled.notify_one();
                    }
                    let seconds = self.begun.elapsed().as_secs_f64();
                    metrics::histogram!("gateline_mongodb_seconds", "operation" => "transaction")
                        .record(seconds);
                    return Some(Ok(value));
                }
                Err(error) => MongoError::Driver(error),
            },
            Err(error) => {
                // One that is not ended here ends with its time.
                drop(tx.session.abort_transaction().await);
                error
            }
        };
        if is_passing(&error) && self.begun.elapsed() < LONGEST {
            let reason = match error {
                MongoError::Again => "decided anew",
                _ => "met another",
            };
            metrics::counter!("gateline_mongodb_retries_total", "reason" => reason).increment(1);
            self.wait().await;
            return None;
        }
        let error = StoreError::from(error);
        if error == StoreError::Conflict {
            // Who reads again is to see what it met.
            tokio::time::sleep(TO_BE_READ).await;
        }
        Some(Err(error))
    }

    /// Whether a commit whose answer was lost took place, only another commit of the
    /// same transaction says.
    async fn commit(&self, tx: &mut Tx) -> DriverResult<()> {
        loop {
            match tx.session.commit_transaction().await {
                Err(error)
                    if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
                        && self.begun.elapsed() < LONGEST =>
                {
                    tokio::time::sleep(Duration::from_millis(LONGEST_DELAY_MS)).await;
                }
                other => return other,
            }
        }
    }

    /// Waits longer each time, and never as long as those who met it.
    async fn wait(&mut self) {
        let most = (FIRST_DELAY_MS << self.failed.min(6)).min(LONGEST_DELAY_MS);
        self.failed += 1;
        let mut drawn = [0; 8];
        let share = match getrandom::fill(&mut drawn) {
            Ok(()) => u64::from_le_bytes(drawn) % (most + 1),
            Err(_) => most,
        };
        tokio::time::sleep(Duration::from_millis(share)).await;
    }
}

/// Will it be different the next time?
fn is_passing(error: &MongoError) -> bool {
    match error {
        MongoError::Again => true,
        MongoError::Driver(error) => {
            error.contains_label(TRANSIENT_TRANSACTION_ERROR)
                || error.contains_label(RETRYABLE_WRITE_ERROR)
        }
        MongoError::Store(_) | MongoError::Document(_) => false,
    }
}

impl Tx {
    pub(super) async fn find_one(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let found = collection.find_one(filter).session(&mut self.session);
        Ok(found.await?)
    }

    pub(super) async fn find(
        &mut self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let found = collection.find(filter).with_options(options);
        let mut cursor = found.session(&mut self.session).await?;
        let mut documents = Vec::new();
        while cursor.advance(&mut self.session).await? {
            documents.push(cursor.deserialize_current()?);
        }
        Ok(documents)
    }

    /// A unique index that refuses it is an error that `is_duplicate`; the
    /// transaction is over then.
    pub(super) async fn insert(
        &mut self,
        collection: &str,
        document: Document,
    ) -> Result<(), MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let inserted = collection.insert_one(document).session(&mut self.session);
        inserted.await?;
        Ok(())
    }

    pub(super) async fn insert_many(
        &mut self,
        collection: &str,
        documents: Vec<Document>,
    ) -> Result<(), MongoError> {
        if documents.is_empty() {
            return Ok(());
        }
        let collection = self.database.collection::<Document>(collection);
        let inserted = collection.insert_many(documents).session(&mut self.session);
        inserted.await?;
        Ok(())
    }

    /// Changes one document; says how many matched.
    pub(super) async fn update(
        &mut self,
        collection: &str,
        filter: Document,
        update: impl Into<UpdateModifications>,
    ) -> Result<u64, MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let updated = collection.update_one(filter, update);
        Ok(updated.session(&mut self.session).await?.matched_count)
    }

    /// Changes all documents that match.
    pub(super) async fn update_all(
        &mut self,
        collection: &str,
        filter: Document,
        update: impl Into<UpdateModifications>,
    ) -> Result<(), MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let updated = collection.update_many(filter, update);
        updated.session(&mut self.session).await?;
        Ok(())
    }

    /// Changes one document, or makes it.
    pub(super) async fn upsert(
        &mut self,
        collection: &str,
        filter: Document,
        update: impl Into<UpdateModifications>,
    ) -> Result<(), MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let updated = collection.update_one(filter, update).upsert(true);
        updated.session(&mut self.session).await?;
        Ok(())
    }

    /// Deletes all that match; says how many.
    pub(super) async fn delete(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<u64, MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let deleted = collection.delete_many(filter).session(&mut self.session);
        Ok(deleted.await?.deleted_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_majority_holds_what_is_read_and_written_whatever_the_address_says() {
        let url = "mongodb://127.0.0.1:9/?w=1&journal=false&readConcernLevel=local";
        let server = MongoServer::at(url, "test").await.unwrap();
        let database = server.client.database("test_orders");
        assert_eq!(database.read_concern(), Some(&ReadConcern::majority()));
        assert_eq!(database.write_concern(), Some(&durable()));
    }
}
