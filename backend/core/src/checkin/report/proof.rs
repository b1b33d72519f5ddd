//! What a third party needs to check a record: its exact bytes, the signed batch
//! that holds it, and the server's receipt.

use super::RecordKey;
use crate::checkin::log::{StoredBatch, StoredRecord};
use crate::checkin::ports::LogSource;
use crate::shared::StoreError;
use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateline_common::ids::DeviceId;
use gateline_common::sync::Record;
use gateline_common::{Hash, Signature, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A record's exact bytes: base64url in JSON, encoded only as it is written. A
/// report may hold tens of thousands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordBytes(pub Vec<u8>);

impl Serialize for RecordBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &URL_SAFE_NO_PAD))
    }
}

/// Where the proof of a record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The record.
    pub record: RecordBytes,
    /// SHA-256 over `gateline-record-v1` and the bytes.
    pub record_hash: Hash,
    /// Index in the report's `batches` of the batch that holds it; `None` only
    /// if its device never signed for it.
    pub batch: Option<usize>,
}

/// A batch as the device signed it, with the server's receipt. Each record holds
/// the hash of the one before it; the device's signature covers the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchProof {
    /// The device.
    pub device: DeviceId,
    /// Number of its first record.
    pub first_seq: u64,
    /// Number of its last record.
    pub last_seq: u64,
    /// Hash of its last record.
    pub last_hash: Hash,
    /// The device's signature (domain `gateline-batch-v1`).
    pub signature: Signature,
    /// When the server stored it.
    pub received_at: Timestamp,
    /// The organization root key's signature over the receipt (domain
    /// `gateline-receipt-v1`) for the last record.
    pub receipt: Signature,
    /// Its records, from the earliest that a proof of this report needs to the
    /// last: those before it prove nothing of it.
    pub records: Vec<RecordBytes>,
}

/// A batch's records along their hashes, from the last one backwards as far as
/// proofs need them.
struct Chain {
    batch: StoredBatch,
    /// Hash and bytes of what was walked so far.
    links: Vec<(Hash, Vec<u8>)>,
    /// The hash that the next record backwards must have; `None` where the chain
    /// breaks off.
    next: Option<Hash>,
    /// Once a proof needs it: its index in the report, and the number of the
    /// earliest record needed.
    taken: Option<(usize, u64)>,
}

/// Collects the batches that proofs need, each once.
pub(super) struct Proofs<'a> {
    source: &'a dyn LogSource,
    /// Of each device, the shortest batches first.
    chains: BTreeMap<DeviceId, Vec<Chain>>,
    taken: usize,
}

impl<'a> Proofs<'a> {
    pub(super) fn of(source: &'a dyn LogSource) -> Self {
        Self {
            source,
            chains: BTreeMap::new(),
            taken: 0,
        }
    }

    /// The proof of a record.
    pub(super) fn of_record(&mut self, key: RecordKey) -> Result<Proof, StoreError> {
        let (device, seq, hash) = key;
        let here = self.source.records(device, seq, seq)?;
        let found = here.iter().find(|record| record.hash == hash);
        let bytes = found.map_or_else(Vec::new, |record| record.bytes.clone());
        Ok(Proof {
            record: RecordBytes(bytes),
            record_hash: hash,
            batch: self.batch_with(key)?,
        })
    }

    /// The batches that proofs need, each from the earliest record that one needs.
    pub(super) fn batches(self) -> Vec<BatchProof> {
        let chains = self.chains.into_values().flatten();
        let mut taken: Vec<(usize, BatchProof)> = chains
            .filter_map(|chain| Some((chain.taken?.0, chain.proof())))
            .collect();
        taken.sort_unstable_by_key(|(index, _)| *index);
        taken.into_iter().map(|(_, proof)| proof).collect()
    }

    /// The smallest batch whose chain leads to the record.
    fn batch_with(&mut self, (device, seq, hash): RecordKey) -> Result<Option<usize>, StoreError> {
        let chains = match self.chains.entry(device) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(chains(self.source.batches(device)?)),
        };
        for chain in chains {
            if !chain.leads_to(self.source, seq, hash)? {
                continue;
            }
            let (index, earliest) = chain.taken.unwrap_or((self.taken, seq));
            self.taken = self.taken.max(index + 1);
            chain.taken = Some((index, earliest.min(seq)));
            return Ok(Some(index));
        }
        Ok(None)
    }
}

fn chains(mut batches: Vec<StoredBatch>) -> Vec<Chain> {
    batches.sort_by_key(|batch| batch.last_seq - batch.first_seq);
    let chain = |batch: StoredBatch| Chain {
        links: Vec::new(),
        next: Some(batch.last_hash),
        taken: None,
        batch,
    };
    batches.into_iter().map(chain).collect()
}

impl Chain {
    /// Does the batch's signature cover the record, along the hashes?
    fn leads_to(
        &mut self,
        source: &dyn LogSource,
        seq: u64,
        hash: Hash,
    ) -> Result<bool, StoreError> {
        let (first, last) = (self.batch.first_seq, self.batch.last_seq);
        if !(first..=last).contains(&seq) {
            return Ok(false);
        }
        let walked = self.links.len() as u64;
        if self.next.is_some() && last - seq >= walked {
            let more = source.records(self.batch.device, seq, last - walked)?;
            self.walk(more);
        }
        let found = usize::try_from(last - seq).ok();
        let found = found.and_then(|at| self.links.get(at));
        Ok(found.is_some_and(|(found, _)| *found == hash))
    }

    /// Goes on backwards through `more`, which is in order of sequence.
    fn walk(&mut self, more: Vec<StoredRecord>) {
        for record in more.into_iter().rev() {
            let expected = self.batch.last_seq - self.links.len() as u64;
            if record.seq < expected {
                // The record in between is not held.
                self.next = None;
            }
            if self.next == Some(record.hash) && record.seq == expected {
                self.next = Record::previous_in(&record.bytes);
                self.links.push((record.hash, record.bytes));
            }
        }
    }

    fn proof(self) -> BatchProof {
        let Self {
            batch,
            mut links,
            taken,
            ..
        } = self;
        let needed = taken.map_or(0, |(_, earliest)| batch.last_seq - earliest + 1);
        links.truncate(usize::try_from(needed).unwrap_or(usize::MAX));
        let records = links.into_iter().rev();
        BatchProof {
            device: batch.device,
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            last_hash: batch.last_hash,
            signature: batch.signature,
            received_at: batch.received_at,
            receipt: batch.receipt,
            records: records.map(|(_, bytes)| RecordBytes(bytes)).collect(),
        }
    }
}
