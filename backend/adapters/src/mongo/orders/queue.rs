//! Who waits for an event's turn in this process.
//!
//! Everybody who wants an event's stock writes the same few documents, and of
//! transactions that meet there only one survives. So the changes of one event
//! wait for each other here, and those that have gathered are stored together.
//! Other processes may still be met: that is for `transact!`.

use super::batch::{self, Answer, Job};
use crate::mongo::db::MongoDb;
use gateline_common::ids::EventId;
use gateline_core::shared::StoreError;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{MutexGuard, oneshot};

/// How many are stored in one transaction.
const MOST: usize = 64;

/// The queues of all events that somebody waits for.
#[derive(Default)]
pub(super) struct Queues(Mutex<HashMap<EventId, Weak<Queue>>>);

impl Queues {
    pub(super) fn of(&self, event: EventId) -> Arc<Queue> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&event).and_then(Weak::upgrade) {
            return queue;
        }
        queues.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::new(Queue::default());
        queues.insert(event, Arc::downgrade(&queue));
        queue
    }
}

/// The queue of one event.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

struct Waiting {
    job: Job,
    answer: oneshot::Sender<Answer>,
}

impl Queue {
    /// Waits until nobody else of this process writes to the event.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Has `job` done, also when the caller does not wait for it.
    pub(super) async fn submit(self: Arc<Self>, db: &MongoDb, event: EventId, job: Job) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(Waiting { job, answer });
        // Each that waits brings a task that serves the first ones; so whatever
        // becomes of a task, none is left waiting for ever.
        tokio::spawn(serve(self, db.clone(), event));
        match answered.await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Failed("the transaction was given up".to_owned()).into()),
        }
    }
}

async fn serve(queue: Arc<Queue>, db: MongoDb, event: EventId) {
    let _turn = queue.turn().await;
    let first: Vec<Waiting> = {
        let mut waiting = queue.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(MOST);
        waiting.drain(..count).collect()
    };
    if first.is_empty() {
        return;
    }
    let (jobs, callers): (Vec<_>, Vec<_>) = first
        .into_iter()
        .map(|waiting| (waiting.job, waiting.answer))
        .unzip();
    let answers = answers(&db, event, &jobs).await;
    for (caller, answer) in callers.into_iter().zip(answers) {
        // A caller that no longer waits has its order nevertheless.
        drop(caller.send(answer));
    }
}

/// What becomes of each: none falls with another.
async fn answers(db: &MongoDb, event: EventId, jobs: &[Job]) -> Vec<Answer> {
    let together = match batch::store(db, event, jobs).await {
        Ok(answers) => return answers,
        Err(error) => error,
    };
    let is_away = matches!(together, StoreError::Away(_));
    if jobs.len() == 1 || is_away || db.check().await.is_err() {
        let failed = jobs.iter().map(|_| Err(together.clone().into()));
        return failed.collect();
    }
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let alone = batch::store(db, event, std::slice::from_ref(job)).await;
        answers.push(match alone {
            Ok(answer) => answer
                .into_iter()
                .next()
                .unwrap_or(Err(together.clone().into())),
            Err(error) => Err(error.into()),
        });
    }
    answers
}
