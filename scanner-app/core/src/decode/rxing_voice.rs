//! The voices of rxing, the strongest reader we have: the same code shown the picture in several
//! ways. All of them try the inverted picture when the plain one gives nothing, because phones in
//! dark mode show light modules on a dark ground.

use std::{borrow::Cow, collections::HashSet};

use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DEFAULT_DOWNSCALE_THRESHHOLD, DEFAULT_UPSCALE_FACTOR,
    DEFAULT_UPSCALE_THRESHOLD, DecodeHints, Exceptions, Luma8LuminanceSource, Luma8Source,
    LuminanceSource, Reader,
    common::{BitArray, BitMatrix, HybridBinarizer, LineOrientation},
    helpers::detect_in_luma_filtered_with_hints,
    multi::MultipleBarcodeReader,
    qrcode::{QRCodeReader, cpp_port::QrReader},
};

use super::{Decoder, add, filter};
use crate::frame::Frame;

/// What rxing is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RxingVoice {
    /// The picture at 640 pixels: cheap enough for every frame.
    Small,
    /// The picture as it is.
    Full,
    /// The picture after 3x3 smoothing, against sensor noise.
    Smoothed,
    /// The picture in black and white by each pixel's surroundings, against shadow and glare.
    BoxThreshold,
    /// rxing's own pyramid: three sizes, each also with gaps closed.
    Filtered,
}

impl Decoder for RxingVoice {
    fn name(&self) -> &'static str {
        match self {
            Self::Small => "rxing-640",
            Self::Full => "rxing",
            Self::Smoothed => "rxing-smoothed",
            Self::BoxThreshold => "rxing-box",
            Self::Filtered => "rxing-filtered",
        }
    }

    fn read(&self, frame: &Frame) -> Vec<String> {
        match self {
            Self::Small => {
                let small = frame.scaled_to(640);
                read_luma(small.luma(), &small)
            }
            Self::Full => read_luma(frame.luma(), frame),
            Self::Smoothed => read_luma(&filter::smoothed(frame), frame),
            Self::BoxThreshold => read_box(frame),
            Self::Filtered => read_filtered(frame),
        }
    }
}

/// Only QR codes, and with patience.
fn hints() -> DecodeHints {
    DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        ..DecodeHints::default()
    }
}

fn read_luma(luma: &[u8], size: &Frame) -> Vec<String> {
    let Ok(source) = Luma8Source::new_with_slice(luma, size.width(), size.height()) else {
        return Vec::new();
    };
    read_bitmap(&mut BinaryBitmap::new(HybridBinarizer::new(source)))
}

/// All codes in the bitmap; if there are none, all in its inverse.
fn read_bitmap<B: Binarizer>(bitmap: &mut BinaryBitmap<B>) -> Vec<String> {
    let texts = read_upright(bitmap);
    if !texts.is_empty() {
        return texts;
    }
    bitmap.invert();
    read_upright(bitmap)
}

/// The newer detector finds every code; the older one is asked when it finds none.
fn read_upright<B: Binarizer>(bitmap: &mut BinaryBitmap<B>) -> Vec<String> {
    let hints = hints();
    let mut found = QrReader
        .decode_multiple_with_hints(bitmap, &hints)
        .unwrap_or_default();
    if found.is_empty() {
        found.extend(QRCodeReader.decode_with_hints(bitmap, &hints));
    }
    let mut texts = Vec::new();
    found
        .iter()
        .for_each(|code| add(&mut texts, code.getText()));
    texts
}

/// No layer of rxing's pyramid has more pixels than this.
const MOST_LAYER_PIXELS: u64 = 24 << 20;

/// The pixels of the largest layer of rxing's pyramid: it enlarges a picture whose
/// shorter side is short, in steps, until that side is long; a strip of two rows,
/// to gigabytes.
fn largest_layer(frame: &Frame) -> u64 {
    let (width, height) = (u64::from(frame.width()), u64::from(frame.height()));
    let short = width.min(height);
    let mut factor = 1;
    if short < DEFAULT_UPSCALE_THRESHOLD as u64 {
        factor *= u64::from(DEFAULT_UPSCALE_FACTOR);
        while short * factor < DEFAULT_DOWNSCALE_THRESHHOLD as u64 {
            factor *= u64::from(DEFAULT_UPSCALE_FACTOR);
        }
    }
    width * height * factor * factor
}

fn read_filtered(frame: &Frame) -> Vec<String> {
    if largest_layer(frame) > MOST_LAYER_PIXELS {
        return Vec::new();
    }
    let mut hints = DecodeHints {
        AlsoInverted: Some(true),
        ..hints()
    };
    let (luma, kind) = (frame.luma().to_vec(), Some(BarcodeFormat::QR_CODE));
    detect_in_luma_filtered_with_hints(luma, frame.width(), frame.height(), kind, &mut hints)
        .map(|code| vec![code.getText().to_owned()])
        .unwrap_or_default()
}

fn read_box(frame: &Frame) -> Vec<String> {
    BoxThreshold::new(frame)
        .map(|threshold| read_bitmap(&mut BinaryBitmap::new(threshold)))
        .unwrap_or_default()
}

/// A binarizer for rxing that has done its work already.
struct BoxThreshold {
    matrix: BitMatrix,
    /// rxing asks for it, and uses it only to cut and turn, which we do not.
    source: Luma8LuminanceSource,
}

impl BoxThreshold {
    fn new(frame: &Frame) -> rxing::common::Result<Self> {
        // Wide enough to hold more than a finder pattern of a code that fills the picture.
        let radius = (frame.width().min(frame.height()) / 12).max(8) as usize;
        let dark = filter::darker_than_box(frame, radius);
        let mut matrix = BitMatrix::new(frame.width(), frame.height())?;
        for (y, row) in (0..).zip(dark.chunks_exact(frame.width() as usize)) {
            for (x, _) in (0..).zip(row).filter(|&(_, &dark)| dark) {
                matrix.set(x, y);
            }
        }
        let source =
            Luma8LuminanceSource::with_empty_image(frame.width() as usize, frame.height() as usize);
        Ok(Self { matrix, source })
    }
}

impl Binarizer for BoxThreshold {
    type Source = Luma8LuminanceSource;

    fn get_luminance_source(&self) -> &Self::Source {
        &self.source
    }

    fn get_black_row(&self, y: usize) -> rxing::common::Result<Cow<'_, BitArray>> {
        let row = u32::try_from(y).ok().filter(|&y| y < self.matrix.height());
        row.map(|y| Cow::Owned(self.matrix.getRow(y)))
            .ok_or(Exceptions::INDEX_OUT_OF_BOUNDS)
    }

    fn get_black_row_from_matrix(&self, y: usize) -> rxing::common::Result<Cow<'_, BitArray>> {
        self.get_black_row(y)
    }

    fn get_black_matrix(&self) -> rxing::common::Result<&BitMatrix> {
        Ok(&self.matrix)
    }

    fn get_black_line(
        &self,
        line: usize,
        orientation: LineOrientation,
    ) -> rxing::common::Result<Cow<'_, BitArray>> {
        if matches!(orientation, LineOrientation::Row) {
            return self.get_black_row(line);
        }
        let column = u32::try_from(line)
            .ok()
            .filter(|&x| x < self.matrix.width());
        column
            .map(|x| Cow::Owned(self.matrix.getCol(x)))
            .ok_or(Exceptions::INDEX_OUT_OF_BOUNDS)
    }

    fn create_binarizer(&self, source: Self::Source) -> Self {
        Self {
            matrix: self.matrix.clone(),
            source,
        }
    }

    fn get_width(&self) -> usize {
        self.source.get_width()
    }

    fn get_height(&self) -> usize {
        self.source.get_height()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> Frame {
        Frame::new(vec![128; (width * height) as usize], width, height).unwrap()
    }

    #[test]
    fn a_strip_that_would_be_enlarged_to_gigabytes_is_left_to_the_other_voices() {
        for (width, height) in [(1920, 1), (1920, 2), (2, 1920), (1, 128), (1920, 16)] {
            let strip = grey(width, height);
            assert!(
                largest_layer(&strip) > MOST_LAYER_PIXELS,
                "{width}x{height}"
            );
            assert!(RxingVoice::Filtered.read(&strip).is_empty());
        }
        assert!(largest_layer(&grey(1920, 2)) > 1 << 30);
    }

    #[test]
    fn pictures_that_hold_a_code_are_enlarged_as_before() {
        let sides = [(25, 25), (90, 320), (149, 1920), (640, 480), (1920, 1080)];
        for (width, height) in sides {
            let pixels = largest_layer(&grey(width, height));
            assert!(pixels <= MOST_LAYER_PIXELS, "{width}x{height}: {pixels}");
        }
    }
}
