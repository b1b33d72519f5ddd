//! Several changes of one event in one transaction: each is decided by what those
//! before it have left, and stands or falls alone.

use super::sight::{Known, Sight};
use crate::mongo::commit;
use crate::mongo::db::MongoDb;
use crate::mongo::error::MongoError;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::orders::{Order, OrderError, Wish};
use gateline_core::shared::StoreError;
use gateline_core::shared::trace::Place;

/// A change that is wanted.
pub(super) struct Job {
    /// Of this order; `None` places a new one.
    pub(super) order: Option<OrderId>,
    pub(super) wish: Wish,
    /// Where in a trace it is wanted: another's task may store it.
    pub(super) place: Place,
}

impl Job {
    /// A change that is wanted here.
    pub(super) fn wanted(order: Option<OrderId>, wish: Wish) -> Self {
        let place = Place::here();
        Self { order, wish, place }
    }
}

/// What became of it.
pub(super) type Answer = Result<Order, OrderError>;

/// Decides and stores `jobs`; their answers, in their order.
///
/// # Errors
/// When nothing of all could be stored.
pub(super) async fn store(
    db: &MongoDb,
    event: EventId,
    jobs: &[Job],
) -> Result<Vec<Answer>, StoreError> {
    let mut known = Known::default();
    transact!(db, |tx| {
        let mut sight = Sight::of(&mut tx, event, jobs).await?;
        sight.look_for(&mut tx, &known).await?;
        let answers = jobs.iter().map(|job| {
            let decide = || sight.decide(job.order, &job.wish);
            job.place.run(decide)
        });
        let answers: Vec<Answer> = answers.collect();
        match sight.write(&mut tx).await {
            // A duplicate ends the transaction. The next one first looks for
            // what may be there already, and refuses whose it is.
            Err(error) if error.is_duplicate() => {
                sight.add_to(&mut known);
                Err(MongoError::Again)
            }
            written => written.map(|()| answers),
        }
    })
}

/// What a change of an order that there is not is told.
///
/// # Errors
/// `AlreadyAnswered`, as of any other order.
pub(super) async fn refuse_unknown(db: &MongoDb, wish: &Wish) -> Result<OrderError, StoreError> {
    transact!(db, |tx| {
        commit::refuse_answered(&mut tx, wish.key.as_ref()).await?;
        Ok(OrderError::NotFound)
    })
}
