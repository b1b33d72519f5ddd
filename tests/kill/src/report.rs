//! What a campaign did and found, as Markdown.

use crate::checker::{Counts, Fault, Finding};
use crate::places::Place;
use crate::plan::Power;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// One kill.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// Was it a gate? Else it was the server.
    gate: bool,
    place: Place,
    power_cut: bool,
    lost: u64,
}

impl Hit {
    /// The server was killed; `lost` sectors and names went with a power cut.
    #[must_use]
    pub fn backend(place: Place, power: Power, lost: u64) -> Self {
        Self {
            gate: false,
            place,
            power_cut: power != Power::Stays,
            lost,
        }
    }

    /// A gate was killed.
    #[must_use]
    pub fn gate(place: Place, power: Power, lost: u64) -> Self {
        Self {
            gate: true,
            ..Self::backend(place, power, lost)
        }
    }
}

/// Kills at one place: of the server and of gates, alone and with a power cut.
type Row = [u64; 4];

/// What a campaign did and found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Rounds that were asked for.
    pub rounds: u64,
    /// Rounds that were done.
    pub rounds_done: u64,
    /// What was looked at in the last full check.
    pub counts: Counts,
    /// Answers looked at right after the round in which they were given.
    pub light_answers: u64,
    /// Full checks.
    pub full_checks: u64,
    /// What is wrong, and the round in which it was found.
    pub findings: Vec<(u64, Finding)>,
    /// Schema steps that were taken back, to be migrated again.
    pub steps_taken_back: u64,
    /// Kills of gates at a counted change while they started.
    pub counted_down: u64,
    /// Wall time.
    pub seconds: f64,
    kills: BTreeMap<Place, Row>,
    power_cuts_that_lost: u64,
    lost: u64,
}

impl Report {
    /// Of a campaign that begins.
    #[must_use]
    pub fn new(seed: u64, rounds: u64) -> Self {
        Self {
            seed,
            rounds,
            rounds_done: 0,
            counts: Counts::default(),
            light_answers: 0,
            full_checks: 0,
            findings: Vec::new(),
            steps_taken_back: 0,
            counted_down: 0,
            seconds: 0.0,
            kills: BTreeMap::new(),
            power_cuts_that_lost: 0,
            lost: 0,
        }
    }

    pub(crate) fn hit(&mut self, hit: Hit) {
        let column = usize::from(hit.gate) * 2 + usize::from(hit.power_cut);
        self.kills.entry(hit.place).or_default()[column] += 1;
        self.power_cuts_that_lost += u64::from(hit.lost > 0);
        self.lost += hit.lost;
    }

    /// Kills at this place.
    #[must_use]
    pub fn kills_at(&self, place: Place) -> u64 {
        self.kills.get(&place).map_or(0, |row| row.iter().sum())
    }

    /// All kills.
    #[must_use]
    pub fn kills(&self) -> u64 {
        self.kills.values().flatten().sum()
    }

    /// Kills with a power cut.
    #[must_use]
    pub fn power_cuts(&self) -> u64 {
        self.kills.values().map(|row| row[1] + row[3]).sum()
    }

    fn found(&self, faults: &[Fault]) -> usize {
        let of = |it: &&(u64, Finding)| faults.contains(&it.1.fault);
        self.findings.iter().filter(of).count()
    }

    /// One line for a terminal.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "round {}/{}: {} kills, {} of them with a power cut; {} answers held; {} findings; {:.0} s",
            self.rounds_done,
            self.rounds,
            self.kills(),
            self.power_cuts(),
            self.light_answers,
            self.findings.len(),
            self.seconds
        )
    }
}

/// The Markdown page.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        writeln!(f, "# Kills and power cuts\n")?;
        writeln!(
            f,
            "Seed {}, {} of {} rounds, {} kills ({} with a power cut, of which {} took back \
             {} unsynced sectors and names), {:.0} s.\n",
            self.seed,
            self.rounds_done,
            self.rounds,
            self.kills(),
            self.power_cuts(),
            self.power_cuts_that_lost,
            self.lost,
            self.seconds
        )?;
        writeln!(f, "| what | count |\n|---|---|")?;
        for (what, count) in [
            ("orders", counts.orders),
            ("payments", counts.payments),
            ("refunds by the gateway", counts.refunds),
            ("tickets", counts.tickets),
            ("gates enrolled", counts.gates),
            ("scans shown", counts.scans_shown),
            ("records in the gates' logs", counts.records),
            ("requests in the clients' journals", counts.answers),
            (
                "answers lost and asked for again",
                usize::try_from(counts.lost_answers).unwrap_or(0),
            ),
            (
                "schema steps migrated again",
                usize::try_from(self.steps_taken_back).unwrap_or(0),
            ),
            (
                "full checks",
                usize::try_from(self.full_checks).unwrap_or(0),
            ),
            ("**lost**", self.found(Fault::LOST)),
            ("**doubled**", self.found(Fault::DOUBLED)),
            ("**oversold**", self.found(&[Fault::Oversold])),
            ("**findings in all**", self.findings.len()),
        ] {
            writeln!(f, "| {what} | {count} |")?;
        }
        writeln!(f, "\n## Where they were hit\n")?;
        writeln!(
            f,
            "| place | server killed | server, power cut | gate killed | gate, power cut |"
        )?;
        writeln!(f, "|---|---|---|---|---|")?;
        for (place, [killed, cut, gate_killed, gate_cut]) in &self.kills {
            let words = place.words();
            writeln!(
                f,
                "| {words} | {killed} | {cut} | {gate_killed} | {gate_cut} |"
            )?;
        }
        if !self.findings.is_empty() {
            writeln!(f, "\n## Findings\n")?;
        }
        for (round, finding) in &self.findings {
            writeln!(f, "- round {round}, {:?}: {}", finding.fault, finding.what)?;
        }
        f.write_char('\n')
    }
}
