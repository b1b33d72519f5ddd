//! From a new device to the camera.

use super::Visit;
use crate::app::{Scanner, Venue};
use anyhow::Result;
use std::path::Path;

pub(super) async fn walk(
    venue: &Venue,
    frames: &Path,
    visitor: &mut impl Visit,
) -> Result<Scanner> {
    let scanner = venue.unpacked("north", Some(frames), 30_000).await?;
    let window = &scanner.window;
    visitor.visit(window, "enrol").await?;
    window.paste("#code", "gateline-enrol:nonsense").await?;
    window.paste("#name", "Tablet 1").await?;
    window.click("form button.primary").await?;
    window.see("[data-reason=not_an_enrolment_code]").await?;
    visitor.visit(window, "enrol-refused").await?;

    venue.enrol(&scanner, "Tablet 1").await?;
    window.see("[data-testid=enrolled]").await?;
    let event = venue.festival.event;
    let card = format!("button[data-event='{event}']");
    window.click(&card).await?;
    visitor.visit(window, "choose").await?;
    let gate = format!("section[data-event='{event}'] [data-gate='1']");
    window.click(&gate).await?;
    window.see("[data-screen=scan]").await?;
    window.see("[data-testid=figures]").await?;
    let room = image::GrayImage::from_fn(1280, 720, |x, y| {
        image::Luma([if y > 520 {
            70
        } else if (300..420).contains(&x) {
            110
        } else {
            150
        }])
    });
    room.save(frames.join("0.png"))?;
    window.see("canvas:not(.empty)").await?;
    visitor.visit(window, "ready").await?;
    Ok(scanner)
}
