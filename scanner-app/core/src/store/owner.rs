//! The thread that owns the store: jobs run one after another, in the order in
//! which they were asked for, so a scan waits at most for the one bounded piece
//! of sync work before it. Searches have a connection of their own and delay
//! nothing.

use super::{Store, StoreError, StoreKeyPlace, damage};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// What is kept of the store's pages to decide by. Each page that is read anew is
/// decrypted and checked; this much holds a list of 100,000 tickets whole, and
/// most of what a decision needs of one of 1,000,000. Searches have SQLite's
/// default of 2 MiB.
const PAGE_CACHE_KIB: i64 = 96 << 10;

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// A handle to the store's threads. They end with the last handle, which waits
/// for them: a program that ended around an open store would pull the encryption
/// library away from under it.
#[derive(Clone)]
pub struct StoreOwner {
    jobs: Arc<Worker>,
    searches: Arc<Worker>,
    folder: PathBuf,
    key_place: StoreKeyPlace,
}

impl StoreOwner {
    /// Opens the store in `folder` and starts its threads. The key of a new store is
    /// kept in `place`.
    ///
    /// # Errors
    /// The [`StoreError`] of [`Store::open`].
    pub fn open(folder: &Path, place: StoreKeyPlace) -> Result<Self, StoreError> {
        let store = Store::open_with(folder, place)?;
        let key_place = store.key_place();
        store.set_page_cache(PAGE_CACHE_KIB)?;
        let searching = Store::open_with(folder, place)?;
        Ok(Self {
            jobs: Arc::new(Worker::start("gate-store", store, folder)?),
            searches: Arc::new(Worker::start("gate-search", searching, folder)?),
            folder: folder.to_owned(),
            key_place,
        })
    }

    /// Runs `job` on the store's thread.
    ///
    /// # Errors
    /// `Closed` when the thread has ended or the job panicked; else its error.
    pub async fn call<R, E>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        ask(&self.jobs, job).await
    }

    /// Runs `job` beside scans and syncs, for reading.
    ///
    /// # Errors
    /// As [`StoreOwner::call`].
    pub async fn beside<R, E>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        ask(&self.searches, job).await
    }

    /// Ends the threads and waits for them, for programs that end while handles
    /// are still about. Whatever is asked afterwards is answered `Closed`.
    pub fn close(&self) {
        self.jobs.end();
        self.searches.end();
    }

    /// The store's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where its key lives.
    #[must_use]
    pub fn key_place(&self) -> StoreKeyPlace {
        self.key_place
    }
}

/// One thread with a connection of its own.
struct Worker {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Worker {
    fn start(name: &str, mut store: Store, folder: &Path) -> Result<Self, StoreError> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let marked = folder.to_owned();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while let Ok(job) = jobs.recv() {
                    let run = std::panic::AssertUnwindSafe(|| job(&mut store));
                    if std::panic::catch_unwind(run).is_err() {
                        tracing::error!("a store job panicked; its transaction was rolled back");
                    }
                    damage::mark_if_noted(&marked);
                }
            })
            .map_err(|source| StoreError::Io {
                path: folder.to_owned(),
                source,
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().map_err(|_| StoreError::Closed)?;
        let sender = jobs.as_ref().ok_or(StoreError::Closed)?;
        sender.send(job).map_err(|_| StoreError::Closed)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

impl Worker {
    fn end(&self) {
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.take();
        }
        let thread = self.thread.lock().ok().and_then(|mut it| it.take());
        // A job that held the last handle cannot wait for its own thread.
        let own = std::thread::current().id();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != own)
            && thread.join().is_err()
        {
            tracing::error!("a store thread panicked");
        }
    }
}

async fn ask<R, E>(
    worker: &Worker,
    job: impl FnOnce(&mut Store) -> Result<R, E> + Send + 'static,
) -> Result<R, E>
where
    R: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let job: Job = Box::new(move |store| {
        // Nobody waiting any more is no reason not to have done the work.
        let _ = reply.send(job(store));
    });
    worker.send(job)?;
    answer.await.map_err(|_| E::from(StoreError::Closed))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_store_has_no_threads_left_and_says_that_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let owner = StoreOwner::open(folder.path(), StoreKeyPlace::File).unwrap();
        let (other, file) = (owner.clone(), folder.path().join("store.db-wal"));
        owner
            .call(|store| store.write(|_| Ok::<_, StoreError>(())))
            .await
            .unwrap();
        assert!(file.exists());
        owner.close();
        // SQLite removes it when the last connection closes.
        assert!(!file.exists());
        for owner in [owner, other] {
            let asked = owner.call(|store| store.identity()).await;
            assert!(matches!(asked, Err(StoreError::Closed)));
        }
    }
}
