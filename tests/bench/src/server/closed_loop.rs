//! A closed loop: each client asks again as soon as it was answered, until all
//! that is to be done is done.

use super::usage::Usage;
use crate::figure::Figure;
use crate::latency::Latencies;
use anyhow::Result;
use futures::future::try_join_all;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// What one client does again and again.
pub(super) trait Client {
    /// Does piece `n`. Says how many operations that was; `None` when it has
    /// nothing more to do.
    async fn once(&mut self, n: u64) -> Result<Option<u64>>;
}

/// How a loop went.
pub(super) struct Run {
    /// Of each piece.
    pub(super) latencies: Latencies,
    /// Operations.
    pub(super) operations: u64,
    /// From the first question to the last answer.
    pub(super) took: Duration,
    /// Processor time of the server, in between.
    pub(super) server: Duration,
    /// … of the client.
    pub(super) client: Duration,
}

impl Run {
    /// Operations a second.
    pub(super) fn rate(&self) -> f64 {
        self.operations as f64 / self.took.as_secs_f64()
    }

    /// Processor time of the server per operation, which another load of the
    /// machine disturbs less than the rate.
    pub(super) fn server_time(&self, name: &str, how: &str) -> Figure {
        let us = self.server.as_secs_f64() * 1e6 / self.operations as f64;
        Figure::new(name, us, "µs", how)
    }

    /// Which share of the processor time was the client's, in words.
    pub(super) fn shares(&self) -> String {
        let seconds = |time: Duration| time.as_secs_f64();
        let share = seconds(self.client) / (seconds(self.client) + seconds(self.server)).max(1e-9);
        format!(
            "{:.0} % of the processor time was the client's",
            100.0 * share
        )
    }
}

/// Lets `clients` do at most `pieces` between them, while the processes `server` work.
pub(super) async fn closed_loop<C: Client>(
    clients: &mut [C],
    pieces: u64,
    server: &[u32],
) -> Result<Run> {
    let next = Cell::new(0);
    let done = Cell::new(0);
    let latencies = RefCell::new(Latencies::new()?);
    let before = (Usage::of_families(server)?, Usage::own()?);
    let started = Instant::now();
    let loops = clients.iter_mut().map(async |client| {
        while next.get() < pieces {
            let piece = next.replace(next.get() + 1);
            let asked = Instant::now();
            let Some(operations) = client.once(piece).await? else {
                break;
            };
            latencies.borrow_mut().take(asked.elapsed());
            done.set(done.get() + operations);
        }
        Ok::<(), anyhow::Error>(())
    });
    try_join_all(loops).await?;
    let took = started.elapsed();
    Ok(Run {
        latencies: latencies.into_inner(),
        operations: done.get(),
        took,
        server: Usage::of_families(server)?.since(before.0),
        client: Usage::own()?.since(before.1),
    })
}
