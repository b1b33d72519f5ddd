//! A camera's picture as luma, whatever format the driver speaks.

use image::ImageFormat;
use nokhwa::utils::FrameFormat;

use super::Frame;

/// What a driver may deliver, in the order we would have it at equal size and speed.
pub(super) const FORMATS: [FrameFormat; 6] = [
    FrameFormat::GRAY,
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// The luma of one picture; `None` if the driver delivered fewer bytes than its format needs.
pub(super) fn to_frame(
    bytes: &[u8],
    width: u32,
    height: u32,
    format: FrameFormat,
) -> Option<Frame> {
    let pixels = (width as usize).checked_mul(height as usize)?;
    let luma = match format {
        FrameFormat::MJPEG => {
            let picture = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).ok()?;
            let (width, height) = (picture.width(), picture.height());
            return Frame::new(picture.into_luma8().into_raw(), width, height);
        }
        FrameFormat::GRAY | FrameFormat::NV12 => bytes.get(..pixels)?.to_vec(),
        FrameFormat::YUYV => every(bytes.get(..pixels.checked_mul(2)?)?, 2, |yuv| yuv[0]),
        FrameFormat::RAWRGB => every(bytes.get(..pixels.checked_mul(3)?)?, 3, |rgb| {
            mix(rgb[0], rgb[1], rgb[2])
        }),
        FrameFormat::RAWBGR => every(bytes.get(..pixels.checked_mul(3)?)?, 3, |bgr| {
            mix(bgr[2], bgr[1], bgr[0])
        }),
    };
    Frame::new(luma, width, height)
}

fn every(bytes: &[u8], step: usize, luma: impl Fn(&[u8]) -> u8) -> Vec<u8> {
    bytes.chunks_exact(step).map(luma).collect()
}

/// ITU-R BT.601 weights, in 256ths.
fn mix(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
    (sum >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_gives_the_same_grey() {
        let cases: [(FrameFormat, &[u8]); 5] = [
            (FrameFormat::GRAY, &[10, 200]),
            (FrameFormat::NV12, &[10, 200, 128]),
            (FrameFormat::YUYV, &[10, 128, 200, 128]),
            (FrameFormat::RAWRGB, &[10, 10, 10, 200, 200, 200]),
            (FrameFormat::RAWBGR, &[10, 10, 10, 200, 200, 200]),
        ];
        for (format, bytes) in cases {
            assert_eq!(
                to_frame(bytes, 2, 1, format).unwrap().luma(),
                [10, 200],
                "{format}"
            );
        }
    }

    #[test]
    fn a_short_delivery_is_no_picture() {
        for format in FORMATS {
            assert!(to_frame(&[1, 2, 3], 640, 480, format).is_none(), "{format}");
        }
    }

    #[test]
    fn a_jpeg_picture_is_unpacked() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(16, 8, image::Luma([77]))
            .write_to(&mut bytes, ImageFormat::Jpeg)
            .unwrap();
        let frame = to_frame(bytes.get_ref(), 16, 8, FrameFormat::MJPEG).unwrap();
        assert_eq!(
            (frame.width(), frame.height(), frame.luma()[0]),
            (16, 8, 77)
        );
    }
}
