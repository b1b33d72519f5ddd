//! What the server answered to an upload, into the store, in one transaction:
//! the receipt onto the chain, how far the log has arrived, what was set aside,
//! the comparison of clocks, other devices' passages, and (when the server said
//! red in time) the withdrawal.

use crate::store::{
    Identity, LogLine, PIECE, Store, StoreError, apply_piece_in, feed, log, note_confirmed,
    progress,
};
use gateline_common::decision::Answer;
use gateline_common::ids::EventId;
use gateline_common::sync::{
    ClockReading, Cursor, FeedPage, RecordBody, ScanBatch, SignedReceipt, UploadAnswer,
};
use gateline_common::time::Timestamp;
use rusqlite::Connection;
use ticket_crypto::detached::{Domain, sign, verify};

/// Records of this device on their way to the server.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    lines: Vec<LogLine>,
}

impl Sent {
    /// What the server does not have yet, from the log: at most `most` records,
    /// and none behind `until`. Empty when nothing but receipts is left.
    pub(super) fn next(
        store: &Store,
        most: usize,
        most_bytes: usize,
        until: Option<u64>,
    ) -> Result<Self, StoreError> {
        let (acknowledged, _) = progress::acknowledged(store.db())?;
        let mut lines = store.records_from(acknowledged + 1, most, most_bytes)?;
        lines.retain(|line| until.is_none_or(|until| line.seq <= until));
        // A rebuilt log may lack records; a batch has none missing within.
        let run = lines
            .windows(2)
            .position(|two| two[1].seq != two[0].seq + 1);
        let broken = run.is_some();
        lines.truncate(run.map_or(lines.len(), |last| last + 1));
        if lines.iter().all(|line| line.receipt) && lines.len() < most && !broken {
            lines.clear();
        }
        Ok(Self { lines })
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    fn first_seq(&self) -> Option<u64> {
        self.lines.first().map(|line| line.seq)
    }

    pub(super) fn last_seq(&self) -> Option<u64> {
        self.lines.last().map(|line| line.seq)
    }

    /// The signed batch; `None` when there is nothing to send.
    pub(super) fn batch(&self, who: &Identity) -> Option<ScanBatch> {
        let (first, last) = (self.lines.first()?, self.lines.last()?);
        let head = ScanBatch::head(who.device, first.seq, last.seq, last.hash);
        Some(ScanBatch {
            device: who.device,
            first_seq: first.seq,
            records: self.lines.iter().map(|line| line.bytes.clone()).collect(),
            signature: sign(&who.signing_key, Domain::Batch, &head),
        })
    }
}

/// An answer and what it answers.
pub(super) struct Exchange<'a> {
    pub(super) who: &'a Identity,
    pub(super) sent: &'a Sent,
    pub(super) asked: &'a [Cursor],
    pub(super) answer: &'a UploadAnswer,
    /// The device's clock when the answer came.
    pub(super) at: Timestamp,
    pub(super) clock: ClockReading,
    /// The record to take back, and the server's answer to it.
    pub(super) withdraw: Option<(u64, Answer)>,
    /// The admission that the server confirmed in time.
    pub(super) confirmed: Option<u64>,
    /// The `unbroken` that this device went back to already.
    pub(super) went_back_to: Option<u64>,
}

/// What became of an answer.
#[derive(Debug, Default)]
pub(super) struct Absorbed {
    /// Pages too big for one transaction.
    pub(super) big_pages: Vec<(Option<Cursor>, FeedPage)>,
    /// Lists that have more to read.
    pub(super) behind: Vec<EventId>,
    /// Does the server have the first of the sent records now? A question about
    /// an admission may have moved the mark meanwhile.
    pub(super) advanced: bool,
    /// The server lacks what it had, and the mark went back for the first time.
    pub(super) went_back: bool,
    /// Set when the server has lost records that it had: they are sent again.
    pub(super) went_back_to: Option<u64>,
}

/// How the mark moved up to which the server has the log.
struct Moved {
    /// The server has the log unbroken up to here only, and had more.
    lacks: Option<u64>,
    /// Therefore the mark went back there.
    back: bool,
}

impl Exchange<'_> {
    pub(super) fn absorb(self, store: &mut Store) -> Result<Absorbed, StoreError> {
        let known = store.known()?;
        let mut absorbed = Absorbed::default();
        store.write(|db| {
            progress::note_contact(db, self.at, self.clock)?;
            progress::note_outcomes(db, &self.answer.outcomes)?;
            progress::note_held(db, self.answer.unbroken)?;
            let moved = self.advance(db)?;
            absorbed.went_back_to = moved.lacks;
            if moved.back {
                // It was restored from an older copy: what its lists said since then
                // is not what they say now.
                feed::distrust(db)?;
            }
            let (mark, _) = progress::acknowledged(db)?;
            absorbed.advanced = self.sent.first_seq().is_none_or(|first| mark >= first);
            absorbed.went_back = moved.back;
            self.keep_receipt(db)?;
            self.take_back(db, known.as_deref())?;
            if let Some(seq) = self.confirmed {
                note_confirmed(db, seq)?;
            }
            for page in &self.answer.feeds {
                let asked = self.asked.iter().find(|it| it.event == page.event).copied();
                if page.more {
                    absorbed.behind.push(page.event);
                }
                if page.entries.len() > PIECE {
                    absorbed.big_pages.push((asked, page.clone()));
                } else {
                    let rules = known.as_ref().and_then(|known| known.rules(page.event));
                    apply_piece_in(db, rules, asked, page, 0, self.at)?;
                }
            }
            Ok(absorbed)
        })
    }

    /// Moves the mark up to which the server has the log.
    fn advance(&self, db: &Connection) -> Result<Moved, StoreError> {
        let (before, _) = progress::acknowledged(db)?;
        let mut reached = before;
        for line in &self.sent.lines {
            let told = |it: &&gateline_common::sync::RecordOutcome| {
                it.seq == line.seq && it.hash == line.hash
            };
            let follows = line.seq == reached + 1 || log::is_next(db, reached, line.seq)?;
            if !follows || self.answer.outcomes.iter().find(told).is_none() {
                if line.seq <= reached {
                    continue;
                }
                break;
            }
            reached = line.seq;
        }
        let (last, _) = log::head(db)?;
        if self.answer.unbroken > last {
            // The server holds records that this log does not: it is a copy of
            // an older state. Its own records are sent as a fork.
            progress::set_aside(db, 0, progress::FORK)?;
        }
        let lost = self.answer.unbroken < reached;
        let go_back = lost && self.went_back_to != Some(self.answer.unbroken);
        let mark = if go_back {
            self.answer.unbroken
        } else {
            reached
        };
        if mark != before {
            progress::set_acknowledged(db, mark)?;
        }
        Ok(Moved {
            lacks: lost.then_some(self.answer.unbroken),
            back: go_back,
        })
    }

    /// A receipt goes onto the chain when it says something new about a record
    /// that is not itself a receipt.
    fn keep_receipt(&self, db: &Connection) -> Result<(), StoreError> {
        let Some(signed) = self.answer.receipt else {
            return Ok(());
        };
        let (_, receipted) = progress::acknowledged(db)?;
        let receipt = signed.receipt;
        let covers =
            |line: &&LogLine| !line.receipt && line.seq > receipted && line.seq <= receipt.seq;
        if self.sent.lines.iter().find(covers).is_none() {
            return Ok(());
        }
        if !self.is_genuine(&signed) {
            tracing::warn!(
                seq = receipt.seq,
                "a receipt that does not hold was left out"
            );
            return Ok(());
        }
        log::append(db, self.at, self.clock, RecordBody::Receipt(signed))?;
        progress::set_receipted(db, receipt.seq)
    }

    fn is_genuine(&self, signed: &SignedReceipt) -> bool {
        let receipt = signed.receipt;
        let bytes = receipt.to_signed_bytes();
        receipt.device == self.who.device
            && self
                .sent
                .lines
                .iter()
                .any(|line| line.seq == receipt.seq && line.hash == receipt.hash)
            && verify(
                &self.who.root_key,
                Domain::Receipt,
                &bytes,
                &signed.signature,
            )
    }

    /// The server said red in time: the admission did not take place.
    fn take_back(
        &self,
        db: &Connection,
        known: Option<&crate::store::Known>,
    ) -> Result<(), StoreError> {
        let Some((seq, answer)) = &self.withdraw else {
            return Ok(());
        };
        let body = RecordBody::Withdrawal {
            seq: *seq,
            answer: answer.clone(),
        };
        log::append(db, self.at, self.clock, body)?;
        super::forget_passage(db, known, self.who.device, *seq)
    }
}
