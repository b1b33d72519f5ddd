//! Reads scan records from their bytes: one version byte, then postcard (numbers as
//! LEB128, signed ones in zigzag, variants by their number). Only what is checked is
//! read.

use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"gateline-record-v1";
const VERSION: u8 = 1;

/// A record, as far as it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The device.
    pub(super) device: [u8; 16],
    /// Its number.
    pub(super) seq: u64,
    /// The hash of the one before.
    pub(super) previous: [u8; 32],
    /// What happened.
    pub(super) body: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// A scan.
    Scan {
        /// The serial in the code's bytes, if it was one of ours in form.
        serial: Option<u64>,
        /// Was it let in?
        admitted: bool,
    },
    /// An admission was taken back.
    Withdrawal {
        /// Its record.
        seq: u64,
    },
    /// Anything else.
    Other,
}

/// The hash that the next record holds.
#[must_use]
pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(bytes)
        .finalize()
        .into()
}

/// The record with these bytes; `None` for bytes that are none.
#[must_use]
pub(super) fn read(bytes: &[u8]) -> Option<Record> {
    let mut reader = Reader(bytes);
    if reader.byte()? != VERSION || reader.number()? != 16 {
        return None;
    }
    let device = reader.take(16)?.try_into().ok()?;
    let seq = reader.number()?;
    let previous = reader.take(32)?.try_into().ok()?;
    let (_at, _offset, _uncertainty) = (reader.number()?, reader.number()?, reader.number()?);
    let body = match reader.number()? {
        0 => reader.scan()?,
        1 => Body::Withdrawal {
            seq: reader.number()?,
        },
        _ => Body::Other,
    };
    Some(Record {
        device,
        seq,
        previous,
        body,
    })
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn scan(&mut self) -> Option<Body> {
        let _event = self.number()?;
        if self.byte()? == 1 {
            let _gate = self.number()?;
        }
        let _direction = self.number()?;
        let serial = match self.number()? {
            0 => {
                let length = usize::try_from(self.number()?).ok()?;
                // Kind, key, event, then the serial in six bytes.
                let code = self.take(length)?;
                let serial = code.get(6..12)?;
                let digits = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
                Some(serial.iter().fold(0, digits))
            }
            1 => Some(self.number()?),
            _ => {
                let _hash = self.take(32)?;
                let _length = self.number()?;
                None
            }
        };
        Some(Body::Scan {
            serial,
            admitted: self.number()? == 0,
        })
    }
}
