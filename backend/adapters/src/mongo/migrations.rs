//! Bringing documents that are there already into a newer form, while services run.
//!
//! Always true: a step finds by itself what is of the older form, so it may be begun
//! again at any moment, and done twice. Documents of both forms can be read by this
//! program and by the one before it, beside which it runs for a while, and which goes
//! on writing the older form. So steps are repeated until nothing of that form came
//! for a while; then they are recorded, and never run again.

use super::db::MongoDb;
use super::documents::number_of;
use super::error::MongoError;
use futures::future::BoxFuture;
use gateline_core::shared::StoreError;
use mongodb::bson::doc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Instances of the program before this one are gone after so long.
const AGAIN_AFTER: Duration = Duration::from_secs(600);
/// After a failure.
const AFTER_TROUBLE: Duration = Duration::from_secs(30);

/// One change of form.
pub(super) struct Step {
    /// For the log.
    pub(super) name: &'static str,
    /// Changes what is of the older form; says how many documents that were.
    pub(super) run: fn(MongoDb) -> BoxFuture<'static, Result<u64, MongoError>>,
}

/// The steps of a service's database.
pub struct MongoMigrations(pub MongoDb);

impl MongoMigrations {
    /// Does what is to be done, then waits for `stop`. One instance at a time needs to.
    pub async fn run(self, stop: CancellationToken) {
        let mut again = false;
        loop {
            let pause = match self.pass(again).await {
                Ok(true) => return stop.cancelled().await,
                Ok(false) => {
                    again = true;
                    AGAIN_AFTER
                }
                Err(error) => {
                    tracing::error!(%error, "documents stay in their older form for now");
                    AFTER_TROUBLE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Does all steps that are not recorded. `again`: all that was there had been
    /// changed a while ago; if nothing came since, they are recorded. Says whether all
    /// are.
    ///
    /// # Errors
    /// When the database cannot be read or written; what was changed stays changed.
    pub async fn pass(&self, again: bool) -> Result<bool, StoreError> {
        let recorded = self.recorded().await?;
        let steps = self.0.schema.steps.get(recorded..).unwrap_or_default();
        let mut changed = 0;
        for step in steps {
            let of_step = (step.run)(self.0.clone()).await?;
            if of_step > 0 {
                tracing::info!(step = step.name, documents = of_step, "documents changed");
            }
            changed += of_step;
        }
        if steps.is_empty() {
            return Ok(true);
        }
        if !again || changed > 0 {
            return Ok(false);
        }
        self.record().await?;
        Ok(true)
    }

    async fn recorded(&self) -> Result<usize, MongoError> {
        let of_service = doc! {"_id": self.0.schema.service};
        let found = self.0.find_one("schema_versions", of_service).await?;
        let steps = found.and_then(|found| number_of(&found, "steps").ok());
        let steps = steps.and_then(|steps| usize::try_from(steps).ok());
        Ok(steps.unwrap_or(0))
    }

    async fn record(&self) -> Result<(), MongoError> {
        let steps = i64::try_from(self.0.schema.steps.len()).unwrap_or(i64::MAX);
        let versions = self.0.collection("schema_versions");
        let of_service = doc! {"_id": self.0.schema.service};
        let recorded = versions.update_one(of_service, doc! {"$max": {"steps": steps}});
        recorded.await?;
        Ok(())
    }
}

/// Takes name and address of the buyer out of what is known of orders.
pub(super) async fn nameless_buyers(db: MongoDb) -> Result<u64, MongoError> {
    let named = doc! {"$or": [
        {"doc.buyer.email": {"$gt": ""}},
        {"doc.buyer.name": {"$gt": ""}},
    ]};
    let nameless = doc! {"$set": {"doc.buyer.email": "", "doc.buyer.name": ""}};
    let orders = db.collection("orders");
    Ok(orders.update_many(named, nameless).await?.modified_count)
}
