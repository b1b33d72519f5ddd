//! A walk through every state of the scanner's screens, in the real window with a
//! real backend: for pictures of them, and to hold each to what all must be.
//!
//! Always: a state is what staff would have done to get there; nothing is put on
//! the screen that the gate did not say.

mod at_the_gate;
mod beside;
mod first_steps;
mod trouble;

use super::{AppWindow, Scanner, Venue};
use anyhow::Result;
use serde_json::json;

/// The supervisor's PIN of the event.
const SUPERVISOR: &str = "2468";
/// The PIN of the device.
const PIN: &str = "1357";

/// Sees each state once, by its name.
pub trait Visit {
    /// `window` shows the state `name` now.
    fn visit(&mut self, window: &AppWindow, name: &'static str)
    -> impl Future<Output = Result<()>>;
}

/// Walks a window of `width` × `height` pixels through all states.
///
/// # Errors
/// When a state does not come, or what the visitor says.
pub async fn walk(width: u32, height: u32, visitor: &mut impl Visit) -> Result<()> {
    let mut venue = Venue::on_display(8, width, height).await?;
    set_rules(&venue).await?;
    let frames = venue.folder("frames");
    std::fs::create_dir(&frames)?;
    let scanner = first_steps::walk(&venue, &frames, visitor).await?;
    at_the_gate::walk(&venue, &scanner, visitor).await?;
    beside::walk(&scanner, visitor).await?;
    trouble::walk(&mut venue, scanner, &frames, visitor).await
}

/// Guests may go out and come in again; an override takes the supervisor's PIN.
async fn set_rules(venue: &Venue) -> Result<()> {
    let path = format!("/api/events/{}", venue.festival.event);
    let event = venue.festival.organizer.get(&path).await?;
    let mut policy = event["policy"].clone();
    policy["re_entry"] = json!("after_exit");
    policy["overrides"] = json!("reason_and_pin");
    let change = json!({"policy": policy, "supervisor_pin": SUPERVISOR});
    venue.festival.organizer.patch(&path, &change).await?;
    Ok(())
}

/// Takes away what is over the camera.
async fn clear(scanner: &Scanner) -> Result<()> {
    scanner
        .window
        .click("[data-answer] [data-action=next]")
        .await?;
    scanner.window.gone("[data-answer]").await
}

async fn sheet(scanner: &Scanner, name: &str) -> Result<()> {
    scanner.window.click("[data-action=menu]").await?;
    scanner.window.see("[data-sheet=menu]").await?;
    let item = format!("[data-sheet=menu] [data-action={name}]");
    scanner.window.click(&item).await
}

async fn close(scanner: &Scanner) -> Result<()> {
    scanner
        .window
        .click("[data-sheet] [data-action=close]")
        .await?;
    scanner.window.gone("[data-sheet]").await
}
