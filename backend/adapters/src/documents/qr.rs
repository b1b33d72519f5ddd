//! QR codes: the matrix, and its pictures. Every picture has the quiet zone of
//! four modules that ISO/IEC 18004 asks for.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use qrcode::{Color, EcLevel, QrCode, Version, bits::Bits};
use std::fmt::Write;

/// White modules around the code.
pub(super) const QUIET_ZONE: usize = 4;

/// A QR code without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    width: usize,
    dark: Vec<bool>,
}

/// Why there is no QR code or no picture of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// The text is none that a QR code holds.
    #[error("no QR code: {0}")]
    Text(String),
    /// The picture could not be encoded.
    #[error("no picture: {0}")]
    Picture(String),
}

impl Matrix {
    /// The code of a ticket: digits in numeric mode, level M. A plain ticket
    /// fits version 5, a holder-bound one version 10.
    ///
    /// # Errors
    /// [`QrError::Text`] when `digits` are no digits or too many.
    pub fn of_ticket(digits: &str) -> Result<Self, QrError> {
        let text = |error: qrcode::types::QrError| QrError::Text(error.to_string());
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QrError::Text("a ticket code is decimal digits".into()));
        }
        let mut last = None;
        for version in (5..=40).map(Version::Normal) {
            let mut bits = Bits::new(version);
            bits.push_numeric_data(digits.as_bytes()).map_err(text)?;
            match bits.push_terminator(EcLevel::M) {
                Ok(()) => {
                    return QrCode::with_bits(bits, EcLevel::M)
                        .map(Self::from)
                        .map_err(text);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or(QrError::Text("too long".into()), text))
    }

    /// The code of any text, as small as level M allows.
    ///
    /// # Errors
    /// [`QrError::Text`] when it is too long.
    pub fn of_text(text: &str) -> Result<Self, QrError> {
        QrCode::with_error_correction_level(text, EcLevel::M)
            .map(Self::from)
            .map_err(|error| QrError::Text(error.to_string()))
    }

    /// Modules along a side, without the quiet zone.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Runs of dark modules: row, first column, length.
    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.dark
            .chunks(self.width)
            .enumerate()
            .flat_map(|(y, row)| {
                let mut x = 0;
                std::iter::from_fn(move || {
                    x += row[x..].iter().position(|dark| *dark)?;
                    let length = row[x..].iter().take_while(|dark| **dark).count();
                    x += length;
                    Some((y, x - length, length))
                })
            })
    }

    /// A greyscale PNG with so many pixels per module.
    ///
    /// # Errors
    /// [`QrError::Picture`] when it cannot be encoded.
    pub fn png(&self, module_px: u32) -> Result<Vec<u8>, QrError> {
        let scale = module_px.max(1) as usize;
        let side = (self.width + 2 * QUIET_ZONE) * scale;
        let mut pixels = vec![255u8; side * side];
        for (y, x, length) in self.runs() {
            let left = (x + QUIET_ZONE) * scale;
            let top = (y + QUIET_ZONE) * scale;
            for row in pixels.chunks_mut(side).skip(top).take(scale) {
                row[left..left + length * scale].fill(0);
            }
        }
        let picture = |error: String| QrError::Picture(error);
        let side = u32::try_from(side).map_err(|e| picture(e.to_string()))?;
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(&pixels, side, side, ExtendedColorType::L8)
            .map_err(|e| picture(e.to_string()))?;
        Ok(png)
    }

    /// An SVG of one path, scalable to any size.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.width + 2 * QUIET_ZONE;
        let mut path = String::new();
        for (y, x, length) in self.runs() {
            let (x, y) = (x + QUIET_ZONE, y + QUIET_ZONE);
            // Writing to a string cannot fail.
            let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             width=\"{px}\" height=\"{px}\" shape-rendering=\"crispEdges\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
             <path fill=\"#000\" d=\"{path}\"/></svg>\n",
            px = side * 8
        )
    }
}

impl From<QrCode> for Matrix {
    fn from(code: QrCode) -> Self {
        Self {
            width: code.width(),
            dark: code
                .to_colors()
                .into_iter()
                .map(|c| c == Color::Dark)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_ticket_is_version_5_and_a_holder_bound_one_version_10() {
        let width = |digits: usize| Matrix::of_ticket(&"7".repeat(digits)).unwrap().width();
        assert_eq!(width(200), 37);
        assert_eq!(width(442), 57);
    }

    #[test]
    fn what_is_no_ticket_code_gets_no_picture() {
        for text in ["", "12a4", "１２"] {
            assert!(Matrix::of_ticket(text).is_err(), "{text}");
        }
        assert!(Matrix::of_ticket(&"1".repeat(9_000)).is_err());
    }

    #[test]
    fn every_picture_shows_the_same_modules_with_a_quiet_zone() {
        let matrix = Matrix::of_ticket(&"1234567890".repeat(20)).unwrap();
        let image = image::load_from_memory(&matrix.png(3).unwrap())
            .unwrap()
            .to_luma8();
        assert_eq!(image.dimensions(), (45 * 3, 45 * 3));
        for y in 0..45 {
            for x in 0..45 {
                let inside = (4..41).contains(&x) && (4..41).contains(&y);
                let dark = inside && matrix.dark[(y - 4) * 37 + (x - 4)];
                let pixel = image.get_pixel(x as u32 * 3 + 1, y as u32 * 3 + 1).0[0];
                assert_eq!(pixel == 0, dark, "module {x},{y}");
            }
        }
        let count = matrix.runs().count();
        assert_eq!(matrix.svg().matches('M').count(), count);
    }
}
