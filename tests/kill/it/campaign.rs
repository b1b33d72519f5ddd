//! Fifty rounds of kills and power cuts over the built programs.

use anyhow::Result;
use gateline_kill::campaign::{self, Size};
use gateline_kill::places::Place;

const SEED: u64 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_rounds_of_kills_and_power_cuts_lose_and_double_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let size = Size {
        rounds: 50,
        full_check_every: 25,
    };
    let ran = campaign::run(folder.path(), SEED, size, |_| {}).await;
    let sound = ran.and_then(|report| {
        campaign::sound(&report)?;
        anyhow::ensure!(report.kills() >= 50, "{report}");
        anyhow::ensure!(report.power_cuts() >= 10, "{report}");
        anyhow::ensure!(report.kills_at(Place::Migrating) > 0, "{report}");
        anyhow::ensure!(report.steps_taken_back > 0, "{report}");
        let counts = report.counts;
        let busy = [
            counts.orders,
            counts.refunds,
            counts.tickets,
            counts.scans_shown,
        ];
        anyhow::ensure!(busy.iter().all(|count| *count >= 20), "{report}");
        Ok(())
    });
    sound.map_err(|error| {
        // What shows the fault must not go away with the test.
        let kept = folder.keep();
        error.context(format!("the world is kept in {}", kept.display()))
    })
}
