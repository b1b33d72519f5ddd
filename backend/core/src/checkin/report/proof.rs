//! What a third party needs to check a record: its exact bytes, the signed batch
//! that holds it, and the server's receipt.

use super::RecordKey;
use crate::checkin::log::{StoredBatch, StoredRecord};
use crate::checkin::ports::LogSource;
use crate::shared::StoreError;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateline_common::ids::DeviceId;
use gateline_common::{Hash, Signature, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The exact bytes of its records, base64url, from the earliest that a proof
    /// of this report needs to the last: those before it prove nothing of it.
    pub records: Vec<String>,
}

/// What a batch's signature covers, found in the store.
struct Chain {
    covered: BTreeSet<(u64, Hash)>,
    /// The batch with its records, until a proof needs it.
    proof: BatchProof,
    taken: Option<usize>,
}

/// Collects the batches that proofs need, each once.
pub(super) struct Proofs<'a> {
    source: &'a dyn LogSource,
    batches: BTreeMap<DeviceId, Vec<StoredBatch>>,
    chains: BTreeMap<(DeviceId, u64, u64, Hash), Chain>,
    /// With the number of the earliest record that a proof needs.
    collected: Vec<(u64, BatchProof)>,
}

impl<'a> Proofs<'a> {
    pub(super) fn of(source: &'a dyn LogSource) -> Self {
        Self {
            source,
            batches: BTreeMap::new(),
            chains: BTreeMap::new(),
            collected: Vec::new(),
        }
    }

    /// The proof of a record.
    pub(super) fn of_record(&mut self, key: RecordKey) -> Result<Proof, StoreError> {
        let (device, seq, hash) = key;
        let here = self.source.records(device, seq, seq)?;
        let found = here.iter().find(|record| record.hash == hash);
        let bytes = found.map_or(&[][..], |record| &record.bytes);
        Ok(Proof {
            record: URL_SAFE_NO_PAD.encode(bytes),
            record_hash: hash,
            batch: self.batch_with(key)?,
        })
    }

    /// The batches that proofs need, each from the earliest record that one needs.
    pub(super) fn batches(self) -> Vec<BatchProof> {
        let cut = |(earliest, mut batch): (u64, BatchProof)| {
            // Both were compared when the batch was chosen; a chain may be shorter
            // than its batch says, never longer.
            let needed = usize::try_from(batch.last_seq - earliest + 1).unwrap_or(usize::MAX);
            let before = batch.records.len().saturating_sub(needed);
            batch.records.drain(..before);
            batch
        };
        self.collected.into_iter().map(cut).collect()
    }

    /// The smallest batch whose chain leads to the record.
    fn batch_with(&mut self, (device, seq, hash): RecordKey) -> Result<Option<usize>, StoreError> {
        if !self.batches.contains_key(&device) {
            let batches = self.source.batches(device)?;
            self.batches.insert(device, batches);
        }
        let batches = self.batches.get(&device).into_iter().flatten();
        let mut candidates: Vec<StoredBatch> = batches
            .filter(|batch| (batch.first_seq..=batch.last_seq).contains(&seq))
            .cloned()
            .collect();
        candidates.sort_by_key(|batch| batch.last_seq - batch.first_seq);
        for batch in candidates {
            let id = (device, batch.first_seq, batch.last_seq, batch.last_hash);
            if !self.chains.contains_key(&id) {
                let chain = self.chain(&batch)?;
                self.chains.insert(id, chain);
            }
            let Some(chain) = self.chains.get_mut(&id) else {
                continue;
            };
            if !chain.covered.contains(&(seq, hash)) {
                continue;
            }
            let index = match chain.taken {
                Some(index) => index,
                None => {
                    let records = std::mem::take(&mut chain.proof.records);
                    let proof = chain.proof.clone();
                    self.collected.push((seq, BatchProof { records, ..proof }));
                    self.collected.len() - 1
                }
            };
            chain.taken = Some(index);
            if let Some((earliest, _)) = self.collected.get_mut(index) {
                *earliest = seq.min(*earliest);
            }
            return Ok(Some(index));
        }
        Ok(None)
    }

    /// The batch's records, found backwards from the last along the hashes.
    fn chain(&self, batch: &StoredBatch) -> Result<Chain, StoreError> {
        let (device, first, last) = (batch.device, batch.first_seq, batch.last_seq);
        let held = self.source.records(device, first, last)?;
        let held: BTreeMap<(u64, Hash), &StoredRecord> = {
            let keyed = held.iter();
            keyed
                .map(|record| ((record.seq, record.hash), record))
                .collect()
        };
        let (mut covered, mut records) = (BTreeSet::new(), Vec::new());
        let mut next = Some(batch.last_hash);
        for seq in (first..=last).rev() {
            let found = next.and_then(|hash| held.get(&(seq, hash)));
            let Some(record) = found else { break };
            next = record.record().map(|record| record.previous);
            covered.insert((seq, record.hash));
            records.push(URL_SAFE_NO_PAD.encode(&record.bytes));
        }
        records.reverse();
        let proof = BatchProof {
            device,
            first_seq: first,
            last_seq: last,
            last_hash: batch.last_hash,
            signature: batch.signature,
            received_at: batch.received_at,
            receipt: batch.receipt,
            records,
        };
        Ok(Chain {
            covered,
            proof,
            taken: None,
        })
    }
}
