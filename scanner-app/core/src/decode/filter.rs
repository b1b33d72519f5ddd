//! Pictures made easier to read: smoothed, inverted, or black and white by their surroundings.

use crate::frame::Frame;

/// A plain buffer of the frame's size.
pub(super) type Luma = Vec<u8>;

/// The picture smoothed by the 3x3 binomial kernel (1 2 1), which takes sensor noise out of the
/// modules' edges. The outermost pixels stay as they are.
pub(super) fn smoothed(frame: &Frame) -> Luma {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let source = frame.luma();
    let mut smooth = source.to_vec();
    if width < 3 || height < 3 {
        return smooth;
    }
    let mut columns = vec![0u16; width];
    for y in 1..height - 1 {
        let [above, here, below] = [y - 1, y, y + 1].map(|row| &source[row * width..][..width]);
        for (sum, ((&a, &h), &b)) in columns.iter_mut().zip(above.iter().zip(here).zip(below)) {
            *sum = u16::from(a) + 2 * u16::from(h) + u16::from(b);
        }
        let row = &mut smooth[y * width + 1..(y + 1) * width - 1];
        for (pixel, sums) in row.iter_mut().zip(columns.windows(3)) {
            *pixel = ((sums[0] + 2 * sums[1] + sums[2] + 8) / 16) as u8;
        }
    }
    smooth
}

/// Black for white.
pub(super) fn inverted(luma: &[u8]) -> Luma {
    luma.iter().map(|&pixel| 255 - pixel).collect()
}

/// Which pixels are dark for their surroundings: darker than the mean of the box of `2 * radius + 1`
/// pixels around them, less a margin that keeps plain surfaces white.
pub(super) fn darker_than_box(frame: &Frame, radius: usize) -> Vec<bool> {
    /// In luma steps; a quarter of the noise of a dim camera picture.
    const MARGIN: u64 = 3;
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let sums = summed_areas(frame);
    let stride = width + 1;
    let mut dark = Vec::with_capacity(width * height);
    for y in 0..height {
        let (top, bottom) = (y.saturating_sub(radius), (y + radius + 1).min(height));
        let [above, below] = [top, bottom].map(|row| &sums[row * stride..][..stride]);
        for (x, &pixel) in frame.luma()[y * width..][..width].iter().enumerate() {
            let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(width));
            let sum = u64::from(below[right].wrapping_sub(below[left]))
                - u64::from(above[right].wrapping_sub(above[left]));
            let area = ((bottom - top) * (right - left)) as u64;
            dark.push((u64::from(pixel) + MARGIN) * area < sum);
        }
    }
    dark
}

/// Entry (x, y) is the sum over all pixels above and left of it. At most 1920 x 1920 x 255, which
/// a u32 holds.
fn summed_areas(frame: &Frame) -> Vec<u32> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let stride = width + 1;
    let mut sums = vec![0u32; stride * (height + 1)];
    for y in 0..height {
        let mut row_sum = 0;
        for x in 0..width {
            row_sum += u32::from(frame.luma()[y * width + x]);
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row_sum;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_spreads_a_dot_and_keeps_a_plain_surface() {
        let dot = Frame::new(vec![0, 0, 0, 0, 160, 0, 0, 0, 0], 3, 3).unwrap();
        assert_eq!(smoothed(&dot)[4], 40);
        let plain = Frame::new(vec![99; 25], 5, 5).unwrap();
        assert_eq!(smoothed(&plain), plain.luma());
    }

    #[test]
    fn a_module_is_dark_on_either_side_of_a_shadow() {
        let mut luma = vec![200; 20 * 20];
        for y in 0..20 {
            luma[y * 20 + 10..(y + 1) * 20].fill(60);
        }
        for (x, grey) in [(4, 90), (15, 25)] {
            luma[10 * 20 + x] = grey;
        }
        let dark = darker_than_box(&Frame::new(luma, 20, 20).unwrap(), 2);
        assert!(dark[10 * 20 + 4] && dark[10 * 20 + 15]);
        assert!(!dark[10 * 20 + 2] && !dark[10 * 20 + 18]);
    }
}
