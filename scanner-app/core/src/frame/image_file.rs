//! Reading one image file that may be anything: bounded in bytes, sides and memory before it is
//! unpacked.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use image::{DynamicImage, ImageError, ImageReader, Limits, error::LimitErrorKind};

use super::{Frame, SourceError};

/// A file longer than this is not read.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// An image longer than this on either side is not unpacked.
pub(super) const MAX_SIDE: u32 = 10_000;
/// What unpacking may allocate.
const MAX_ALLOC: u64 = 320 * 1024 * 1024;

/// Reads a PNG or JPEG file, told by its content, not by its name.
pub fn read_image(path: &Path) -> Result<Frame, SourceError> {
    let unreadable = |reason| SourceError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    // Opening a pipe or a device may wait for ever, or do something.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SourceError::NotAFile {
            path: path.to_owned(),
        });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    decode_image(&path.display().to_string(), &bytes)
}

/// Unpacks PNG or JPEG bytes; `name` is for the error.
pub fn decode_image(name: &str, bytes: &[u8]) -> Result<Frame, SourceError> {
    let too_large = |reason: String| SourceError::TooLarge {
        name: name.to_owned(),
        reason,
    };
    let no_image = || SourceError::NotAnImage {
        name: name.to_owned(),
    };
    let damaged = |reason: String| SourceError::Damaged {
        name: name.to_owned(),
        reason,
    };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(format!("more than {} MB", MAX_BYTES >> 20)));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| damaged(error.to_string()))?;
    if reader.format().is_none() {
        return Err(no_image());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| match error {
        ImageError::Limits(limit) => too_large(match limit.kind() {
            LimitErrorKind::DimensionError => "too many pixels".to_owned(),
            LimitErrorKind::InsufficientMemory => format!("more than {} MB", MAX_ALLOC >> 20),
            other => format!("{other:?}"),
        }),
        ImageError::Unsupported(_) => no_image(),
        other => damaged(other.to_string()),
    })?;
    let (width, height) = (picture.width(), picture.height());
    Frame::new(on_white(picture), width, height).ok_or_else(|| damaged("it has no pixels".into()))
}

/// Luma, with what is transparent shown on white, as paper and screens do.
fn on_white(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_luma8().into_raw();
    }
    let over_white = |luma: u8, alpha: u8| {
        let (luma, alpha) = (u32::from(luma), u32::from(alpha));
        ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    picture
        .into_luma_alpha8()
        .pixels()
        .map(|pixel| over_white(pixel[0], pixel[1]))
        .collect()
}

#[cfg(test)]
mod tests {
    use image::{GrayAlphaImage, GrayImage, ImageFormat, Luma, LumaA};

    use super::*;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture
            .into()
            .write_to(&mut bytes, ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    /// A PNG header that claims these sides, with no picture behind it.
    fn claims(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = png(GrayImage::new(1, 1));
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                }
            })
        })
    }

    #[test]
    fn an_image_is_read_whatever_its_file_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ticket.txt");
        std::fs::write(&path, png(GrayImage::from_pixel(5, 4, Luma([42])))).unwrap();
        let frame = read_image(&path).unwrap();
        assert_eq!((frame.width(), frame.height(), frame.luma()[0]), (5, 4, 42));
    }

    #[test]
    fn what_is_transparent_is_shown_on_white() {
        let picture =
            GrayAlphaImage::from_fn(2, 1, |x, _| LumaA([0, if x == 0 { 255 } else { 0 }]));
        assert_eq!(decode_image("a", &png(picture)).unwrap().luma(), [0, 255]);
    }

    #[test]
    fn a_missing_file_says_so_and_a_text_is_no_image() {
        assert!(
            read_image(Path::new("no/such/file.png"))
                .unwrap_err()
                .is_unreadable()
        );
        for bytes in [&b""[..], b"hello", b"GIF89a\x01\0\x01\0", &[0; 4096]] {
            let error = decode_image("x", bytes).unwrap_err();
            assert!(matches!(error, SourceError::NotAnImage { .. }), "{error}");
        }
    }

    #[test]
    fn a_folder_and_a_device_are_refused_before_they_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        #[cfg(unix)]
        let device = Path::new("/dev/zero");
        #[cfg(windows)]
        let device = folder.path();
        for path in [folder.path(), device] {
            let error = read_image(path).unwrap_err();
            assert!(matches!(error, SourceError::NotAFile { .. }), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_that_nobody_writes_to_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.png");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let error = read_image(&pipe).unwrap_err();
        assert!(matches!(error, SourceError::NotAFile { .. }), "{error}");
    }

    #[test]
    fn an_image_that_claims_to_be_huge_is_refused_before_it_is_unpacked() {
        for (width, height) in [(10_001, 1), (1, u32::MAX >> 1), (100_000, 100_000)] {
            let error = decode_image("bomb", &claims(width, height)).unwrap_err();
            assert!(
                matches!(error, SourceError::TooLarge { .. }),
                "{width}x{height}: {error}"
            );
        }
    }

    #[test]
    fn a_damaged_image_is_an_error_and_never_a_panic() {
        let whole = png(GrayImage::from_fn(40, 30, |x, y| Luma([(x * y) as u8])));
        for length in 0..whole.len() - 16 {
            assert!(
                decode_image("cut", &whole[..length]).is_err(),
                "cut to {length}"
            );
        }
        for index in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[index] ^= 0x55;
            let _ = decode_image("flipped", &bytes);
        }
    }
}
