//! Killed and without power at each change of a file: at the first start, and while a
//! store of an older version is brought up to date.

use crate::venue::Venue;
use anyhow::{Context, Result};
use gateline_kill::checker::{Backend, GateStore};
use gateline_kill::power::{Extent, Watched};
use gateline_kill::world::older;
use gateline_tests::system::{BackendOptions, Binaries, wait_until};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);

/// Changes after which a start is killed; a start that is done before is killed then.
const CHANGES: std::ops::Range<u32> = 1..26;

#[tokio::test]
async fn a_first_start_killed_at_any_of_its_writes_is_followed_by_a_good_one() -> Result<()> {
    let binaries = Binaries::of_this_build()?;
    for changes in CHANGES.step_by(3) {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("backend");
        let disk = Watched::new(&data, &folder.path().join("disk"))?;
        let mut options = BackendOptions {
            arguments: vec!["--tls-self-signed".into()],
            environment: disk.environment(),
            ..BackendOptions::default()
        };
        disk.controls.kill_before(changes)?;
        let begun = started(&binaries, &data, &options).await;
        disk.controls.call_off()?;
        disk.cut(Extent::All)?;
        options.arguments.clear();
        let mut backend = gateline_tests::system::Backend::start(&binaries, &data, options)
            .await
            .with_context(|| format!("after a kill before change {changes} ({begun})"))?;
        backend.kill()?;
    }
    Ok(())
}

/// Starts and waits until it ends or speaks; whether it came so far.
async fn started(binaries: &Binaries, data: &std::path::Path, options: &BackendOptions) -> bool {
    // Over TLS nobody asks whether it is ready: it ends at its countdown, or later.
    let Ok(program) = binaries.path("gateline") else {
        return false;
    };
    let spawned = std::process::Command::new(program)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--payment-gateway",
            "test",
        ])
        .arg("--data")
        .arg(data)
        .args(&options.arguments)
        .envs(options.environment.clone())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    let Ok(mut process) = spawned else {
        return false;
    };
    let mut said = String::new();
    if let Some(output) = process.stdout.take() {
        use std::io::BufRead;
        drop(std::io::BufReader::new(output).read_line(&mut said));
    }
    drop(process.kill());
    drop(process.wait());
    !said.is_empty()
}

#[tokio::test]
async fn the_certificate_that_gates_pin_survives_a_power_cut() -> Result<()> {
    let binaries = Binaries::of_this_build()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("backend");
    let disk = Watched::new(&data, &folder.path().join("disk"))?;
    let options = BackendOptions {
        arguments: vec!["--tls-self-signed".into()],
        environment: disk.environment(),
        ..BackendOptions::default()
    };
    assert!(
        started(&binaries, &data, &options).await,
        "it announces its certificate"
    );
    let names = ["tls-cert.pem", "tls-key.pem", "token-secret"];
    let read = || names.map(|name| std::fs::read(data.join(name)).ok());
    let told = read();
    disk.cut(Extent::All)?;
    assert!(told.iter().all(Option::is_some) && told == read());
    Ok(())
}

#[tokio::test]
async fn a_migration_killed_at_any_of_its_writes_leaves_the_old_store_or_the_new_one() -> Result<()>
{
    let mut venue = Venue::open().await?;
    let sold = venue.tickets("crew", 5).await?;
    let newest = versions(&venue)?;
    for changes in CHANGES.step_by(3) {
        venue.backend.kill()?;
        venue.disk.settle()?;
        let steps = older::age_backend(&venue.data())?;
        assert!(steps >= 3, "only {steps} steps could be taken back");
        let old = versions(&venue)?;
        venue.disk.controls.kill_before(changes)?;
        venue.backend.begin()?;
        wait_until("the kill, or the start", DEADLINE, || {
            let ended = venue.backend.ended();
            let api = venue.backend.api();
            async move {
                let up = api?.get_bytes("/healthz").await.is_ok();
                Ok((ended?.is_some() || up).then_some(()))
            }
        })
        .await?;
        venue.backend.kill()?;
        venue.disk.controls.call_off()?;
        venue.disk.cut(Extent::All)?;
        let found = versions(&venue)?;
        assert!(
            found == old || found == newest,
            "change {changes}: {found:?}"
        );
        venue.backend.start_again().await?;
        assert_eq!(versions(&venue)?, newest);
    }
    assert_eq!(venue.tickets("crew", 5).await?, sold);
    Ok(())
}

fn versions(venue: &Venue) -> Result<Vec<(String, i64)>> {
    let backend = Backend::open(&venue.data())?;
    let sql = "SELECT component, version FROM schema_versions ORDER BY component";
    let mut select = backend.0.prepare(sql)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[tokio::test]
async fn a_gates_migration_killed_at_any_of_its_writes_keeps_its_scans() -> Result<()> {
    let venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 5).await?;
    let (gate, disk) = venue.gate("north").await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    gate.scan_codes(venue.festival.event, 1, &codes)?;
    let store = venue.store("north");
    for changes in CHANGES.step_by(2) {
        disk.settle()?;
        assert!(older::age_gate(&store)?);
        disk.controls.kill_before(changes)?;
        // Killed or not: what counts is what is there afterwards.
        drop(gate.status());
        disk.controls.call_off()?;
        disk.cut(Extent::All)?;
        let status = gate.status()?;
        assert_eq!(status["scans_logged"], 5, "before change {changes}");
    }
    let opened = GateStore::open(&store)?.context("its store")?;
    let version: i64 = opened
        .db
        .query_row("PRAGMA user_version", [], |row| row.get(0))?;
    assert!(version >= 4);
    Ok(())
}
