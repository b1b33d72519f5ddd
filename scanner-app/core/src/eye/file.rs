//! One picture that somebody chose to show.

use super::is_ours;
use crate::decode::Ladder;
use crate::frame::{SourceError, decode_image};
use std::sync::Arc;

/// The codes in the PNG or JPEG picture `bytes`: those of ours, or if there are none,
/// all. Takes as long as all voices together: seconds at worst.
///
/// # Errors
/// `NotAnImage`, `Damaged`, `TooLarge`, each naming `name`.
pub fn read_file(name: &str, bytes: &[u8]) -> Result<Vec<String>, SourceError> {
    let frame = Arc::new(decode_image(name, bytes)?);
    let readings = Ladder::default().thorough_until(&frame, is_ours);
    let mut texts: Vec<String> = readings.into_iter().map(|reading| reading.text).collect();
    if texts.iter().any(|text| is_ours(text)) {
        texts.retain(|text| is_ours(text));
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{flat, side_by_side};
    use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
    use image::{GrayImage, ImageFormat};
    use std::io::Cursor;
    use ticket_crypto::{SigningKey, TicketClaims, issue};

    fn png(frame: &crate::frame::Frame) -> Vec<u8> {
        let (width, height) = (frame.width(), frame.height());
        let picture = GrayImage::from_raw(width, height, frame.luma().to_vec()).unwrap();
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_gives_its_codes_and_one_without_gives_none() {
        let two = side_by_side("1111111111", "2222222222");
        let mut texts = read_file("two", &png(&two)).unwrap();
        texts.sort();
        assert_eq!(texts, ["1111111111", "2222222222"]);
        let blank = crate::frame::Frame::new(vec![200; 64 * 64], 64, 64).unwrap();
        assert!(read_file("blank", &png(&blank)).unwrap().is_empty());
    }

    #[test]
    fn a_foreign_code_beside_a_ticket_is_left_out_and_alone_it_is_not() {
        let claims = TicketClaims {
            key_id: KeyId(1),
            event: EventId(7),
            serial: Serial::truncate(1),
            ticket_type: TicketTypeId(1),
            epoch: Epoch(1),
            not_after_days: 30_000,
        };
        let ticket = issue(&SigningKey::from_seed([2; 32]), &claims).to_digits();
        let both = side_by_side("https://example.org", &ticket);
        assert_eq!(read_file("both", &png(&both)).unwrap(), [ticket]);
        let alone = read_file("alone", &png(&flat("https://example.org", 6))).unwrap();
        assert_eq!(alone, ["https://example.org"]);
    }

    #[test]
    fn a_text_is_no_picture() {
        let error = read_file("notes.txt", b"hello").unwrap_err();
        assert!(matches!(error, SourceError::NotAnImage { .. }), "{error}");
    }
}
