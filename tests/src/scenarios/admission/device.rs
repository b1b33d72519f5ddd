//! A device as far as the rules need one: what it was told, and its log.

use super::server::Feed;
use super::waived;
use crate::scenarios::{Scene, World};
use gateline_admission::{Context, Decision, EventRules, Headcount, Identity, Presented, decide};
use gateline_common::Hash;
use gateline_common::decision::Passage;
use gateline_common::ids::{DeviceId, Epoch, Serial};
use gateline_common::sync::{
    ClockReading, ListedTicket, Manifest, Override, Record, RecordBody, Scan, Subject,
};
use std::collections::BTreeMap;
use ticket_crypto::TicketCode;

#[derive(Clone)]
pub(super) struct Device {
    pub(super) id: DeviceId,
    pub(super) rules: EventRules,
    manifest: Manifest,
    list: BTreeMap<Serial, ListedTicket>,
    elsewhere: BTreeMap<Serial, Vec<Passage>>,
    /// The exact bytes of each record, and what they say if they can be read.
    log: Vec<(Vec<u8>, Option<Record>)>,
    sent: usize,
    highest: BTreeMap<Serial, Epoch>,
}

impl Device {
    /// A device with this manifest, and the list that devices begin with.
    pub(super) fn new(id: DeviceId, manifest: Manifest, world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            id,
            rules: EventRules::compile(&manifest.events[0])?,
            manifest,
            list: world.listed.clone(),
            elsewhere: BTreeMap::new(),
            log: Vec::new(),
            sent: 0,
            highest: BTreeMap::new(),
        })
    }

    pub(super) fn decide(
        &mut self,
        scene: &Scene,
        subject: &Subject,
        overridden: Option<&Override>,
    ) -> anyhow::Result<Decision> {
        let code = match subject {
            Subject::Code(bytes) => Some(TicketCode::parse(bytes)?),
            Subject::Listed(_) | Subject::Foreign { .. } => None,
        };
        let presented = match (&code, subject) {
            (Some(code), _) => Presented::Code(code),
            (None, Subject::Listed(serial)) => Presented::Listed(*serial),
            (None, _) => Presented::Foreign,
        };
        let serial = presented.serial(&self.rules);
        let histories = self.histories();
        let occupancy = Headcount::of(&self.rules, histories.values().map(Vec::as_slice));
        let proven = code.as_ref().and_then(TicketCode::proof).is_some();
        let context = Context {
            now: scene.at.plus_ms(scene.clock_ahead_ms),
            device: self.id,
            gate: scene.gate,
            direction: scene.direction,
            highest_epoch: serial.and_then(|serial| self.highest.get(&serial)).copied(),
            occupancy: &occupancy,
            proof_used: proven && self.has_admitted(subject),
            waive: waived(overridden),
        };
        let listed = serial.and_then(|serial| self.list.get(&serial));
        let history = serial.and_then(|serial| histories.get(&serial));
        let history = history.map_or(&[][..], Vec::as_slice);
        let decision = decide(
            &self.rules,
            &self.manifest,
            &presented,
            listed,
            history,
            &context,
        );
        if let Some(ticket) = &decision.ticket
            && let Identity::Verified(code) = &ticket.identity
        {
            let seen = self
                .highest
                .entry(ticket.serial)
                .or_insert(code.claims().epoch);
            *seen = code.claims().epoch.max(*seen);
        }
        Ok(decision)
    }

    pub(super) fn log_scan(
        &mut self,
        scene: &Scene,
        subject: Subject,
        decision: &Decision,
        overridden: Option<Override>,
    ) -> anyhow::Result<u64> {
        let scan = Scan {
            event: self.rules.event(),
            gate: scene.gate,
            direction: scene.direction,
            subject,
            answer: decision.answer.clone(),
            rules_version: self.rules.manifest().rules_version,
            feed_position: 0,
            overridden,
        };
        self.log(scene, RecordBody::Scan(scan))
    }

    pub(super) fn log(&mut self, scene: &Scene, body: RecordBody) -> anyhow::Result<u64> {
        let record = Record {
            device: self.id,
            seq: self.log.len() as u64 + 1,
            previous: self
                .log
                .last()
                .map_or(Hash::ZERO, |(bytes, _)| Record::hash(bytes)),
            at: scene.at.plus_ms(scene.clock_ahead_ms),
            clock: ClockReading::UNKNOWN,
            body,
        };
        let (bytes, seq) = (record.to_bytes()?, record.seq);
        self.log.push((bytes, Some(record)));
        Ok(seq)
    }

    /// Logs a record of a later version of the app.
    pub(super) fn log_unreadable(&mut self) {
        self.log.push((vec![99, 1, 2, 3], None));
    }

    /// What the server has not acknowledged: sequence numbers and bytes.
    pub(super) fn pending(&self) -> Vec<(u64, Vec<u8>)> {
        let numbered = (1..).zip(&self.log).skip(self.sent);
        numbered
            .map(|(seq, (bytes, _))| (seq, bytes.clone()))
            .collect()
    }

    pub(super) fn sent(&mut self) {
        self.sent = self.log.len();
    }

    pub(super) fn learn(&mut self, feed: Option<Feed>) -> anyhow::Result<()> {
        let Some(feed) = feed else {
            // Revoked: what is personal goes, the log stays.
            self.list.clear();
            return Ok(());
        };
        self.rules = EventRules::compile(&feed.manifest.events[0])?;
        self.manifest = feed.manifest;
        self.list = feed.list;
        self.elsewhere = feed.passages;
        for history in self.elsewhere.values_mut() {
            history.retain(|passage| passage.device != self.id);
        }
        Ok(())
    }

    pub(super) fn last_scan(&self) -> Option<Scan> {
        self.scans().next_back().map(|(_, scan)| scan.clone())
    }

    pub(super) fn last_scan_seq(&self) -> Option<u64> {
        self.scans().next_back().map(|(record, _)| record.seq)
    }

    pub(super) fn scans_logged(&self) -> u64 {
        self.scans().count() as u64
    }

    fn scans(&self) -> impl DoubleEndedIterator<Item = (&Record, &Scan)> {
        self.log.iter().filter_map(|(_, record)| match record {
            Some(
                record @ Record {
                    body: RecordBody::Scan(scan),
                    ..
                },
            ) => Some((record, scan)),
            _ => None,
        })
    }

    /// Admissions of the log that were neither undone nor withdrawn.
    fn standing(&self) -> impl Iterator<Item = (&Record, &Scan)> {
        let taken_back: Vec<u64> = self
            .log
            .iter()
            .filter_map(|(_, record)| match record.as_ref()?.body {
                RecordBody::Undo { seq } | RecordBody::Withdrawal { seq, .. } => Some(seq),
                RecordBody::Scan(_) | RecordBody::Receipt(_) => None,
            })
            .collect();
        self.scans().filter(move |(record, scan)| {
            scan.answer.is_admitted() && !taken_back.contains(&record.seq)
        })
    }

    fn has_admitted(&self, subject: &Subject) -> bool {
        self.standing().any(|(_, scan)| scan.subject == *subject)
    }

    /// Every ticket's passages, as far as this device knows.
    fn histories(&self) -> BTreeMap<Serial, Vec<Passage>> {
        let mut histories = self.elsewhere.clone();
        for (record, scan) in self.standing() {
            let serial = match &scan.subject {
                Subject::Listed(serial) => Some(*serial),
                Subject::Code(bytes) => TicketCode::parse(bytes)
                    .ok()
                    .map(|code| code.claims().serial),
                Subject::Foreign { .. } => None,
            };
            let Some(serial) = serial else {
                continue;
            };
            histories.entry(serial).or_default().push(Passage {
                at: record.at,
                device: self.id,
                seq: record.seq,
                gate: scan.gate,
                direction: scan.direction,
            });
        }
        for history in histories.values_mut() {
            history.sort();
        }
        histories
    }
}
