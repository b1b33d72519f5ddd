//! A full disk and one that takes no writes: errors that say so, nobody let in, and
//! nothing lost when there is room again.

use crate::venue::Venue;
use anyhow::{Context, Result};
use gateline_kill::checker::GateStore;
use gateline_tests::system::{ApiFailure, Gate};
use std::process::Output;

#[tokio::test]
async fn a_server_whose_disk_is_full_changes_nothing_says_so_and_goes_on_later() -> Result<()> {
    let venue = Venue::open().await?;
    venue.tickets("before", 2).await?;
    for refuse in [
        gateline_kill::power::Controls::fill_disk,
        gateline_kill::power::Controls::make_read_only,
    ] {
        refuse(&venue.disk.controls)?;
        let order = venue.order(3);
        let failed = venue.buyer.post_once("/api/orders", "full", &order).await;
        let failure = failed.err().context("it cannot be stored")?;
        let failure: ApiFailure = failure.downcast()?;
        assert_eq!(
            (failure.status.as_u16(), failure.code.as_str()),
            (500, "internal")
        );
        assert!(failure.message.contains("nothing was changed"), "{failure}");
        assert!(venue.buyer.get_bytes("/readyz").await.is_err());
        let orders = venue.buyer.get("/api/orders").await?;
        assert_eq!(
            orders["items"].as_array().map(Vec::len),
            Some(1),
            "reading goes on"
        );
        venue.disk.controls.let_write()?;
    }
    venue.buyer.get_bytes("/readyz").await?;
    assert_eq!(venue.tickets("full", 3).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_write_at_its_start_ends_and_says_why() -> Result<()> {
    let mut venue = Venue::open().await?;
    venue.tickets("before", 2).await?;
    venue.backend.kill()?;
    venue.disk.controls.make_read_only()?;
    let before = venue.log_length()?;
    assert!(venue.backend.start_again().await.is_err());
    let log = venue.log_since(before)?;
    assert!(
        log.contains("Read-only") || log.contains("readonly"),
        "{log}"
    );
    venue.disk.controls.let_write()?;
    venue.backend.start_again().await?;
    assert_eq!(venue.tickets("before", 2).await?.len(), 2);
    Ok(())
}

/// Scans one code; what was printed.
fn scan(gate: &Gate, event: u64, code: &str) -> Result<Output> {
    let event = event.to_string();
    let frames = ["scan", "--event", &event, "--gate", "1", "--stdin"];
    let mut process = gate
        .command(&frames)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()?;
    use std::io::Write;
    writeln!(process.stdin.take().context("its input")?, "{code}")?;
    Ok(process.wait_with_output()?)
}

#[tokio::test]
async fn a_gate_whose_disk_is_full_lets_nobody_in_and_goes_on_when_there_is_room() -> Result<()> {
    let venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 2).await?;
    let (gate, disk) = venue.gate("north").await?;
    let event = venue.festival.event;
    let mut lane = gate.open_lane(event, 1, 250)?;
    assert!(lane.show(&tickets[0].1)?.admitted());
    for refuse in [
        gateline_kill::power::Controls::fill_disk,
        gateline_kill::power::Controls::make_read_only,
    ] {
        refuse(&disk.controls)?;
        let shown = lane.show(&tickets[1].1)?;
        assert!(!shown.admitted());
        assert_eq!(shown.0["error"]["code"], "not_logged", "{shown:?}");
        let words = shown.0["error"]["message"].as_str().unwrap_or_default();
        assert!(words.contains("let nobody in"), "{words}");
        disk.controls.let_write()?;
    }
    assert!(lane.show(&tickets[1].1)?.admitted());
    drop(lane);
    disk.controls.make_read_only()?;
    let output = scan(&gate, event, &tickets[0].1)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !output.status.success() && printed.contains("error"),
        "{printed}"
    );
    assert!(!printed.contains("\"admit\""), "{printed}");
    disk.controls.let_write()?;
    venue.synced(&gate).await?;
    let store = GateStore::open(&venue.store("north"))?.context("its store")?;
    let scans: i64 = store
        .db
        .query_row("SELECT scans_logged FROM progress", [], |row| row.get(0))?;
    assert_eq!(scans, 2);
    Ok(())
}
