//! A server as far as the rules need one: what is stored, and what is told.

use super::waived;
use crate::scenarios::world::{EVENT, secret_key};
use crate::scenarios::{World, file};
use anyhow::{Context as _, ensure};
use gateline_admission::{
    Context, EventRules, Facts, Headcount, LoggedRecord, Presented, Report, Standing, TicketState,
    decide, reconcile,
};
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Passage};
use gateline_common::ids::{DeviceId, Serial};
use gateline_common::sync::{
    ListedTicket, Manifest, QuarantineReason, Receipt, Record, RecordBody, Scan, SignedReceipt,
    Subject,
};
use std::collections::{BTreeMap, BTreeSet};
use ticket_crypto::TicketCode;
use ticket_crypto::detached::{self, Domain};

pub(in crate::scenarios) struct Server {
    manifest: Manifest,
    patches: Vec<file::WorldPatch>,
    tickets: BTreeMap<Serial, ListedTicket>,
    facts: Facts,
    records: Vec<LoggedRecord>,
    revoked: BTreeSet<DeviceId>,
}

/// What a device is told at an exchange.
pub(in crate::scenarios) struct Feed {
    pub(in crate::scenarios) manifest: Manifest,
    pub(in crate::scenarios) list: BTreeMap<Serial, ListedTicket>,
    pub(in crate::scenarios) passages: BTreeMap<Serial, Vec<Passage>>,
}

impl Server {
    pub(in crate::scenarios) fn new(world: &World) -> anyhow::Result<Self> {
        let mut facts = Facts::new(EventRules::compile(world.event())?);
        for (serial, ticket) in &world.tickets {
            facts
                .tickets
                .insert(*serial, vec![state(ticket, Timestamp(0))]);
        }
        Ok(Self {
            manifest: world.manifest.clone(),
            patches: Vec::new(),
            tickets: world.tickets.clone(),
            facts,
            records: Vec::new(),
            revoked: BTreeSet::new(),
        })
    }

    /// Stores records; the receipt is for the last of them.
    pub(in crate::scenarios) fn receive(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> Option<SignedReceipt> {
        for (seq, bytes) in records {
            let mut record = LoggedRecord::read(device, *seq, bytes);
            if self.revoked.contains(&device) && record.standing == Standing::Counted {
                record.standing = Standing::Quarantined(QuarantineReason::Revoked);
            }
            let same = |known: &LoggedRecord| {
                (known.device, known.seq, known.hash) == (device, *seq, record.hash)
            };
            if !self.records.iter().any(same) {
                self.records.push(record);
            }
        }
        let (seq, bytes) = records.last()?;
        let receipt = Receipt {
            device,
            seq: *seq,
            hash: Record::hash(bytes),
            at: now,
        };
        self.facts.receipts.push(receipt);
        let bytes = receipt.to_signed_bytes();
        let signature = detached::sign(&secret_key("root"), Domain::Receipt, &bytes);
        Some(SignedReceipt { receipt, signature })
    }

    /// Decides a stored scan over all devices' records.
    pub(in crate::scenarios) fn confirm(
        &self,
        device: DeviceId,
        seq: u64,
        now: Timestamp,
    ) -> anyhow::Result<Answer> {
        let is_it = |record: &LoggedRecord| (record.device, record.seq) == (device, seq);
        let stored = self
            .records
            .iter()
            .find(|record| is_it(record))
            .context("not stored")?;
        let Some(Record {
            body: RecordBody::Scan(scan),
            ..
        }) = &stored.record
        else {
            anyhow::bail!("not a scan");
        };
        let others: Vec<_> = self
            .records
            .iter()
            .filter(|record| !is_it(record))
            .cloned()
            .collect();
        let before = reconcile(&self.facts, &others);
        let rules = &self.facts.rules;
        let code = match &scan.subject {
            Subject::Code(bytes) => Some(TicketCode::parse(bytes)?),
            Subject::Listed(_) | Subject::Foreign { .. } => None,
        };
        let presented = match (&code, &scan.subject) {
            (Some(code), _) => Presented::Code(code),
            (None, Subject::Listed(serial)) => Presented::Listed(*serial),
            (None, _) => Presented::Foreign,
        };
        let serial = presented.serial(rules);
        let ticket = before
            .tickets
            .iter()
            .find(|ticket| Some(ticket.serial) == serial);
        let occupancy = Headcount::of(
            rules,
            before.tickets.iter().map(|ticket| &ticket.passages[..]),
        );
        let proven = code.as_ref().and_then(TicketCode::proof).is_some();
        let context = Context {
            now,
            device,
            gate: scan.gate,
            direction: scan.direction,
            highest_epoch: None,
            occupancy: &occupancy,
            proof_used: proven && standing(&others).any(|other| other.subject == scan.subject),
            waive: waived(scan.overridden.as_ref()),
        };
        let listed = serial.and_then(|serial| self.tickets.get(&serial));
        let history = ticket.map_or(&[][..], |ticket| &ticket.passages);
        Ok(decide(rules, &self.manifest, &presented, listed, history, &context).answer)
    }

    /// What a device may know; nothing for a revoked one.
    pub(in crate::scenarios) fn feed(&self, device: DeviceId) -> Option<Feed> {
        (!self.revoked.contains(&device)).then(|| self.told())
    }

    /// What a device in good standing may know.
    pub(in crate::scenarios) fn told(&self) -> Feed {
        let report = reconcile(&self.facts, &self.records);
        let passages = report
            .tickets
            .into_iter()
            .map(|ticket| (ticket.serial, ticket.passages));
        Feed {
            manifest: self.manifest.clone(),
            list: self.tickets.clone(),
            passages: passages.collect(),
        }
    }

    pub(in crate::scenarios) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(in crate::scenarios) fn revoke(&mut self, device: DeviceId) {
        self.revoked.insert(device);
    }

    pub(in crate::scenarios) fn change(
        &mut self,
        world: &World,
        at: Timestamp,
        change: &file::Change,
    ) -> anyhow::Result<()> {
        if let Some(name) = &change.ticket {
            let serial = world.serial(name)?;
            let before = self.tickets.get(&serial).context("not issued")?;
            let after = world.changed_ticket(before, change)?;
            self.facts
                .tickets
                .entry(serial)
                .or_default()
                .push(state(&after, at));
            self.tickets.insert(serial, after);
        }
        if change.world != file::WorldPatch::default() {
            self.patches.push(change.world.clone());
            self.manifest = world.changed(&self.manifest, &self.patches)?;
            let rules = EventRules::compile(&self.manifest.events[0])?;
            let earlier = std::mem::replace(&mut self.facts.rules, rules);
            let version = earlier.manifest().rules_version;
            self.facts.earlier_rules.insert(version, earlier);
        }
        Ok(())
    }

    /// The report, which must not depend on the order of arrival.
    pub(in crate::scenarios) fn report(&self) -> anyhow::Result<Report> {
        let report = reconcile(&self.facts, &self.records);
        let mut shuffled = self.records.clone();
        shuffled.reverse();
        shuffled.extend_from_slice(&self.records);
        ensure!(
            report == reconcile(&self.facts, &shuffled),
            "the order of arrival mattered"
        );
        ensure!(report.event == EVENT, "the report is of another event");
        Ok(report)
    }
}

fn state(ticket: &ListedTicket, since: Timestamp) -> TicketState {
    let ListedTicket {
        ticket_type,
        epoch,
        status,
        ..
    } = *ticket;
    TicketState {
        since,
        epoch,
        ticket_type,
        status,
    }
}

/// The scans that let somebody through and were not taken back: a refusal, and an
/// admission that the server turned down, use up no rotating code.
fn standing(records: &[LoggedRecord]) -> impl Iterator<Item = &Scan> {
    let counted = records
        .iter()
        .filter(|logged| logged.standing == Standing::Counted);
    let counted = counted.filter_map(|logged| Some((logged.device, logged.record.as_ref()?)));
    let taken_back: BTreeSet<(DeviceId, u64)> = counted
        .clone()
        .filter_map(|(device, record)| match record.body {
            RecordBody::Undo { seq } | RecordBody::Withdrawal { seq, .. } => Some((device, seq)),
            RecordBody::Scan(_) | RecordBody::Receipt(_) => None,
        })
        .collect();
    counted.filter_map(move |(device, record)| match &record.body {
        RecordBody::Scan(scan) => {
            let stands = !taken_back.contains(&(device, record.seq));
            (stands && scan.answer.is_admitted()).then_some(scan)
        }
        _ => None,
    })
}
