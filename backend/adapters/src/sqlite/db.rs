//! The database handle.
//!
//! Writes go through one thread. It takes whatever is waiting, runs each job in
//! a savepoint of one transaction, commits once (one fsync for all,
//! `synchronous=FULL`), and only then answers. So a job that fails changes
//! nothing, and a job that was answered is durable.
//!
//! The file is this account's alone, and so are `-wal` and `-shm`: SQLite gives
//! them the mode of the file.

use super::{migrate, sealed};
use crate::private;
use crate::seal::{KeyFile, SealError, StoreKeys};
use gateline_core::shared::StoreError;
use gateline_core::shared::trace::Place;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

const MOST_JOBS_PER_COMMIT: usize = 512;
const READERS: usize = 4;
/// Pages that the writer keeps in memory, in KiB: rows of random keys touch pages
/// all over the file.
const WRITER_CACHE_KIB: i64 = 16 << 10;
/// Pages of the log before they go into the database: each time costs two fsyncs.
const PAGES_TO_CHECKPOINT: i64 = 8_000;

/// A failed job: what the domain must know, or what SQLite said.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Known to the domain.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// From SQLite.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// A stored document that cannot be read or written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A sealed seed that cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Store(error) => error,
            DbError::Sql(error) => Self::Failed(error.to_string()),
            DbError::Json(error) => Self::Failed(error.to_string()),
            DbError::Seal(error) => Self::Failed(error.to_string()),
        }
    }
}

/// What the writer runs: does its work in a savepoint.
type Job = Box<dyn FnOnce(&Connection) -> Ran + Send>;
/// Answers the caller once the whole transaction is durable, or is not.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

struct Ran {
    reply: Reply,
    /// The savepoint was released or undone; otherwise nobody knows what the
    /// transaction holds.
    closed: rusqlite::Result<()>,
}

/// The database. Clones share it; the last one waits for the writer's thread.
#[derive(Clone)]
pub struct Db {
    // The reading connections close first: only the writer may tidy up the file.
    readers: Arc<Readers>,
    writer: Arc<Writer>,
    /// A commit failed, and none is known to have succeeded since.
    failing: Arc<AtomicBool>,
    seals: Arc<StoreKeys>,
    pub(super) outbox_filled: Arc<Notify>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    places: tokio::sync::Semaphore,
}

impl Db {
    /// Opens or creates the file and brings its tables up to date. The keys that
    /// seal it are in the file `store-key` beside it.
    ///
    /// # Errors
    /// As [`Db::open_with`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, &KeyFile::at(path.with_file_name("store-key")))
    }

    /// The same with the keys in a file elsewhere.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, is damaged, or is of a newer
    /// version; when it is sealed, and not with these keys.
    pub fn open_with(path: &Path, keys: &KeyFile) -> Result<Self, StoreError> {
        keep_private(path).map_err(|error| StoreError::Failed(error.to_string()))?;
        let mut connection = connect(path, OpenFlags::default()).map_err(DbError::from)?;
        check_sound(&connection)?;
        migrate::run(&mut connection)?;
        let seals = Arc::new(sealed::unlock(&mut connection, keys)?);
        let outbox_filled = Arc::new(Notify::new());
        let failing = Arc::new(AtomicBool::new(false));
        let telling = (Arc::clone(&outbox_filled), Arc::clone(&failing));
        let writer = Arc::new(Writer::start(connection, telling)?);
        let readers = Arc::new(Readers {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            places: tokio::sync::Semaphore::new(READERS),
        });
        Ok(Self {
            writer,
            readers,
            failing,
            seals,
            outbox_filled,
        })
    }

    /// The keys that seal this store.
    pub(super) fn seals(&self) -> Arc<StoreKeys> {
        Arc::clone(&self.seals)
    }

    /// Runs `job` in a savepoint of the next commit. When this returns `Ok`, the
    /// change is durable; when it returns an error, nothing of it happened.
    ///
    /// # Errors
    /// What the job returned, or that the commit failed.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let place = Place::here();
        let job: Job = Box::new(move |connection| {
            let job = |connection: &Connection| place.run(|| job(connection));
            let (result, closed) = in_savepoint(connection, job);
            let reply: Reply = Box::new(move |committed| {
                // Its own failure says more than that of the commit.
                let result = result.map_err(StoreError::from);
                let result = result.and_then(|value| committed.map(|()| value));
                drop(answer.send(result)); // the caller may have given up
            });
            Ran { reply, closed }
        });
        self.writer.send(job)?;
        answered.await.map_err(|_| given_up())?
    }

    /// Can the store be written and read? After a commit that failed, by writing a
    /// number that nobody reads; otherwise without changing anything.
    ///
    /// # Errors
    /// What is in the way.
    pub async fn check(&self) -> Result<(), StoreError> {
        let probe = self.failing.load(Ordering::Relaxed);
        self.write(move |connection| {
            if probe {
                let sql = "PRAGMA user_version";
                let last: i64 = connection.query_row(sql, [], |row| row.get(0))?;
                connection.pragma_update(None, "user_version", 1 - last.clamp(0, 1))?;
            }
            Ok(())
        })
        .await?;
        if probe {
            self.failing.store(false, Ordering::Relaxed);
        }
        let sql = "SELECT count(*) FROM schema_versions";
        self.read(|connection| Ok(connection.query_row(sql, [], |_| Ok(()))?))
            .await
    }

    /// Runs `job` on a reading connection: it sees everything that was answered
    /// before.
    ///
    /// # Errors
    /// What the job returned.
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let readers = Arc::clone(&self.readers);
        let _place = self
            .readers
            .places
            .acquire()
            .await
            .map_err(|e| failed(&e))?;
        tokio::task::spawn_blocking(move || {
            let connection = readers.take()?;
            let result = job(&connection);
            readers.give_back(connection);
            result
        })
        .await
        .map_err(|error| failed(&error))?
        .map_err(StoreError::from)
    }
}

/// The thread that writes.
struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    fn start(
        mut connection: Connection,
        telling: (Arc<Notify>, Arc<AtomicBool>),
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("gateline-sqlite-writer".into())
            .spawn(move || write_loop(&mut connection, &queue, &telling.0, &telling.1))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or_else(given_up)?;
        jobs.send(job).map_err(|_| given_up())
    }
}

impl Drop for Writer {
    /// The last commit is done and the file closed before the program ends.
    fn drop(&mut self) {
        self.jobs.take();
        // A job that held the last handle cannot wait for its own thread.
        let own = thread::current().id();
        let other = self.thread.take().filter(|it| it.thread().id() != own);
        if other.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer of the database panicked");
        }
    }
}

fn given_up() -> StoreError {
    StoreError::Failed("the writer gave the change up".into())
}

impl Readers {
    fn take(&self) -> Result<Connection, DbError> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        match idle {
            Some(connection) => Ok(connection),
            None => Ok(connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?),
        }
    }

    fn give_back(&self, connection: Connection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(connection);
        }
    }
}

/// Makes the file before SQLite would, and takes what is there from others.
fn keep_private(path: &Path) -> std::io::Result<()> {
    private::make(path)?;
    for beside in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        private::tighten(Path::new(&name));
    }
    Ok(())
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "wal_autocheckpoint", PAGES_TO_CHECKPOINT)?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        // What is taken out of a row is overwritten in its page.
        connection.pragma_update(None, "secure_delete", "FAST")?;
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Refuses a file whose structure is damaged before anything is read of it or
/// written to it. Other bytes inside of a value are not found by this.
pub(super) fn check_sound(connection: &Connection) -> Result<(), StoreError> {
    let sql = "PRAGMA quick_check(1)";
    let found = connection.query_row(sql, [], |row| row.get::<_, String>(0));
    let words = match found {
        Ok(words) if words == "ok" => return Ok(()),
        Ok(words) => words,
        Err(error) => error.to_string(),
    };
    Err(StoreError::Failed(format!(
        "the file is damaged ({words}): put the last backup in its place (`gateline restore`), which \
         keeps this one aside, and start again"
    )))
}

/// Runs `job` in a savepoint and closes it. A job that panics has failed, no
/// more: others wait for this thread.
fn in_savepoint<T>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> Result<T, DbError>,
) -> (Result<T, DbError>, rusqlite::Result<()>) {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(drop);
    if let Err(error) = run("SAVEPOINT job") {
        return (Err(error.into()), Ok(()));
    }
    let result = catch_unwind(AssertUnwindSafe(|| job(connection)));
    let panicked = |_| Err(StoreError::Failed("a write job panicked".into()).into());
    let result = result.unwrap_or_else(panicked);
    if connection.is_autocommit() {
        // A full disk or an I/O error ended the transaction, and the savepoint
        // with it: what the job says is the reason, not the missing savepoint.
        return (result, Ok(()));
    }
    let undone = match result {
        Ok(_) => Ok(()),
        Err(_) => run("ROLLBACK TO job"),
    };
    let closed = undone.and_then(|()| run("RELEASE job"));
    (result, closed)
}

fn write_loop(
    connection: &mut Connection,
    queue: &mpsc::Receiver<Job>,
    outbox_filled: &Notify,
    failing: &AtomicBool,
) {
    while let Ok(first) = queue.recv() {
        let more = queue.try_iter().take(MOST_JOBS_PER_COMMIT - 1);
        let jobs: Vec<Job> = std::iter::once(first).chain(more).collect();
        let mut replies = Vec::with_capacity(jobs.len());
        let committed = run_group(connection, jobs, &mut replies).map_err(|error| {
            failing.store(true, Ordering::Relaxed);
            tracing::error!(%error, "a commit failed; nothing of it was stored");
            StoreError::Failed(error.to_string())
        });
        for reply in replies {
            reply(committed.clone());
        }
        outbox_filled.notify_one();
    }
}

/// Runs `jobs` in one transaction. On an error nothing is stored; jobs that were
/// not run are dropped, which tells their callers.
fn run_group(
    connection: &mut Connection,
    jobs: Vec<Job>,
    replies: &mut Vec<Reply>,
) -> rusqlite::Result<()> {
    let behavior = TransactionBehavior::Immediate;
    let transaction = Transaction::new_unchecked(connection, behavior)?;
    for job in jobs {
        let ran = job(&transaction);
        replies.push(ran.reply);
        ran.closed?;
        // A full disk or an I/O error may have ended the transaction under us;
        // what followed would be stored piece by piece.
        if transaction.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT),
                Some("the transaction was ended by SQLite".to_owned()),
            ));
        }
    }
    transaction.commit()
}
