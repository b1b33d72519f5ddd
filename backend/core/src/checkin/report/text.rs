//! The report as plain text, for a person with a terminal or a printer.

use super::scanner_text::{Log, counted};
use super::shape::{ConflictShown, EventReport, ScanShown, TicketShown};
use gateline_admission::reconcile::Cause;
use gateline_common::decision::{Answer, Direction};
use std::fmt::{self, Display, Formatter};

/// Enough to check a proof without this program: its layouts are those of
/// `Record`, `ScanBatch::head` and `Receipt::to_signed_bytes`.
const HOW_TO_CHECK: &str = "\
How to check a proof
  The JSON form of this report holds every record named above byte for byte,
  the signed batch around it, and these keys. Bytes are in base64url there.
  Each record holds the hash of the one before it; the device signed the hash
  of a batch's last record; the server's receipt, signed with the root key,
  says when it held that one. Signatures are Ed25519. In what is hashed and
  signed, parts follow one another with nothing between them; a device is the
  16 bytes of its UUID, a hash has 32 bytes, a number 8, the highest first.
    record    the bytes 1 and 16, the device, the record's number (LEB128),
              the hash of the record before (zeros for the first), the rest
    its hash  SHA-256 over `gateline-record-v1`, the record
    signature of the device
              over `gateline-batch-v1`, a zero byte, the device, first_seq,
              last_seq, last_hash
    receipt, a signature with the root key
              over `gateline-receipt-v1`, a zero byte, the device, last_seq,
              last_hash, received_at (milliseconds since 1970, UTC)";

impl Display for EventReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rule = "=".repeat(72);
        let off = if self.cancelled { " (cancelled)" } else { "" };
        writeln!(f, "{rule}\nEntry report: {}{off}\n{rule}", self.title)?;
        writeln!(
            f,
            "Made {} (times are {})\n",
            self.made_local, self.timezone
        )?;
        self.sums(f)?;
        self.exposed(f)?;
        let by_staff = |shown: &&ConflictShown| shown.cause == Some(Cause::OperatorOverride);
        let (overrides, conflicts): (Vec<_>, Vec<_>) = self.conflicts.iter().partition(by_staff);
        self.findings(f, "Conflicts", &conflicts)?;
        self.findings(f, "Let in by staff against a refusal", &overrides)?;
        let refused: Vec<_> = self.wrongly_refused.iter().collect();
        self.findings(f, "Refused, although in order", &refused)?;
        section(f, "Let in without being on the list", self.unlisted.len())?;
        for ticket in &self.unlisted {
            writeln!(f, "  - {}", Ticket(ticket))?;
        }
        self.unsettled(f)?;
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
        sum(f, 1, "Valid tickets", self.expected)?;
        sum(f, 1, "Tickets let in", totals.tickets_admitted)?;
        sum(f, 1, "Inside now", totals.inside)?;
        sum(f, 1, "Scans", totals.scans)?;
        sum(f, 2, "let through", totals.admitted)?;
        let entries = totals.admitted.saturating_sub(totals.exits);
        let again = entries.saturating_sub(totals.tickets_admitted);
        part(f, "in, first time", entries - again)?;
        part(f, "in, once more", again)?;
        part(f, "out", totals.exits)?;
        of_these(f, totals.unlisted, "not on the list")?;
        of_these(f, totals.chosen_from_list, "chosen from search")?;
        sum(f, 2, "refused", totals.refused)?;
        for (reason, count) in &totals.refusals {
            part(f, &reason.replace('_', " "), *count)?;
        }
        of_these(f, totals.withdrawn, "after the server said no")?;
        if totals.undone > 0 {
            sum(f, 2, "taken back by staff", totals.undone)?;
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

    fn exposed(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let exposure = &self.exposure;
        if exposure.tickets == 0 {
            return Ok(());
        }
        let silent = || exposure.devices.iter().filter(|device| device.tickets > 0);
        section(f, "Gates that are cut off", silent().count())?;
        writeln!(
            f,
            "  They cannot know whom other gates let in meanwhile, so they could let in twice:"
        )?;
        for device in silent() {
            let age_ms = self.made_at.since_ms(device.last_contact);
            writeln!(
                f,
                "  - {}: {}, last heard of {} ago",
                device.name,
                counted(device.tickets, "ticket"),
                age(age_ms)
            )?;
        }
        Ok(())
    }

    fn findings(
        &self,
        f: &mut Formatter<'_>,
        title: &str,
        found: &[&ConflictShown],
    ) -> fmt::Result {
        section(f, title, found.len())?;
        for (number, shown) in (1..).zip(found) {
            self.conflict(f, number, shown)?;
        }
        Ok(())
    }

    fn conflict(&self, f: &mut Formatter<'_>, number: usize, shown: &ConflictShown) -> fmt::Result {
        writeln!(f, "{number}. {}", shown.words)?;
        writeln!(f, "   who      {}", Ticket(&shown.ticket))?;
        if let Some(counted) = &shown.counted {
            self.scan(f, "counts", counted)?;
        }
        let label = match shown.cause {
            Some(Cause::OperatorOverride) => "override",
            Some(_) => "conflict",
            None => "refused",
        };
        self.scan(f, label, &shown.other)?;
        if shown.counted.is_some() {
            let sequence = if shown.order_provable {
                "proven by the server's receipts or one device's log"
            } else {
                "not provable: by the devices' clocks only"
            };
            writeln!(f, "   sequence {sequence}")?;
        }
        writeln!(f)
    }

    fn unsettled(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.waiting.is_empty() {
            return Ok(());
        }
        section(f, "Waiting for a gate's word", self.waiting.len())?;
        for waiting in &self.waiting {
            if let Some(ticket) = &waiting.ticket {
                writeln!(f, "  - {}", Ticket(ticket))?;
            }
            writeln!(
                f,
                "    {}, record {}: the server said no; whether the guest was let in, the",
                waiting.device_name, waiting.seq
            )?;
            writeln!(f, "    scanner has not said yet")?;
        }
        Ok(())
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
        writeln!(f, "\n{HOW_TO_CHECK}")?;
        writeln!(f, "  root key  {}", self.root_key)?;
        for device in &self.devices {
            writeln!(f, "  device    {}  {}", device.key, device.name)?;
        }
        Ok(())
    }
}

/// A line of the sums; `level` 1 is the outermost.
fn sum(f: &mut Formatter<'_>, level: usize, name: &str, count: u64) -> fmt::Result {
    let name = format!("{:indent$}{name}", "", indent = 2 * level);
    writeln!(f, "{name:<27}{count:>7}")
}

/// A part of the sum above it, if there is any.
fn part(f: &mut Formatter<'_>, name: &str, count: u64) -> fmt::Result {
    match count {
        0 => Ok(()),
        _ => sum(f, 3, name, count),
    }
}

/// Says of some of the sum above what its parts do not.
fn of_these(f: &mut Formatter<'_>, count: u64, what: &str) -> fmt::Result {
    match count {
        0 => Ok(()),
        _ => writeln!(f, "      ({count} of these {what})"),
    }
}

fn section(f: &mut Formatter<'_>, title: &str, count: usize) -> fmt::Result {
    let heading = match count {
        0 => format!("{title}: none"),
        _ => format!("{title}: {count}"),
    };
    writeln!(f, "\n{heading}\n{}", "-".repeat(heading.chars().count()))
}

/// A span of time, as people say it.
fn age(ms: i64) -> String {
    let seconds = u64::try_from(ms / 1_000).unwrap_or(0);
    match seconds {
        0..120 => counted(seconds, "second"),
        120..7_200 => counted(seconds / 60, "minute"),
        _ => counted(seconds / 3_600, "hour"),
    }
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
