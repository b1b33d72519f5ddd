//! The scanner's window when something is taken from it: its camera, which comes
//! back, and its enrolment, which does not.

use anyhow::{Context, Result};
use gateline_tests::app::{AppWindow, Venue};
use gateline_tests::story::photograph;
use gateline_tests::system::wait_until;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);
const CONFIRM_MS: u64 = 250;
/// What the camera's state is said in.
const HINT: &str = "[data-testid=hint]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_camera_is_said_scanning_by_hand_goes_on_and_the_camera_comes_back() -> Result<()> {
    let venue = Venue::open(3).await?;
    let frames = venue.folder("frames");
    std::fs::create_dir(&frames)?;
    let scanner = venue
        .scanner("Tablet 1", 1, Some(&frames), CONFIRM_MS)
        .await?;
    let window = &scanner.window;
    show(&frames, "1.png", &venue.codes[0], 1)?;
    window.see("[data-answer=admit]").await?;
    window.click("[data-action=next]").await?;
    let seeing = window.text(HINT).await?;

    std::fs::remove_dir_all(&frames)?;
    await_hint(window, "the loss to be said", |hint| hint != seeing).await?;
    window.screenshot("app-camera-lost").await?;
    let by_hand = scanner.scan(&venue.codes[1]).await?;
    assert!(by_hand.admitted, "{by_hand:?}");
    window.click("[data-action=next]").await?;

    std::fs::create_dir(&frames)?;
    show(&frames, "2.png", &venue.codes[2], 2)?;
    window.see("[data-answer=admit]").await?;
    window.click("[data-action=next]").await?;
    await_hint(window, "the camera to be back", |hint| hint == seeing).await?;
    scanner.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_revoked_while_its_window_is_open_says_so_and_forgets_the_guests() -> Result<()> {
    let venue = Venue::open(2).await?;
    let scanner = venue.scanner("Tablet 1", 1, None, CONFIRM_MS).await?;
    let scan = scanner.scan(&venue.codes[0]).await?;
    assert!(scan.admitted, "{scan:?}");
    let line = scanner
        .await_status("the scan to be sent", |line| line["scans_waiting"] == 0)
        .await?;
    let device = line["enrolled"]["device"].as_str().context("a device")?;

    let path = format!("/api/checkin/devices/{device}");
    venue.festival.organizer.delete(&path).await?;
    // Not asked for by anybody: the window hears it by itself.
    scanner.window.see("[data-screen=enrol]").await?;
    scanner.window.see("[data-link=revoked]").await?;
    scanner.window.screenshot("app-revoked").await?;
    let line = scanner
        .await_status("the list to be gone", |line| {
            line["list"]["tickets"].as_u64().unwrap_or(0) == 0
        })
        .await?;
    assert_eq!(line["link"], "revoked");
    let screen = scanner.window.text("body").await?;
    for personal in ["Ada", "Crew"] {
        assert!(
            !screen.contains(personal),
            "{personal} is still in {screen:?}"
        );
    }
    for (command, arguments) in [
        ("scan_text", json!({"text": venue.codes[1]})),
        ("search", json!({"text": "Ada"})),
    ] {
        let refused = scanner.window.command(command, arguments).await;
        let error = refused
            .err()
            .with_context(|| format!("{command} was answered"))?;
        assert!(
            error.to_string().contains("revoked"),
            "{command}: {error:#}"
        );
    }
    scanner.close().await
}

async fn await_hint(window: &AppWindow, what: &str, holds: impl Fn(&str) -> bool) -> Result<()> {
    wait_until(what, DEADLINE, async || {
        let hint = window.text(HINT).await?;
        Ok(holds(&hint).then_some(()))
    })
    .await
}

/// Puts a photo of `code` where the app looks for frames, whole at once.
fn show(frames: &Path, name: &str, code: &str, seed: u64) -> Result<()> {
    let half = frames.join(format!(".{name}"));
    photograph(code, seed, &half)?;
    std::fs::rename(half, frames.join(name))?;
    Ok(())
}
