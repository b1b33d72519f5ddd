//! The thread that owns the store: jobs run one after another, in the order in
//! which they were asked for, so a scan waits at most for the one bounded piece
//! of sync work before it. Searches have a connection of their own and delay
//! nothing.

use super::{Store, StoreError, StoreKeyPlace, damage};
use rusqlite::InterruptHandle;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
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
    newest: Arc<Newest>,
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
        let newest = Newest {
            turn: AtomicU64::new(0),
            running: Mutex::new(false),
            interrupt: searching.db().get_interrupt_handle(),
        };
        Ok(Self {
            newest: Arc::new(newest),
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

    /// The same for a search: an older one that waits is not begun any more, one that
    /// runs is interrupted. So searches never pile up behind who types.
    ///
    /// # Errors
    /// `Superseded` when a newer search came; else as [`StoreOwner::call`].
    pub async fn search<R, E>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let turn = self.newest.begin();
        let newest = Arc::clone(&self.newest);
        let run = move |store: &mut Store| {
            if !newest.runs(turn) {
                return Err(StoreError::Superseded.into());
            }
            let result = job(store);
            newest.ended();
            result
        };
        ask(&self.searches, run).await
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

/// Which search is the newest.
struct Newest {
    turn: AtomicU64,
    /// Does a search run, and nothing else that the same connection serves?
    running: Mutex<bool>,
    interrupt: InterruptHandle,
}

impl Newest {
    /// A new search comes; the one that runs is not wanted any more.
    fn begin(&self) -> u64 {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst) + 1;
        if *self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            self.interrupt.interrupt();
        }
        turn
    }

    /// May this search run? Then it does.
    fn runs(&self, turn: u64) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = self.turn.load(Ordering::SeqCst) == turn;
        *running
    }

    fn ended(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = false;
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
    use std::time::Duration;

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

    #[tokio::test]
    async fn of_searches_that_wait_only_the_newest_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let owner = StoreOwner::open(folder.path(), StoreKeyPlace::File).unwrap();
        let (release, held) = mpsc::channel::<()>();
        let first = owner.beside(move |_| {
            held.recv().unwrap();
            Ok::<_, StoreError>(())
        });
        let old = owner.search(|_| Ok::<_, StoreError>("old"));
        let newest = owner.search(|_| Ok::<_, StoreError>("newest"));
        let let_go = async {
            // Polled last: the others have asked by now.
            release.send(()).unwrap();
        };
        let (first, old, newest, ()) = tokio::join!(biased; first, old, newest, let_go);
        assert!(first.is_ok());
        assert!(matches!(old, Err(StoreError::Superseded)));
        assert_eq!(newest.unwrap(), "newest");
    }

    #[tokio::test]
    async fn a_search_that_runs_is_interrupted_by_a_newer_one_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let owner = StoreOwner::open(folder.path(), StoreKeyPlace::File).unwrap();
        let (begun, begins) = oneshot::channel();
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT count(*) FROM n";
        let searching = owner.clone();
        let old = tokio::spawn(async move {
            let job = move |store: &mut Store| {
                begun.send(()).unwrap();
                let found = store
                    .db()
                    .query_row(endless, [], |row| row.get::<_, i64>(0));
                found.map_err(StoreError::from)
            };
            searching.search(job).await
        });
        begins.await.unwrap();
        // The first may come before the statement has begun.
        while !old.is_finished() {
            let newer = owner.search(|_| Ok::<_, StoreError>(()));
            drop(tokio::time::timeout(Duration::from_millis(20), newer).await);
        }
        assert!(matches!(old.await.unwrap(), Err(StoreError::Superseded)));
        let other = owner.beside(|store| {
            let found = store
                .db()
                .query_row("SELECT 1", [], |row| row.get::<_, i64>(0));
            found.map_err(StoreError::from)
        });
        assert_eq!(other.await.unwrap(), 1);
    }
}
