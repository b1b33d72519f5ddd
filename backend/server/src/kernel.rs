//! What goes with the state of a service: the outbox of its events, the answers
//! that it keeps, and the leases of its jobs. Services that share a database share
//! these.

use futures::future::BoxFuture;
use gateline_core::shared::lease::Repeatable;
use gateline_core::shared::{Answers, Leases, Outbox, Retention, StoreError};
use std::sync::Arc;

/// Can the database be written to?
pub type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

/// The kernel's ports over one database.
#[derive(Clone)]
pub struct Kernel {
    /// The database, for logs and metrics; unique in a process.
    pub database: &'static str,
    /// Answers kept for idempotency keys.
    pub answers: Arc<dyn Answers>,
    /// Events on their way.
    pub outbox: Arc<dyn Outbox>,
    /// Forgets what is old.
    pub retention: Arc<dyn Retention>,
    /// Which instance does a job; `None` where there is only one.
    pub leases: Option<Arc<dyn Leases>>,
    /// Brings what is there into a newer form while the service runs; `None` where that
    /// is done when the store is opened.
    pub migrations: Option<Repeatable>,
    /// Asked by the readiness probe.
    pub check: Check,
}

/// Each of these once.
pub(crate) fn distinct(kernels: impl IntoIterator<Item = Kernel>) -> Vec<Kernel> {
    let mut found: Vec<Kernel> = Vec::new();
    for kernel in kernels {
        if found.iter().all(|known| known.database != kernel.database) {
            found.push(kernel);
        }
    }
    found
}
