//! Checks a log file from its first byte to its last: each line is what its record's
//! bytes say, each hash holds, each record holds the hash of the one before, and the
//! device signed all of it. Needs no store and no network, and little memory.

use super::{FORM, Head, Line, Tail, rendered, signed_bytes};
use base64::{Engine, engine::general_purpose::STANDARD};
use gateline_common::sync::{RecordBody, SignedReceipt};
use gateline_common::{Hash, PublicKey};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Read};
use ticket_crypto::detached::{Domain, verify as is_signed};

/// A longer line is none of ours, bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// Problems and gaps that are told, each.
const MOST_TOLD: usize = 100;

/// What a file turned out to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Is it one device's log, as the device signed it, without a gap?
    pub sound: bool,
    /// Whose log it says that it is; believe it once the keys are compared.
    pub head: Option<Head>,
    /// Records read.
    pub records: u64,
    /// The number of the last one.
    pub last_seq: u64,
    /// Its hash.
    pub last_hash: Option<Hash>,
    /// The server's receipts in it.
    pub receipts: Receipts,
    /// Records that the device itself lost: where its numbers jump.
    pub gaps: Vec<Gap>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// The server's receipts in a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Receipts {
    /// Signed with the organization's key.
    pub genuine: u64,
    /// Not signed with it.
    pub forged: u64,
    /// The record up to which the server had the log, as the last genuine one says.
    pub up_to: u64,
}

/// Records that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The number before it.
    pub after: u64,
    /// The number behind it.
    pub before: u64,
}

/// What is wrong with a file. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// The first line is no head of a log file that this program reads.
    NotALog,
    /// A line is not what was written.
    Changed {
        /// The line.
        line: u64,
    },
    /// A record of another device.
    OtherDevice {
        /// The line.
        line: u64,
    },
    /// A record's number is not above the one before.
    OutOfOrder {
        /// The line.
        line: u64,
    },
    /// A record does not hold the hash of the one before.
    NotChained {
        /// The line.
        line: u64,
    },
    /// The file ends without its tail.
    CutShort,
    /// Something comes after the tail.
    BehindTheTail,
    /// The tail counts other records than there are.
    WrongTail,
    /// The device did not sign this.
    NotSigned,
    /// A receipt in it is not the organization's.
    ForgedReceipt {
        /// The line.
        line: u64,
    },
    /// It is not of the device that was asked for.
    OtherDeviceKey,
    /// It is not of the organization that was asked for.
    OtherRootKey,
}

/// The keys that the file must be of, as far as they are known from elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keys {
    /// The device's.
    pub device: Option<PublicKey>,
    /// The organization's.
    pub root: Option<PublicKey>,
}

/// Checks a file.
///
/// # Errors
/// Only when it cannot be read; what is wrong with it is in the answer.
pub fn verify(file: impl BufRead, keys: Keys) -> io::Result<Found> {
    let mut check = Check {
        file,
        line: 0,
        content: Sha256::new(),
        found: Found::default(),
    };
    check.run(keys)?;
    let mut found = check.found;
    found.sound = found.problems.is_empty() && found.gaps.is_empty();
    Ok(found)
}

struct Check<R> {
    file: R,
    line: u64,
    content: Sha256,
    found: Found,
}

impl<R: BufRead> Check<R> {
    fn run(&mut self, keys: Keys) -> io::Result<()> {
        let first = self.next()?;
        let Some(head) = first.as_deref().and_then(head) else {
            self.problem(Problem::NotALog);
            return Ok(());
        };
        if keys.device.is_some_and(|key| key != head.device_key) {
            self.problem(Problem::OtherDeviceKey);
        }
        if keys.root.is_some_and(|key| key != head.root_key) {
            self.problem(Problem::OtherRootKey);
        }
        self.content.update(first.unwrap_or_default());
        self.found.head = Some(head.clone());
        while let Some(line) = self.next()? {
            if let Some(tail) = exact::<Tail>(&line) {
                self.tail(&head, tail);
                if self.next()?.is_some() {
                    self.problem(Problem::BehindTheTail);
                }
                return Ok(());
            }
            self.content.update(&line);
            match record(&line) {
                Some(record) => self.record(&head, &record),
                None => self.problem(Problem::Changed { line: self.line }),
            }
        }
        self.problem(Problem::CutShort);
        Ok(())
    }

    /// The next line with its line feed; `None` at the end.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.file).take(LONGEST_LINE);
        bounded.read_until(b'\n', &mut line)?;
        self.line += 1;
        Ok((!line.is_empty()).then_some(line))
    }

    fn record(&mut self, head: &Head, line: &Line) {
        let at = self.line;
        let record = &line.record;
        if record.device != head.device {
            self.problem(Problem::OtherDevice { line: at });
        }
        let (before, hash) = (self.found.last_seq, self.found.last_hash);
        if record.seq <= before {
            self.problem(Problem::OutOfOrder { line: at });
        } else if record.seq > before + 1 {
            let gap = Gap {
                after: before,
                before: record.seq,
            };
            if self.found.gaps.len() < MOST_TOLD {
                self.found.gaps.push(gap);
            }
        } else if record.previous != hash.unwrap_or(Hash::ZERO) {
            self.problem(Problem::NotChained { line: at });
        }
        if let RecordBody::Receipt(signed) = &record.body {
            self.receipt(head, signed);
        }
        self.found.records += 1;
        self.found.last_seq = record.seq;
        self.found.last_hash = Some(line.hash);
    }

    fn receipt(&mut self, head: &Head, signed: &SignedReceipt) {
        let bytes = signed.receipt.to_signed_bytes();
        let receipts = &mut self.found.receipts;
        if signed.receipt.device == head.device
            && is_signed(&head.root_key, Domain::Receipt, &bytes, &signed.signature)
        {
            receipts.genuine += 1;
            receipts.up_to = receipts.up_to.max(signed.receipt.seq);
        } else {
            receipts.forged += 1;
            let line = self.line;
            self.problem(Problem::ForgedReceipt { line });
        }
    }

    fn tail(&mut self, head: &Head, tail: Tail) {
        let found = &self.found;
        let last_hash = found.last_hash.unwrap_or(Hash::ZERO);
        let counted = (found.records, found.last_seq, last_hash);
        if (tail.records, tail.last_seq, tail.last_hash) != counted {
            self.problem(Problem::WrongTail);
        }
        let content = Hash(self.content.clone().finalize().into());
        let signed = signed_bytes(content, tail.records, tail.last_seq, tail.last_hash);
        if !is_signed(&head.device_key, Domain::LogFile, &signed, &tail.signature) {
            self.problem(Problem::NotSigned);
        }
    }

    fn problem(&mut self, problem: Problem) {
        if self.found.problems.len() < MOST_TOLD {
            self.found.problems.push(problem);
        }
    }
}

fn head(line: &[u8]) -> Option<Head> {
    exact::<Head>(line).filter(|head| head.gateline_log == FORM)
}

/// The record of a line, if the line is what its bytes say.
fn record(line: &[u8]) -> Option<Line> {
    let read: Line = exact(line)?;
    let bytes = STANDARD.decode(&read.bytes).ok()?;
    let again = Line::of(&bytes).ok()?;
    (rendered(&again).ok()? == line).then_some(again)
}

/// A line that is exactly what this program writes for its value.
fn exact<T: serde::de::DeserializeOwned + Serialize>(line: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(line).ok()?;
    (rendered(&value).ok()? == line).then_some(value)
}
