//! Waits until nothing is left to be done: everybody has stopped, the outbox is
//! empty, every order has its end, and all gates have sent everything.

use super::World;
use super::crowd::DEADLINE;
use anyhow::{Result, bail};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

impl World {
    /// Lets everybody finish, and waits for the end of all work. The server must
    /// run.
    ///
    /// # Errors
    /// When something is left over at the deadline, or a client failed.
    pub async fn come_to_rest(&mut self) -> Result<()> {
        self.crowd.pause().await?;
        let data = self.crowd.folders.backend();
        let start = Instant::now();
        loop {
            let left = left_over(&data)?;
            if left.is_empty() {
                break;
            }
            if start.elapsed() > DEADLINE {
                bail!("left over after {DEADLINE:?}: {}", left.join(", "));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.crowd.send_all().await
    }

    /// Ends everybody's work.
    ///
    /// # Errors
    /// When a client failed.
    pub async fn end(mut self) -> Result<()> {
        self.crowd.end().await?;
        self.backend.kill()
    }
}

/// What the server still has to do.
pub(crate) fn left_over(data: &Path) -> Result<Vec<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = Connection::open_with_flags(data.join("gateline.db"), flags)?;
    db.busy_timeout(Duration::from_secs(10))?;
    let checks = [
        ("events in the outbox", "SELECT count(*) FROM outbox"),
        (
            "unpaid orders",
            "SELECT count(*) FROM orders_orders WHERE status IN ('created', 'awaiting_payment')",
        ),
        (
            "payments under way",
            "SELECT count(*) FROM payments_payments WHERE status = 'starting'",
        ),
        (
            "refunds under way",
            "SELECT count(*) FROM payments_refunds WHERE document LIKE '%\"requested\"%'",
        ),
        (
            "notices of the gateway",
            "SELECT count(*) FROM payments_test_notices",
        ),
    ];
    let mut left = Vec::new();
    for (what, sql) in checks {
        let count: i64 = db.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            left.push(format!("{count} {what}"));
        }
    }
    Ok(left)
}
