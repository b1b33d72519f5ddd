//! Two scanner windows and one ticket: online one is green, offline both are,
//! and the organizer's report says so.

use anyhow::{Context, Result};
use gateline_tests::app::{Scanner, Venue};
use gateline_tests::system::{Engines, Form};
use serde_json::Value;

const NORTH: &str = "Tablet North";
const SOUTH: &str = "Tablet South";
/// Far above what an answer takes, so that a busy machine changes nothing.
const CONFIRM_MS: u64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_windows_admit_one_ticket_once_online_and_report_it_when_they_were_offline()
-> Result<()> {
    admit_once_online_and_report_it_when_they_were_offline(Form::Embedded).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_windows_admit_one_ticket_once_before_services_apart_from_each_other() -> Result<()> {
    let form = Form::Distributed(Engines::of_this_run()?);
    admit_once_online_and_report_it_when_they_were_offline(form).await
}

async fn admit_once_online_and_report_it_when_they_were_offline(form: Form) -> Result<()> {
    let mut venue = Venue::in_form(2, form).await?;
    let north = venue.scanner(NORTH, 1, None, CONFIRM_MS).await?;
    let south = venue.scanner(SOUTH, 2, None, CONFIRM_MS).await?;
    let confirming = |line: &Value| line["confirming"] == true;
    north.await_status("the server's word", confirming).await?;
    south.await_status("the server's word", confirming).await?;

    let code = venue.codes[0].clone();
    let (at_north, at_south) = tokio::join!(north.scan(&code), south.scan(&code));
    let (at_north, at_south) = (at_north?, at_south?);
    assert_ne!(
        at_north.admitted, at_south.admitted,
        "{at_north:?} {at_south:?}"
    );
    let (green, red, greens_name) = if at_north.admitted {
        (at_north, at_south, NORTH)
    } else {
        (at_south, at_north, SOUTH)
    };
    assert_eq!(green.confirmation, "confirmed");
    assert_eq!(red.reason, "already_admitted");
    assert!(
        red.text.contains(greens_name),
        "{greens_name} is not in {:?}",
        red.text
    );

    venue.backend.kill()?;
    let code = venue.codes[1].clone();
    let (at_north, at_south) = (north.scan(&code).await?, south.scan(&code).await?);
    for scan in [&at_north, &at_south] {
        assert!(scan.admitted, "{scan:?}");
        assert_eq!(scan.confirmation, "unconfirmed");
    }
    venue.backend.start_again().await?;
    sent(&north).await?;
    sent(&south).await?;
    let report = venue.report(4).await?;
    let conflicts = report["conflicts"].as_array().context("conflicts")?;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let conflict = &conflicts[0];
    let serial = at_north.serial.context("a serial")?;
    assert_eq!(conflict["ticket"]["serial"], serial.as_str());
    let mut devices = [&conflict["counted"], &conflict["other"]]
        .map(|side| side["device_name"].as_str().unwrap_or_default());
    devices.sort_unstable();
    assert_eq!(devices, [NORTH, SOUTH]);
    north.close().await?;
    south.close().await
}

async fn sent(scanner: &Scanner) -> Result<()> {
    let sent = |line: &Value| line["scans_waiting"] == 0 && line["link"] == "online";
    scanner.await_status("everything to be sent", sent).await?;
    Ok(())
}
