//! The feed as it arrives: a zstd stream of pages, each behind its length.
//! Bytes go in as they come, whole pages come out; what is still missing stays
//! in the buffer, which has a bound: a few bytes that would unpack to gigabytes
//! are refused while they unpack.

use super::SyncError;
use gateline_common::sync::{self, FeedPage, FrameError};
use std::io::{self, Write};
use zstd::stream::write::Decoder;

const MOST_PAGE: usize = 16 << 20;
const MOST_BUFFERED: usize = 64 << 20;

/// Reads pages out of a compressed stream.
pub(super) struct PageReader {
    decoder: Decoder<'static, Unpacked>,
    fed: bool,
}

/// What was unpacked and not read yet.
struct Unpacked(Vec<u8>);

impl Write for Unpacked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BUFFERED {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PageReader {
    pub(super) fn new() -> Result<Self, SyncError> {
        let decoder = Decoder::new(Unpacked(Vec::new()))
            .map_err(|error| SyncError::Unreachable(error.to_string()))?;
        Ok(Self {
            decoder,
            fed: false,
        })
    }

    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// `NotGateline` when the stream does not even begin as one; else `Damaged`.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), SyncError> {
        let written = self
            .decoder
            .write_all(bytes)
            .and_then(|()| self.decoder.flush());
        if written.is_err() {
            return Err(if self.fed {
                SyncError::Damaged(FrameError::Damaged)
            } else {
                SyncError::NotGateline
            });
        }
        self.fed = true;
        Ok(())
    }

    /// The next whole page, if it has arrived.
    ///
    /// # Errors
    /// `Damaged` when it is none.
    pub(super) fn next(&mut self) -> Result<Option<FeedPage>, SyncError> {
        let buffer = &mut self.decoder.get_mut().0;
        let Some(length) = buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > MOST_PAGE {
            return Err(SyncError::Damaged(FrameError::Damaged));
        }
        let Some(frame) = buffer.get(4..4 + length) else {
            return Ok(None);
        };
        let page = sync::decode(frame).map_err(SyncError::Damaged)?;
        buffer.drain(..4 + length);
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::ids::{EventId, FeedGeneration};
    use uuid::Uuid;

    fn stream(pages: u64) -> Vec<u8> {
        let mut plain = Vec::new();
        for next in 1..=pages {
            let page = FeedPage {
                event: EventId(7),
                generation: FeedGeneration(Uuid::nil()),
                entries: vec![],
                next,
                more: next < pages,
                reset: false,
            };
            let frame = sync::encode(&page).expect("encodes");
            plain.extend_from_slice(&u32::try_from(frame.len()).expect("small").to_be_bytes());
            plain.extend_from_slice(&frame);
        }
        zstd::encode_all(plain.as_slice(), 1).expect("compresses")
    }

    #[test]
    fn pages_come_out_whole_however_the_stream_is_cut() {
        let bytes = stream(5);
        for size in [1, 2, 3, 7, bytes.len()] {
            let mut reader = PageReader::new().expect("opens");
            let mut found = Vec::new();
            for chunk in bytes.chunks(size) {
                reader.feed(chunk).expect("takes");
                while let Some(page) = reader.next().expect("reads") {
                    found.push(page.next);
                }
            }
            assert_eq!(found, [1, 2, 3, 4, 5]);
        }
    }

    #[test]
    fn a_stream_that_would_fill_the_memory_is_refused_while_it_unpacks() {
        let zeros = io::Read::take(io::repeat(0), 4 * MOST_BUFFERED as u64);
        let bomb = zstd::encode_all(zeros, 1).expect("compresses");
        assert!(bomb.len() < MOST_BUFFERED / 1000, "{}", bomb.len());
        let mut reader = PageReader::new().expect("opens");
        assert!(reader.feed(&bomb).is_err());
        assert!(reader.decoder.get_ref().0.len() <= MOST_BUFFERED);
    }

    #[test]
    fn html_is_told_apart_from_damage() {
        let mut reader = PageReader::new().expect("opens");
        let html = reader.feed(b"<!doctype html><title>Sign in</title>");
        assert!(matches!(html, Err(SyncError::NotGateline)));
        let mut bytes = stream(3);
        let middle = bytes.len() / 2;
        bytes.splice(middle.., std::iter::repeat_n(0xff, 64));
        let mut reader = PageReader::new().expect("opens");
        let fed: Result<(), SyncError> = bytes.chunks(4).try_for_each(|chunk| {
            reader.feed(chunk)?;
            while reader.next()?.is_some() {}
            Ok(())
        });
        assert!(matches!(fed, Err(SyncError::Damaged(_))));
    }
}
