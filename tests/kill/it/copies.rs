//! Stores that are not what they were: damaged, put back to an older copy, or used
//! twice.

use crate::venue::Venue;
use anyhow::{Context, Result};
use gateline_kill::checker::{Backend, GateStore};
use gateline_kill::power::Watched;
use gateline_tests::system::Gate;
use std::fs;
use std::path::Path;

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn put_back(copied: &Path, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            fs::remove_file(path)?;
        }
    }
    copy(copied, folder)
}

fn number(db: &rusqlite::Connection, sql: &str) -> Result<i64> {
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

#[tokio::test]
async fn a_server_put_back_to_a_backup_gets_every_scan_again_and_gates_its_older_list() -> Result<()>
{
    let mut venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 12).await?;
    let codes: Vec<String> = tickets.iter().map(|(_, code)| code.clone()).collect();
    let (gate, _disk) = venue.gate("north").await?;
    let event = venue.festival.event;
    gate.scan_codes(event, 1, &codes[..4])?;
    venue.synced(&gate).await?;
    venue.backend.kill()?;
    let backup = venue.store("backup");
    copy(&venue.data(), &backup)?;

    venue.backend.start_again().await?;
    gate.scan_codes(event, 1, &codes[4..8])?;
    let late = venue.tickets("late", 2).await?;
    let organizer = venue.festival.organizer.clone();
    let block = format!("/api/tickets/{event}/{}/block", tickets[11].0);
    organizer.post(&block, &serde_json::Value::Null).await?;
    venue.synced(&gate).await?;
    let before = gate.scan_codes(event, 1, &codes[11..])?;
    assert_eq!(before[0].reason(), Some("blocked"));
    gate.scan_codes(event, 1, &[late[0].1.clone()])?;
    venue.synced(&gate).await?;

    venue.backend.kill()?;
    put_back(&backup, &venue.data())?;
    venue.disk.settle()?;
    venue.backend.start_again().await?;
    venue.synced(&gate).await?;
    venue.synced(&gate).await?;
    let store = GateStore::open(&venue.store("north"))?.context("its store")?;
    let server = Backend::open(&venue.data())?;
    let scans = "SELECT count(*) FROM checkin_records WHERE is_scan = 1";
    assert_eq!(number(&server.0, scans)?, 10);
    assert_eq!(number(&store.db, "SELECT scans_logged FROM progress")?, 10);
    let listed = "SELECT count(*) FROM tickets WHERE ticket_type IS NOT NULL AND epoch IS NOT NULL
                  AND status IS NOT NULL";
    assert_eq!(
        number(&store.db, listed)?,
        12,
        "what was sold since is gone"
    );
    drop(store);
    let again = gate.scan_codes(event, 1, &codes[8..12])?;
    assert!(
        again.iter().all(|line| line.admitted()),
        "the list is the server's: {again:?}"
    );
    let twice = gate.scan_codes(event, 1, &codes[..8])?;
    assert!(
        twice
            .iter()
            .all(|line| line.reason() == Some("already_admitted"))
    );
    Ok(())
}

#[tokio::test]
async fn a_gate_that_sent_nothing_since_the_backup_reads_the_older_list_too() -> Result<()> {
    let mut venue = Venue::open().await?;
    let event = venue.festival.event;
    let first = venue.tickets("first", 10).await?;
    venue.backend.kill()?;
    let backup = venue.store("backup");
    copy(&venue.data(), &backup)?;
    venue.backend.start_again().await?;
    let (gate, _disk) = venue.gate("north").await?;
    venue.synced(&gate).await?;
    let organizer = venue.festival.organizer.clone();
    let block = format!("/api/tickets/{event}/{}/block", first[0].0);
    organizer.post(&block, &serde_json::Value::Null).await?;
    venue.tickets("gone", 10).await?;
    venue.synced(&gate).await?;
    venue.synced(&gate).await?;
    // A plain restart changes nothing for the gate: it reads on where it was.
    venue.backend.kill()?;
    venue.backend.start_again().await?;
    venue.synced(&gate).await?;
    let read = gate.sync()?.pop().context("a summary")?;
    assert_eq!(read["entries_read"], 0, "{read}");

    // The device was enrolled after the backup: it is put into the older store too.
    let device = venue.store("device");
    copy(&venue.data(), &device)?;
    venue.backend.kill()?;
    put_back(&backup, &venue.data())?;
    let sql = format!(
        "ATTACH '{}' AS later; INSERT INTO checkin_devices SELECT * FROM later.checkin_devices",
        device.join("gateline.db").display()
    );
    let put_in = rusqlite::Connection::open(venue.data().join("gateline.db"))?;
    put_in.execute_batch(&sql)?;
    drop(put_in);
    venue.disk.settle()?;
    venue.backend.start_again().await?;
    // More than was lost: the gate's place in the list is not beyond its end.
    venue.tickets("more", 30).await?;
    venue.synced(&gate).await?;
    venue.synced(&gate).await?;
    let store = GateStore::open(&venue.store("north"))?.context("its store")?;
    let listed = "SELECT count(*) FROM tickets WHERE status IS NOT NULL";
    assert_eq!(
        number(&store.db, listed)?,
        40,
        "the ten that are gone are not listed"
    );
    drop(store);
    let lines = gate.scan_codes(event, 1, &[first[0].1.clone()])?;
    assert!(lines[0].admitted(), "it is not blocked any more: {lines:?}");
    Ok(())
}

/// A gate whose store was copied after the first two of so many tickets came in, and
/// put back after more of them did; the server has them all.
async fn gate_put_back(
    venue: &Venue,
    tickets: u32,
    come_in: usize,
) -> Result<(Gate, Vec<String>, Watched)> {
    let tickets = venue.tickets("crew", tickets).await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    let (gate, disk) = venue.gate("north").await?;
    let event = venue.festival.event;
    gate.scan_codes(event, 1, &codes[..2])?;
    venue.synced(&gate).await?;
    let copied = venue.store("copied");
    copy(&venue.store("north"), &copied)?;
    gate.scan_codes(event, 1, &codes[2..come_in])?;
    venue.synced(&gate).await?;
    put_back(&copied, &venue.store("north"))?;
    disk.settle()?;
    Ok((gate, codes, disk))
}

#[tokio::test]
async fn a_gate_put_back_to_a_copy_is_reported_and_the_scans_of_both_are_kept() -> Result<()> {
    let venue = Venue::open().await?;
    let (gate, codes, _disk) = gate_put_back(&venue, 6, 4).await?;
    let event = venue.festival.event;
    gate.scan_codes(event, 1, &codes[4..6])?;
    venue.synced(&gate).await?;
    let status = gate.status()?;
    let warnings = status["warnings"].to_string();
    assert!(
        warnings.contains("another copy of this store"),
        "{warnings}"
    );
    let server = Backend::open(&venue.data())?;
    let scans = "SELECT count(*) FROM checkin_records WHERE is_scan = 1";
    assert_eq!(number(&server.0, scans)?, 6, "both branches are kept");
    let report = venue.report().await?.to_string();
    assert!(report.contains("fork"), "{report}");
    Ok(())
}

#[tokio::test]
async fn what_a_gate_put_back_to_a_copy_admitted_since_it_learns_from_the_server() -> Result<()> {
    let mut venue = Venue::open().await?;
    let (gate, codes, _disk) = gate_put_back(&venue, 8, 8).await?;
    let event = venue.festival.event;
    venue.synced(&gate).await?;
    venue.backend.kill()?;
    let again = gate.scan_codes(event, 1, &codes)?;
    assert!(
        again
            .iter()
            .all(|line| line.reason() == Some("already_admitted")),
        "{again:?}"
    );
    assert_eq!(gate.status()?["list"]["inside"], 8);
    Ok(())
}

#[tokio::test]
async fn whichever_page_of_a_gates_store_is_damaged_the_server_tells_it_whom_it_let_in()
-> Result<()> {
    let venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 40).await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    let (gate, disk) = venue.gate("north").await?;
    gate.scan_codes(venue.festival.event, 1, &codes)?;
    venue.synced(&gate).await?;
    let store = venue.store("north");
    let file = store.join("store.db");
    let sound = fs::read(&file)?;
    let (mut learnt, mut lost) = (0, 0);
    for page in (1..sound.len() / 4096).step_by(4) {
        let mut bytes = sound.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0x5a);
        fs::write(&file, bytes)?;
        fs::write(store.join("store.damaged"), b"")?;
        disk.settle()?;
        if gate.status().is_err() {
            // Who it is, or its manifest, cannot be read: it is nobody any more.
            fs::remove_file(store.join("store.damaged")).ok();
            continue;
        }
        venue.synced(&gate).await?;
        let opened = GateStore::open(&store)?.context("its store")?;
        let inside = "SELECT count(DISTINCT serial) FROM passages";
        assert_eq!(number(&opened.db, inside)?, 40, "page {page}");
        let kept = "SELECT kept FROM rebuilds ORDER BY id DESC LIMIT 1";
        lost += u32::from(number(&opened.db, kept)? < 40);
        learnt += 1;
    }
    assert!(
        learnt > 5 && lost > 0,
        "{learnt} rebuilt, {lost} lost scans"
    );
    Ok(())
}

#[tokio::test]
async fn a_damaged_store_of_the_server_is_told_at_the_start_and_nothing_is_served() -> Result<()> {
    let mut venue = Venue::open().await?;
    venue.tickets("crew", 50).await?;
    venue.backend.kill()?;
    let file = venue.data().join("gateline.db");
    // All of it in one file.
    rusqlite::Connection::open(&file)?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    let sound = fs::read(&file)?;
    let half = sound.len() / 2 / 4096 * 4096;
    let mut zeroed = sound.clone();
    zeroed[4096..half].fill(0);
    let mut scrambled = sound.clone();
    for (index, byte) in scrambled[4096..].iter_mut().enumerate() {
        *byte ^= (index % 251) as u8;
    }
    let damaged = [
        ("zeroed pages", zeroed),
        ("random bytes", scrambled),
        ("truncated", sound[..half].to_vec()),
        ("no database", b"holiday pictures".repeat(1000)),
    ];
    for (how, bytes) in damaged {
        fs::write(&file, bytes)?;
        let before = venue.log_length()?;
        assert!(venue.backend.start_again().await.is_err(), "{how}");
        let log = venue.log_since(before)?;
        assert!(log.contains("cannot open the store"), "{how}: {log}");
    }
    fs::write(&file, &sound)?;
    venue.disk.settle()?;
    venue.backend.start_again().await?;
    assert_eq!(venue.tickets("crew", 50).await?.len(), 50);
    Ok(())
}

#[tokio::test]
async fn a_gate_with_a_damaged_store_is_rebuilt_and_sends_what_it_had_not_sent() -> Result<()> {
    let mut venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 40).await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    let (gate, disk) = venue.gate("north").await?;
    let event = venue.festival.event;
    venue.synced(&gate).await?;
    venue.backend.kill()?;
    let lines = gate.scan_codes(event, 1, &codes[..30])?;
    assert_eq!(lines.iter().filter(|line| line.admitted()).count(), 30);
    let store = venue.store("north");
    let file = store.join("store.db");
    let sound = fs::read(&file)?;
    venue.backend.start_again().await?;
    let pages = sound.len() / 4096;
    let (mut rebuilt, mut refused) = (0, 0);
    for page in (1..pages).step_by(3) {
        let mut bytes = sound.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0x5a);
        fs::write(&file, bytes)?;
        fs::write(store.join("store.damaged"), b"")?;
        disk.settle()?;
        match gate.status() {
            Ok(status) => {
                let words = status["warnings"].to_string();
                assert!(words.contains("was rebuilt"), "page {page}: {words}");
                rebuilt += 1;
            }
            Err(error) => {
                let words = error.to_string();
                assert!(words.contains("cannot be read"), "page {page}: {words}");
                refused += 1;
            }
        }
        fs::remove_file(store.join("store.damaged")).ok();
    }
    assert!(rebuilt > refused * 2, "{rebuilt} rebuilt, {refused} not");
    // The last page holds neither the enrolment nor the names of tables.
    fs::write(&file, &sound)?;
    let mut bytes = sound.clone();
    bytes[(pages - 1) * 4096..].fill(0x5a);
    fs::write(&file, bytes)?;
    fs::write(store.join("store.damaged"), b"")?;
    disk.settle()?;
    venue.synced(&gate).await?;
    let words = gate.status()?["warnings"].to_string();
    let opened = GateStore::open(&store)?.context("its store")?;
    let lost = number(
        &opened.db,
        "SELECT lost FROM rebuilds ORDER BY id DESC LIMIT 1",
    )?;
    drop(opened);
    let server = Backend::open(&venue.data())?;
    let held = number(
        &server.0,
        "SELECT count(*) FROM checkin_records WHERE is_scan = 1",
    )?;
    assert_eq!(held + lost, 30, "{words}");
    let fresh = gate.scan_codes(event, 1, &codes[30..])?;
    assert!(fresh.iter().all(|line| line.admitted()), "{fresh:?}");
    Ok(())
}
