//! Judging records: each by itself, then in the chain of what is held.

use super::chain::{Log, is_chained, proven_after, ticket_of_target};
use super::{Claim, Ingest};
use crate::checkin::log::StoredRecord;
use crate::checkin::ticket::TicketKey;
use gateline_common::sync::{QuarantineReason, Record, RecordBody};
use gateline_common::{Hash, Timestamp};
use ticket_crypto::TicketCode;
use ticket_crypto::detached::{self, Domain};

impl Ingest<'_> {
    /// A new record with everything that can be told without its neighbours.
    pub(super) fn judge(&self, claim: &Claim, log: &Log) -> StoredRecord {
        let quarantine = self.objection(claim);
        let ticket = claim.ticket().filter(|_| quarantine.is_none());
        let not_before = proven_after(log, claim.seq);
        StoredRecord {
            device: self.device.device,
            seq: claim.seq,
            hash: claim.hash,
            bytes: claim.bytes.clone(),
            quarantine,
            ticket: ticket.filter(|_| self.is_genuine(claim)),
            target: claim.target(),
            at: self.time_of(claim, log),
            not_before,
            received_at: self.now,
            confirmed: None,
            pending: false,
        }
    }

    fn objection(&self, claim: &Claim) -> Option<QuarantineReason> {
        if !self.batch.signed {
            return Some(QuarantineReason::BadSignature);
        }
        let Some(record) = &claim.record else {
            return Some(QuarantineReason::Unreadable);
        };
        let claimed = record.device == self.device.device && record.seq == claim.seq;
        if !claimed || !self.is_own_receipt(record) {
            return Some(QuarantineReason::NotAsClaimed);
        }
        if self.device.is_quarantined() {
            return Some(QuarantineReason::Revoked);
        }
        let foreign = claim
            .event()
            .is_some_and(|event| !self.events.contains_key(&event));
        foreign.then_some(QuarantineReason::ForeignEvent)
    }

    /// A receipt in the chain fixes times, so it must be one that we gave.
    fn is_own_receipt(&self, record: &Record) -> bool {
        let RecordBody::Receipt(signed) = &record.body else {
            return true;
        };
        let bytes = signed.receipt.to_signed_bytes();
        signed.receipt.device == self.device.device
            && detached::verify(self.root_key, Domain::Receipt, &bytes, &signed.signature)
    }

    /// Is the ticket really the one that the scan names?
    pub(super) fn is_genuine(&self, claim: &Claim) -> bool {
        let Some(book) = claim.event().and_then(|event| self.events.get(&event)) else {
            return false;
        };
        match claim.code() {
            Some(code) => self.has_issued(claim, &code) || book.is_genuine(&code),
            None => true,
        }
    }

    /// Is it one of the ticket's codes as issued? That costs no signature check.
    fn has_issued(&self, claim: &Claim, code: &TicketCode) -> bool {
        let Some(key) = claim.ticket() else {
            return false;
        };
        let tickets = &self.view.tickets;
        let found = tickets.binary_search_by_key(&key, |(ticket, _)| ticket.key);
        found.is_ok_and(|at| tickets[at].0.has_issued(code))
    }

    /// The claimed time, between what came before it and now.
    fn time_of(&self, claim: &Claim, log: &Log) -> Timestamp {
        let Some(record) = &claim.record else {
            return self.now;
        };
        let before = log.range(..(claim.seq, Hash::ZERO)).next_back();
        let running = before.map_or(Timestamp(i64::MIN), |(_, before)| before.at);
        let claimed = record.at.plus_ms(record.clock.offset_ms);
        let earliest = proven_after(log, claim.seq).max(Some(running));
        claimed.max(earliest.unwrap_or(running)).min(self.now)
    }

    /// Judges the chain of everything that is new, and of the record after it.
    pub(super) fn judge_chain(&self, log: &mut Log) {
        let judged: Vec<(u64, Hash)> = log
            .range((self.batch.first, Hash::ZERO)..)
            .take_while(|((seq, _), _)| *seq <= self.batch.last + 1)
            .map(|(key, _)| *key)
            .collect();
        for key in judged {
            let Some(record) = log.get(&key) else {
                continue;
            };
            if !matches!(
                record.quarantine,
                None | Some(QuarantineReason::BrokenChain)
            ) {
                continue;
            }
            let holds = record.record().is_none_or(|own| is_chained(&own, log));
            if let Some(record) = log.get_mut(&key) {
                record.quarantine = (!holds).then_some(QuarantineReason::BrokenChain);
            }
        }
    }

    /// Gives withdrawals and undos the ticket of what they take back, whichever
    /// came first.
    pub(super) fn attribute(&self, log: &mut Log) {
        let found: Vec<((u64, Hash), TicketKey)> = log
            .iter()
            .filter(|(_, record)| record.target.is_some())
            .filter_map(|(key, record)| Some((*key, ticket_of_target(record, log)?)))
            .collect();
        for (key, ticket) in found {
            if let Some(record) = log.get_mut(&key) {
                record.ticket = Some(ticket);
            }
        }
    }
}
