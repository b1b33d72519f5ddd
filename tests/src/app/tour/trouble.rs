//! Without a server, without a camera, revoked, and with a store that is none.

use super::{Visit, clear};
use crate::app::{Scanner, Venue};
use anyhow::{Context, Result};
use std::path::Path;

pub(super) async fn walk(
    venue: &mut Venue,
    scanner: Scanner,
    frames: &Path,
    visitor: &mut impl Visit,
) -> Result<()> {
    let window = &scanner.window;
    let away = frames.with_extension("away");
    std::fs::rename(frames, &away)?;
    window.see("footer .warnings").await?;
    visitor.visit(window, "camera-lost").await?;
    std::fs::rename(&away, frames)?;
    image::GrayImage::from_pixel(1280, 720, image::Luma([140])).save(frames.join("1.png"))?;
    window.gone("footer .warnings").await?;

    venue.backend.kill()?;
    scanner
        .await_status("the link to be gone", |line| line["link"] == "offline")
        .await?;
    window.see("[data-link=offline]").await?;
    visitor.visit(window, "offline").await?;
    scanner.scan(&venue.codes[2]).await?;
    window
        .see("[data-answer=admit][data-confirmation=unconfirmed]")
        .await?;
    visitor.visit(window, "admit-unconfirmed").await?;
    clear(&scanner).await?;

    venue.backend.start_again().await?;
    let devices = format!("/api/checkin/devices?org={}", venue.festival.org);
    let devices = venue.festival.organizer.get(&devices).await?;
    let device = devices["items"][0]["id"]
        .as_str()
        .context("a device")?
        .to_owned();
    let device = format!("/api/checkin/devices/{device}");
    venue.festival.organizer.delete(&device).await?;
    window.see("[data-link=revoked]").await?;
    visitor.visit(window, "revoked").await?;
    scanner.close().await?;
    broken(venue, visitor).await
}

/// A store whose database is something else.
async fn broken(venue: &Venue, visitor: &mut impl Visit) -> Result<()> {
    let store = venue.folder("broken");
    std::fs::create_dir(&store)?;
    std::fs::write(store.join("store.db"), [7; 8192])?;
    let scanner = venue.unpacked("broken", None, 250).await?;
    scanner.window.see("[data-screen=broken]").await?;
    visitor.visit(&scanner.window, "broken").await?;
    scanner.close().await
}
