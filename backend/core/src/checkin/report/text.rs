//! The report as plain text, for a person with a terminal or a printer.

use super::shape::{ConflictShown, DeviceShown, EventReport, ScanShown, TicketShown};
use gateline_admission::reconcile::Tampering;
use gateline_common::decision::{Answer, Direction};
use std::fmt::{self, Display, Formatter};

impl Display for EventReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rule = "=".repeat(72);
        writeln!(f, "{rule}\nEntry report: {}\n{rule}", self.title)?;
        writeln!(
            f,
            "Made {} (times are {})\n",
            self.made_local, self.timezone
        )?;
        self.sums(f)?;
        section(f, "Conflicts", self.conflicts.len())?;
        for (number, conflict) in self.conflicts.iter().enumerate() {
            self.conflict(f, number + 1, conflict)?;
        }
        section(f, "Refused, although in order", self.wrongly_refused.len())?;
        for (number, conflict) in self.wrongly_refused.iter().enumerate() {
            self.conflict(f, number + 1, conflict)?;
        }
        section(f, "Let in without being on the list", self.unlisted.len())?;
        for ticket in &self.unlisted {
            writeln!(f, "  - {}", Ticket(ticket))?;
        }
        if !self.waiting.is_empty() {
            section(f, "Waiting for a gate's word", self.waiting.len())?;
            for waiting in &self.waiting {
                let (device, seq) = (&waiting.device_name, waiting.seq);
                writeln!(
                    f,
                    "  - {device}, record {seq}: the server said no; whether the guest was let in the device has not said"
                )?;
            }
        }
        section(f, "Scanners", self.devices.len())?;
        for device in &self.devices {
            write!(f, "{}", Log(device))?;
        }
        self.how_to_check(f)
    }
}

impl EventReport {
    fn sums(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let totals = &self.totals;
        writeln!(f, "  Tickets that stand     {:>7}", self.expected)?;
        writeln!(f, "  Tickets let in         {:>7}", totals.tickets_admitted)?;
        writeln!(f, "  Inside now             {:>7}", totals.inside)?;
        writeln!(f, "  Scans                  {:>7}", totals.scans)?;
        writeln!(f, "    let through          {:>7}", totals.admitted)?;
        writeln!(f, "    refused              {:>7}", totals.refused)?;
        let more = [
            ("withdrawn (server no)", totals.withdrawn),
            ("taken back by staff", totals.undone),
            ("not on the list", totals.unlisted),
            ("chosen from search", totals.chosen_from_list),
            ("no ticket of ours", totals.no_ticket),
        ];
        for (name, count) in more.into_iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "    {name:<21}{count:>7}")?;
        }
        for overrun in &totals.overruns {
            let place = overrun
                .zone
                .map_or_else(|| "The event".into(), |zone| format!("Zone {zone}"));
            writeln!(
                f,
                "  {place} held {} where {} are allowed",
                overrun.peak, overrun.capacity
            )?;
        }
        Ok(())
    }

    fn conflict(&self, f: &mut Formatter<'_>, number: usize, shown: &ConflictShown) -> fmt::Result {
        writeln!(f, "{number}. {}", shown.words)?;
        writeln!(f, "   who      {}", Ticket(&shown.ticket))?;
        if let Some(counted) = &shown.counted {
            self.scan(f, "counts", counted)?;
        }
        let label = if shown.cause.is_some() {
            "conflict"
        } else {
            "refused"
        };
        self.scan(f, label, &shown.other)?;
        if shown.counted.is_some() {
            let order = if shown.order_provable {
                "proven by the server's receipts or one device's log"
            } else {
                "not provable: by the devices' clocks only"
            };
            writeln!(f, "   order    {order}")?;
        }
        writeln!(f)
    }

    fn scan(&self, f: &mut Formatter<'_>, label: &str, scan: &ScanShown) -> fmt::Result {
        let way = match scan.direction {
            Direction::Entry => "in",
            Direction::Exit => "out",
        };
        let gate = scan.gate_name.as_deref().unwrap_or("no gate chosen");
        writeln!(
            f,
            "   {label:<8} {}  {way} at {gate}, by {}",
            scan.at_local, scan.device_name
        )?;
        writeln!(f, "            UTC {}", scan.at_utc)?;
        if let Answer::Refuse(refusal) = &scan.answer {
            let reason = serde_json::to_value(refusal).ok();
            let reason =
                reason.and_then(|json| Some(json.get("reason")?.as_str()?.replace('_', " ")));
            writeln!(f, "            refused: {}", reason.unwrap_or_default())?;
        }
        if let Some(reason) = &scan.override_reason {
            writeln!(f, "            override: {reason}")?;
        }
        let (seq, hash) = (scan.seq, scan.proof.record_hash);
        match scan.proof.batch.and_then(|index| self.batches.get(index)) {
            Some(batch) => {
                writeln!(f, "            proof: record {seq}, hash {hash}")?;
                writeln!(
                    f,
                    "                   signed by the device in batch {}-{}: {}",
                    batch.first_seq,
                    batch.last_seq,
                    short(&batch.signature)
                )?;
                writeln!(
                    f,
                    "                   receipted by the server: {}",
                    short(&batch.receipt)
                )
            }
            None => writeln!(
                f,
                "            record {seq}, hash {hash}: never signed for by the device"
            ),
        }
    }

    fn how_to_check(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.batches.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nHow to check a proof")?;
        writeln!(
            f,
            "  The JSON form of this report holds every record named above byte for byte,"
        )?;
        writeln!(
            f,
            "  the signed batch around it, and these keys (Ed25519). A record's hash is"
        )?;
        writeln!(
            f,
            "  SHA-256 over `gateline-record-v1` and its bytes; each record holds the hash"
        )?;
        writeln!(
            f,
            "  of the one before; the device signed the hash of a batch's last record, and"
        )?;
        writeln!(f, "  the server's receipt says when it held it.")?;
        writeln!(f, "  root key  {}", self.root_key)?;
        for device in &self.devices {
            writeln!(f, "  device    {}  {}", device.key, device.name)?;
        }
        Ok(())
    }
}

fn section(f: &mut Formatter<'_>, title: &str, count: usize) -> fmt::Result {
    let heading = format!(
        "{title}: {}",
        if count == 0 {
            "none".into()
        } else {
            count.to_string()
        }
    );
    writeln!(f, "\n{heading}\n{}", "-".repeat(heading.chars().count()))
}

fn short(signature: &gateline_common::Signature) -> String {
    let text = signature.to_string();
    format!("{}…", text.get(..24).unwrap_or(&text))
}

struct Ticket<'a>(&'a TicketShown);

impl Display for Ticket<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ticket = self.0;
        let name = ticket.name.as_deref().unwrap_or("(no name)");
        write!(f, "{name}, ticket {}", ticket.serial)?;
        for (label, value) in [
            ("", &ticket.ticket_type),
            ("seat ", &ticket.seat),
            ("order ", &ticket.order_code),
        ] {
            if let Some(value) = value {
                write!(f, ", {label}{value}")?;
            }
        }
        Ok(())
    }
}

struct Log<'a>(&'a DeviceShown);

impl Display for Log<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let device = self.0;
        let chain = &device.chain;
        let revoked = if device.revoked_at.is_some() {
            " (revoked)"
        } else {
            ""
        };
        writeln!(
            f,
            "  {}{revoked}: {} scans here, {} let through; {} records in its log",
            device.name, device.scans, device.admitted, chain.records
        )?;
        for gap in &chain.gaps {
            writeln!(f, "    ! records {} to {} are missing", gap.from, gap.to)?;
        }
        for fork in &chain.forks {
            writeln!(
                f,
                "    ! record {} exists {} times: its store was copied",
                fork.seq,
                fork.hashes.len()
            )?;
        }
        for sign in &chain.tampering {
            match sign {
                Tampering::BrokenLink { seq, .. } => {
                    writeln!(f, "    ! record {seq} does not follow the one before it")?
                }
                Tampering::NotAsReceipted { seq, .. } => writeln!(
                    f,
                    "    ! record {seq} is not the one that the server receipted"
                )?,
            }
        }
        for aside in &chain.quarantined {
            writeln!(
                f,
                "    ! record {} is set aside: {:?}",
                aside.seq, aside.reason
            )?;
        }
        if chain.clock_corrections > 0 {
            writeln!(
                f,
                "    ! its clock was wrong by up to {} ms at {} scans",
                chain.worst_clock_error_ms, chain.clock_corrections
            )?;
        }
        Ok(())
    }
}
