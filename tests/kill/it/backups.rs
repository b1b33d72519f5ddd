//! `gateline backup` and `gateline restore` between a server and its gates.

use crate::venue::Venue;
use anyhow::{Context, Result, ensure};
use gateline_kill::checker::{Backend, GateStore};
use gateline_kill::power::Extent;
use std::process::Output;

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn number(db: &rusqlite::Connection, sql: &str) -> Result<i64> {
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

const SCANS: &str = "SELECT count(*) FROM checkin_records WHERE is_scan = 1";
const RECORDS: &str = "SELECT count(*) FROM checkin_records";
const DIFFERENT: &str =
    "SELECT count(*) FROM (SELECT DISTINCT device, seq, hash FROM checkin_records)";

#[tokio::test]
async fn what_a_gate_sent_after_the_backup_it_sends_again_and_nothing_is_lost_or_doubled()
-> Result<()> {
    let mut venue = Venue::open().await?;
    let event = venue.festival.event;
    let tickets = venue.tickets("crew", 12).await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    let (gate, _disk) = venue.gate("north").await?;
    gate.scan_codes(event, 1, &codes[..4])?;
    venue.synced(&gate).await?;

    let backup = venue.store("backup.db");
    let file = backup.to_str().context("a path in UTF-8")?;
    let taken = venue.gateline(&["backup", "--to", file])?;
    ensure!(taken.status.success(), "{}", said(&taken));
    gate.scan_codes(event, 1, &codes[4..8])?;
    venue.synced(&gate).await?;
    gate.scan_codes(event, 1, &codes[8..9])?;

    venue.backend.kill()?;
    let restored = venue.gateline(&["restore", "--from", file])?;
    ensure!(restored.status.success(), "{}", said(&restored));
    venue.disk.settle()?;
    venue.backend.start_again().await?;
    {
        let server = Backend::open(&venue.data())?;
        assert_eq!(number(&server.0, SCANS)?, 4, "as it was at the backup");
    }
    venue.synced(&gate).await?;
    venue.synced(&gate).await?;
    let server = Backend::open(&venue.data())?;
    assert_eq!(number(&server.0, SCANS)?, 9);
    assert_eq!(number(&server.0, RECORDS)?, number(&server.0, DIFFERENT)?);
    let store = GateStore::open(&venue.store("north"))?.context("its store")?;
    assert_eq!(number(&store.db, "SELECT scans_logged FROM progress")?, 9);
    drop(store);
    let twice = gate.scan_codes(event, 1, &codes[..9])?;
    assert!(
        twice
            .iter()
            .all(|line| line.reason() == Some("already_admitted")),
        "{twice:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_restore_that_was_answered_outlives_a_power_cut() -> Result<()> {
    let mut venue = Venue::open().await?;
    let first = venue.tickets("first", 3).await?.len();
    let backup = venue.store("backup.db");
    let file = backup.to_str().context("a path in UTF-8")?;
    let taken = venue.gateline(&["backup", "--to", file])?;
    ensure!(taken.status.success(), "{}", said(&taken));
    let later = venue.tickets("later", 4).await?.len();
    venue.backend.kill()?;
    venue.disk.settle()?;
    let restored = venue.gateline(&["restore", "--from", file])?;
    ensure!(restored.status.success(), "{}", said(&restored));
    // What was not synced is as it was before.
    venue.disk.cut(Extent::All)?;
    venue.backend.start_again().await?;
    let server = Backend::open(&venue.data())?;
    let tickets = usize::try_from(number(&server.0, "SELECT count(*) FROM tickets_tickets")?)?;
    assert_eq!(tickets, first, "without the {later} of later");
    Ok(())
}
