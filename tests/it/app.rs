//! The scanner's window at the gate: enrolled, then without a backend, green for
//! a ticket and red for the same one again.

use anyhow::Result;
use gateline_tests::app::{AppWindow, Venue};
use gateline_tests::story::photograph;
use gateline_tests::system::wait_until;
use std::path::Path;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_turns_green_then_red_while_the_backend_is_down() -> Result<()> {
    let mut venue = Venue::open(2).await?;
    let frames = venue.folder("frames");
    std::fs::create_dir(&frames)?;
    let scanner = venue.unpacked("store", Some(&frames), 250).await?;
    let window = &scanner.window;
    window.see("[data-screen=enrol]").await?;
    window.screenshot("app-enrol").await?;
    let code = venue.enrolment_code("Tablet 1").await?;
    window.paste("#code", &code).await?;
    window.paste("#name", "Tablet 1").await?;
    window.click("form button.primary").await?;
    window.see("[data-screen=choose]").await?;
    choose(window, venue.festival.event).await?;

    venue.backend.kill()?;
    let frame = |name: &str, code: &str, seed| show(&frames, name, code, seed);
    frame("1.png", &venue.codes[0], 1)?;
    window.see("[data-answer=admit]").await?;
    window.screenshot("app-green").await?;
    let green = window.text("[data-answer=admit]").await?;
    assert!(green.contains("Crew"), "{green}");
    window.click("[data-answer] .next").await?;
    window.see("[data-testid=last]").await?;
    window.screenshot("app-ready").await?;

    frame("2.png", &venue.codes[0], 2)?;
    window
        .see("[data-answer=refuse][data-reason=already_admitted]")
        .await?;
    window.screenshot("app-red").await?;
    let red = window.text("[data-answer=refuse]").await?;
    for said in ["Already", "North gate", "Tablet 1", " ago"] {
        assert!(red.contains(said), "{said:?} is not in {red:?}");
    }

    // A hand scanner types the next ticket while the search field has the focus.
    window.click("[data-answer] .next").await?;
    window.click("header .tools > button").await?;
    window.see("#search:focus").await?;
    window.hand_scan(&venue.codes[1]).await?;
    window.see("[data-answer=admit]").await?;
    window.see("[data-link=offline]").await?;
    window.screenshot("app-hand-scanner").await?;
    scanner.close().await
}

/// Waits for the event and its list, and picks the North gate.
async fn choose(window: &AppWindow, event: u64) -> Result<()> {
    let card = format!("section[data-event='{event}']");
    let listed = wait_until("the list", DEADLINE, async || {
        // The buttons move while events arrive: look at what was picked.
        let Ok(text) = window.text(&card).await else {
            window
                .click(&format!("button[data-event='{event}']"))
                .await?;
            return Ok(None);
        };
        if text.contains("2 tickets on this device") && !text.contains("still loading") {
            return Ok(Some(()));
        }
        // Another sync brings what the server had not yet put on the list.
        window.click(".foot button:not(:disabled)").await?;
        Ok(None)
    });
    if let Err(error) = listed.await {
        return Err(error.context(window.text("body").await?));
    }
    window.screenshot("app-choose").await?;
    window.click(&format!("{card} [data-gate='1']")).await?;
    window.see("[data-screen=scan] canvas").await?;
    Ok(())
}

/// Puts a photo of `code` where the app looks for frames, whole at once.
fn show(frames: &Path, name: &str, code: &str, seed: u64) -> Result<()> {
    let half = frames.join(format!(".{name}"));
    photograph(code, seed, &half)?;
    std::fs::rename(half, frames.join(name))?;
    Ok(())
}
