//! What the camera sees: a ticket's code on a phone or on paper, in front of a
//! background, a little noisy. Drawn from a seed, so that a run can be repeated.

use crate::seed::Rng;
use anyhow::{Context, Result};
use image::{GrayImage, Luma};
use qrcode::{Color, EcLevel, QrCode};
use std::path::Path;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
const QUIET: i64 = 4;

/// Draws `digits` as a QR code into a camera frame and writes it to `file`.
///
/// # Errors
/// When the digits do not fit a QR code, or the file cannot be written.
pub fn photograph(digits: &str, seed: u64, file: &Path) -> Result<()> {
    let code = QrCode::with_error_correction_level(digits, EcLevel::M)
        .context("the code does not fit a QR code")?;
    let frame = draw(&code, seed);
    frame
        .save(file)
        .with_context(|| format!("cannot write {}", file.display()))
}

fn draw(code: &QrCode, seed: u64) -> GrayImage {
    let modules = code.width() as i64;
    let mut random = Rng::new(seed);
    let module = 6.0 + (random.next_number() % 5) as f64;
    let angle = ((random.next_number() % 21) as f64 - 10.0).to_radians();
    let centre = (
        f64::from(WIDTH) / 2.0 + (random.next_number() % 161) as f64 - 80.0,
        f64::from(HEIGHT) / 2.0 + (random.next_number() % 61) as f64 - 30.0,
    );
    let dark_mode = random.next_number().is_multiple_of(4);
    let (sin, cos) = angle.sin_cos();
    GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (dx, dy) = (f64::from(x) - centre.0, f64::from(y) - centre.1);
        let half = modules as f64 / 2.0;
        let column = ((dx * cos + dy * sin) / module + half).floor() as i64;
        let row = ((dy * cos - dx * sin) / module + half).floor() as i64;
        let shade = if (0..modules).contains(&column) && (0..modules).contains(&row) {
            let dark = code[(column as usize, row as usize)] == Color::Dark;
            if dark != dark_mode { 38 } else { 222 }
        } else if (-QUIET..modules + QUIET).contains(&column)
            && (-QUIET..modules + QUIET).contains(&row)
        {
            if dark_mode { 38 } else { 222 }
        } else {
            110 + (x / 16 % 24) as i64
        };
        let noise = (random.next_number() % 25) as i64 - 12;
        Luma([u8::try_from((shade + noise).clamp(0, 255)).unwrap_or(0)])
    })
}
