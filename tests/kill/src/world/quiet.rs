//! Waits until nothing is left to be done: everybody has stopped, the outbox is
//! empty, every order has its end, and all gates have sent everything.

use super::{Phase, World};
use crate::places::Place;
use anyhow::{Context, Result, bail};
use gateline_tests::system::wait_until;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(120);

impl World {
    /// Lets everybody finish, and waits for the end of all work. The server must
    /// run.
    ///
    /// # Errors
    /// When something is left over at the deadline, or a client failed.
    pub async fn come_to_rest(&mut self) -> Result<()> {
        self.phase.send_replace(Phase::Pause);
        for slot in &mut self.gates {
            slot.line.set_up(true);
            let ended = slot.dies(DEADLINE).await;
            anyhow::ensure!(ended, "{} does not close", slot.name);
            slot.bring_down().await?;
        }
        let places = self.places.clone();
        wait_until("people to finish", DEADLINE, async || {
            let busy = places
                .under_way(None)
                .iter()
                .any(|place| *place != Place::Idle);
            Ok((!busy).then_some(()))
        })
        .await?;
        self.clients_are_well()?;
        let data = self.folders.backend();
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
        for gate in self.sending_gates() {
            let gate = gate.clone();
            wait_until("a gate's last sync", DEADLINE, async || {
                let gate = gate.clone();
                let synced = tokio::task::spawn_blocking(move || gate.sync()).await?;
                let lines = match synced {
                    Ok(lines) => lines,
                    // Never enrolled: nothing to send.
                    Err(error) if error.to_string().contains("not_enrolled") => {
                        return Ok(Some(()));
                    }
                    Err(error) => return Err(error),
                };
                let summary = lines.last().cloned().unwrap_or(Value::Null);
                let done = summary["complete"] == true && summary["records_sent"] == 0;
                Ok(done.then_some(()))
            })
            .await
            .with_context(|| gate.name.clone())?;
        }
        for retired in &mut self.retired {
            retired.has_sent = true;
        }
        Ok(())
    }

    /// Lets everybody work again after a rest.
    pub fn go_on(&self) {
        for slot in &self.gates {
            slot.bring_up();
        }
        self.go();
    }

    /// Ends everybody's work.
    ///
    /// # Errors
    /// When a client failed.
    pub async fn end(mut self) -> Result<()> {
        self.phase.send_replace(Phase::End);
        for slot in &self.gates {
            slot.bring_up();
        }
        while let Some(ended) = self.clients.join_next().await {
            ended??;
        }
        self.backend.kill()
    }
}

/// What the server still has to do.
fn left_over(data: &Path) -> Result<Vec<String>> {
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
