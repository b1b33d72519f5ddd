//! One picture: 8-bit luma, rows from the top, bounded in size.

use std::borrow::Cow;

/// No frame is longer than this; longer pictures are scaled down when they come in.
pub const LONGEST_SIDE: u32 = 1920;

/// A grey picture. Its buffer always holds exactly `width * height` bytes, both at least 1 and at
/// most [`LONGEST_SIDE`].
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    luma: Vec<u8>,
    width: u32,
    height: u32,
}

impl Frame {
    /// Takes over a picture, scaling it down to [`LONGEST_SIDE`] if it is longer. `None` if the
    /// buffer does not hold `width * height` bytes or holds none.
    pub fn new(luma: Vec<u8>, width: u32, height: u32) -> Option<Self> {
        let wanted = (width as usize).checked_mul(height as usize)?;
        if wanted == 0 || luma.len() != wanted {
            return None;
        }
        let frame = Self {
            luma,
            width,
            height,
        };
        Some(match frame.scaled_to(LONGEST_SIDE) {
            Cow::Owned(smaller) => smaller,
            Cow::Borrowed(_) => frame,
        })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, row by row, 0 = black.
    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    /// The same picture with its longer side at most `longest` pixels, each pixel the mean of the
    /// area it stands for; itself if it is no longer than that.
    pub fn scaled_to(&self, longest: u32) -> Cow<'_, Self> {
        let side = self.width.max(self.height);
        if side <= longest {
            return Cow::Borrowed(self);
        }
        let shrink = |length: u32| {
            let scaled = (u64::from(length) * u64::from(longest)).div_ceil(u64::from(side));
            u32::try_from(scaled).unwrap_or(longest).max(1)
        };
        let (width, height) = (shrink(self.width), shrink(self.height));
        let rows = shrink_rows(&self.luma, self.width as usize, width as usize);
        let columns = transpose(&rows, width as usize, self.height as usize);
        let shrunk = shrink_rows(&columns, self.height as usize, height as usize);
        let luma = transpose(&shrunk, height as usize, width as usize);
        Cow::Owned(Self {
            luma,
            width,
            height,
        })
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}x{})", self.width, self.height)
    }
}

/// Shares of source pixels in one target pixel; they add up to this.
const WHOLE: u32 = 1 << 16;

/// Shrinks each row of `from` pixels to `to` pixels by the mean over the area each covers.
fn shrink_rows(pixels: &[u8], from: usize, to: usize) -> Vec<u8> {
    let shares: Vec<(usize, Vec<u32>)> = (0..to).map(|index| shares(index, from, to)).collect();
    let mut shrunk = Vec::with_capacity(pixels.len() / from * to);
    for row in pixels.chunks_exact(from) {
        for (start, weights) in &shares {
            let sum: u32 = row[*start..]
                .iter()
                .zip(weights)
                .map(|(&p, &w)| u32::from(p) * w)
                .sum();
            shrunk.push(((sum + WHOLE / 2) / WHOLE).min(255) as u8);
        }
    }
    shrunk
}

/// Which source pixels target pixel `index` covers, from which one on and with which shares.
fn shares(index: usize, from: usize, to: usize) -> (usize, Vec<u32>) {
    let step = from as f64 / to as f64;
    let (start, end) = (index as f64 * step, (index + 1) as f64 * step);
    let first = start as usize;
    let last = (end.ceil() as usize).clamp(first + 1, from);
    let weights = (first..last)
        .map(|pixel| {
            let covered = (end.min((pixel + 1) as f64) - start.max(pixel as f64)).max(0.0);
            (covered / step * f64::from(WHOLE)).round() as u32
        })
        .collect();
    (first, weights)
}

fn transpose(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut turned = vec![0; pixels.len()];
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        for (x, &pixel) in row.iter().enumerate() {
            turned[x * height + y] = pixel;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_of_the_wrong_length_is_no_frame() {
        assert!(Frame::new(vec![0; 11], 4, 3).is_none());
        assert!(Frame::new(vec![], 0, 0).is_none());
        assert!(Frame::new(vec![], u32::MAX, u32::MAX).is_none());
    }

    #[test]
    fn a_long_picture_is_scaled_down_to_the_cap() {
        let frame = Frame::new(vec![90; 4000 * 3], 4000, 3).unwrap();
        assert_eq!((frame.width(), frame.height()), (1920, 2));
        assert!(frame.luma().iter().all(|&pixel| pixel == 90));
    }

    #[test]
    fn scaling_down_takes_the_mean_of_each_area() {
        let frame = Frame::new(vec![0, 100, 200, 100, 40, 60, 0, 0], 4, 2).unwrap();
        let half = frame.scaled_to(2);
        assert_eq!((half.width(), half.height()), (2, 1));
        assert_eq!(half.luma(), [50, 75]);
    }

    #[test]
    fn a_short_picture_stays_as_it_is() {
        let frame = Frame::new(vec![7; 6], 3, 2).unwrap();
        assert!(matches!(frame.scaled_to(3), Cow::Borrowed(_)));
    }
}
