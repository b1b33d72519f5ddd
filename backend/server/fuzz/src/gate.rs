//! An enrolled gate whose steward is dishonest: whatever it is told to claim, it
//! chains and signs as it should.

use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::{
    ClockReading, ConfirmRequest, Record, RecordBody, ScanBatch, Subject, UploadRequest, encode,
};
use gateline_common::{Hash, Timestamp};
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{Domain, sign};

/// The gate and its log so far.
pub(crate) struct Gate {
    device: DeviceId,
    key: SigningKey,
    event: EventId,
    code: Vec<u8>,
    sent: u64,
    last: Hash,
}

impl Gate {
    /// The gate of this enrolment at an event of which it has seen a code.
    pub(crate) fn new(device: DeviceId, key: SigningKey, event: EventId, code: Vec<u8>) -> Self {
        Self {
            device,
            key,
            event,
            code,
            sent: 0,
            last: Hash::ZERO,
        }
    }

    /// The message for `path` with the claims of `body`, each a line of hex: the
    /// time in milliseconds (8 bytes) and the record's body. The event 0 and a
    /// code of one byte stand for those of the house. `None` without any claim.
    pub(crate) fn message(&mut self, path: &str, body: &[u8]) -> Option<Vec<u8>> {
        let lines = body.split(|byte| *byte == b'\n');
        let claims = lines.filter_map(|line| claim(&bytes_of(line)));
        let mut records = Vec::new();
        let (mut seq, mut last) = (self.sent, self.last);
        for (at, body) in claims.take(8) {
            seq += 1;
            let body = self.of_the_house(body);
            let record = Record {
                device: self.device,
                seq,
                previous: last,
                at,
                clock: ClockReading {
                    offset_ms: 0,
                    uncertainty_ms: 5,
                },
                body,
            };
            let bytes = record.to_bytes().ok()?;
            last = Record::hash(&bytes);
            records.push(bytes);
        }
        let first_seq = self.sent + 1;
        if records.is_empty() {
            return None;
        }
        let head = ScanBatch::head(self.device, first_seq, seq, last);
        let batch = ScanBatch {
            device: self.device,
            first_seq,
            records,
            signature: sign(&self.key, Domain::Batch, &head),
        };
        (self.sent, self.last) = (seq, last);
        if path.contains("/confirm") {
            return encode(&ConfirmRequest {
                batch,
                cursor: None,
                manifest_version: 0,
            })
            .ok();
        }
        encode(&UploadRequest {
            batch: Some(batch),
            cursors: vec![],
            manifest_version: 0,
        })
        .ok()
    }

    fn of_the_house(&self, mut body: RecordBody) -> RecordBody {
        if let RecordBody::Scan(scan) = &mut body {
            if scan.event == EventId(0) {
                scan.event = self.event;
            }
            match &mut scan.subject {
                Subject::Code(code) if code.len() == 1 => code.clone_from(&self.code),
                _ => {}
            }
        }
        body
    }
}

fn claim(bytes: &[u8]) -> Option<(Timestamp, RecordBody)> {
    let (at, body) = bytes.split_first_chunk()?;
    let body = postcard::from_bytes(body).ok()?;
    Some((Timestamp(i64::from_be_bytes(*at)), body))
}

fn bytes_of(hex: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
