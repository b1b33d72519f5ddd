//! What a third party needs to check a record: its exact bytes, the signed batch
//! that holds it, and the server's receipt.

use super::RecordKey;
use crate::checkin::log::{StoredBatch, StoredRecord};
use crate::checkin::ports::EventLog;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateline_common::ids::DeviceId;
use gateline_common::{Hash, Signature, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the proof of a record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The record's exact bytes, base64url.
    pub record: String,
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
    /// The exact bytes of its records, base64url.
    pub records: Vec<String>,
}

/// Collects the batches that proofs need, each once.
pub(super) struct Proofs<'a> {
    records: BTreeMap<RecordKey, &'a StoredRecord>,
    batches: BTreeMap<DeviceId, Vec<&'a StoredBatch>>,
    taken: BTreeMap<(DeviceId, u64, Hash), usize>,
    pub(super) collected: Vec<BatchProof>,
}

impl<'a> Proofs<'a> {
    pub(super) fn of(log: &'a EventLog) -> Self {
        let mut batches: BTreeMap<DeviceId, Vec<&StoredBatch>> = BTreeMap::new();
        for batch in &log.batches {
            batches.entry(batch.device).or_default().push(batch);
        }
        let keyed = log.records.iter();
        Self {
            records: keyed.map(|r| ((r.device, r.seq, r.hash), r)).collect(),
            batches,
            taken: BTreeMap::new(),
            collected: Vec::new(),
        }
    }

    /// The proof of a record.
    pub(super) fn of_record(&mut self, key: RecordKey) -> Proof {
        let bytes = self.records.get(&key).map(|record| record.bytes.as_slice());
        Proof {
            record: URL_SAFE_NO_PAD.encode(bytes.unwrap_or_default()),
            record_hash: key.2,
            batch: self.batch_with(key),
        }
    }

    /// The smallest batch whose chain leads to the record.
    fn batch_with(&mut self, key: RecordKey) -> Option<usize> {
        let (device, seq, hash) = key;
        let candidates = self.batches.get(&device)?.iter();
        let mut candidates: Vec<&&StoredBatch> = candidates
            .filter(|batch| (batch.first_seq..=batch.last_seq).contains(&seq))
            .collect();
        candidates.sort_by_key(|batch| batch.last_seq - batch.first_seq);
        let (batch, chain) = candidates.into_iter().find_map(|batch| {
            let chain = self.chain(batch);
            let holds = chain.iter().any(|record| record.hash == hash);
            holds.then_some((*batch, chain))
        })?;
        let id = (device, batch.first_seq, batch.last_hash);
        if let Some(taken) = self.taken.get(&id) {
            return Some(*taken);
        }
        let records = chain
            .iter()
            .map(|record| URL_SAFE_NO_PAD.encode(&record.bytes));
        self.collected.push(BatchProof {
            device,
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            last_hash: batch.last_hash,
            signature: batch.signature,
            received_at: batch.received_at,
            receipt: batch.receipt,
            records: records.collect(),
        });
        self.taken.insert(id, self.collected.len() - 1);
        Some(self.collected.len() - 1)
    }

    /// The batch's records, found backwards from the last along the hashes.
    fn chain(&self, batch: &StoredBatch) -> Vec<&'a StoredRecord> {
        let mut chain = Vec::new();
        let mut next = Some(batch.last_hash);
        for seq in (batch.first_seq..=batch.last_seq).rev() {
            let found = next.and_then(|hash| self.records.get(&(batch.device, seq, hash)));
            let Some(record) = found else { break };
            next = record.record().map(|record| record.previous);
            chain.push(*record);
        }
        chain.reverse();
        chain
    }
}
