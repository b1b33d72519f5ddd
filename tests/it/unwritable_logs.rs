//! A log that cannot be written, because its disk is full or its reader is gone, takes
//! nothing else with it.

use anyhow::{Context, Result};
use gateline_tests::story::set_up;
use gateline_tests::system::{Backend, BackendOptions, Binaries, Gate, wait_until};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);
/// Each write to it fails: the disk is full.
const FULL: &str = "/dev/full";

#[tokio::test]
async fn a_server_whose_log_cannot_be_written_serves_expires_and_ends_when_it_is_asked_to()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::of_this_build()?;
    let options = BackendOptions {
        arguments: ["--log", "trace", "--order-hold-seconds", "1"]
            .map(str::to_owned)
            .to_vec(),
        log: Some(FULL.into()),
        ..BackendOptions::default()
    };
    let mut backend = Backend::start(&binaries, &folder.path().join("backend"), options).await?;
    let festival = set_up(backend.api()?).await?;
    let order = json!({
        "event": festival.event,
        "lines": [{"ticket_type": festival.standard, "quantity": 1}],
    });
    let mut buyer = backend.api()?;
    buyer.sign_up("Bea Buyer", "bea@guests.example").await?;
    let placed = wait_until("the sale to open", DEADLINE, async || {
        Ok(buyer.post_once("/api/orders", "one", &order).await.ok())
    })
    .await?;
    let path = format!("/api/orders/{}", placed["id"].as_str().context("an id")?);
    wait_until("the order to expire", DEADLINE, async || {
        let status = buyer.get(&path).await?;
        Ok((status["status"] == "expired").then_some(()))
    })
    .await?;
    let id = backend.process().context("it runs")?.to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()?
            .success()
    );
    let ended = wait_until("the server to end", DEADLINE, || {
        let ended = backend.ended();
        async move { ended }
    });
    assert!(ended.await?.success());
    Ok(())
}

#[tokio::test]
async fn a_gate_whose_log_cannot_be_written_scans_on_without_the_network() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::of_this_build()?;
    let data = folder.path().join("backend");
    let mut backend = Backend::start(&binaries, &data, BackendOptions::default()).await?;
    let festival = set_up(backend.api()?).await?;
    let gate = Gate::new(&binaries, &folder.path().join("gate"), "north")?;
    let body = json!({"org": festival.org, "name": "north"});
    let code = festival
        .organizer
        .post("/api/checkin/enrolment-codes", &body)
        .await?;
    gate.enrol(code["code"].as_str().context("an enrolment code")?)?;
    gate.sync()?;
    backend.kill()?;
    let event = festival.event.to_string();
    let codes = folder.path().join("codes");
    std::fs::write(&codes, "1234567\n7654321\n")?;
    let arguments = ["scan", "--event", &event, "--gate", "1", "--stdin"];
    let output = gate
        .command(&arguments)
        .env("RUST_LOG", "trace")
        .stdin(std::fs::File::open(&codes)?)
        .stdout(Stdio::piped())
        .stderr(std::fs::File::options().write(true).open(FULL)?)
        .output()?;
    let lines = String::from_utf8(output.stdout)?;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(
        lines.lines().all(|line| line.contains("malformed")),
        "{lines}"
    );
    Ok(())
}
