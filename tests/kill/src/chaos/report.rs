//! What a run did and found, as Markdown.

use super::plan::{Strike, Victim};
use crate::checker::{Checked, Counts, Fault, Finding};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// What a run did and found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Strikes.
    pub strikes: u64,
    /// Processes that were killed.
    pub killed: u64,
    /// Times that all work was let come to its end, and was checked.
    pub rests: u64,
    /// Wall time, seconds.
    pub seconds: f64,
    /// What was looked at in the last check.
    pub counts: Counts,
    /// Price changes in the history.
    pub prices: usize,
    /// What was refused, by status and code.
    pub refused: BTreeMap<String, usize>,
    /// What is wrong, and after how many strikes it was found.
    pub findings: Vec<(u64, Finding)>,
    by_victim: BTreeMap<Victim, u64>,
}

impl Report {
    /// Of a run that begins.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(super) fn struck(&mut self, strike: &Strike, killed: usize) {
        self.strikes += 1;
        self.killed += killed as u64;
        for victim in [Some(strike.victim), strike.also].into_iter().flatten() {
            *self.by_victim.entry(victim).or_default() += 1;
        }
    }

    pub(super) fn checked(&mut self, checked: Checked) {
        self.rests += 1;
        self.counts = checked.counts;
        for finding in checked.findings {
            if self.findings.iter().all(|(_, known)| *known != finding) {
                self.findings.push((self.strikes, finding));
            }
        }
    }

    /// How often this was struck.
    #[must_use]
    pub fn times(&self, victim: Victim) -> u64 {
        self.by_victim.get(&victim).copied().unwrap_or(0)
    }

    fn found(&self, faults: &[Fault]) -> usize {
        let of = |it: &&(u64, Finding)| faults.contains(&it.1.fault);
        self.findings.iter().filter(of).count()
    }

    /// One line for a terminal.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "{} strikes, {} processes killed; {} orders, {} scans; {} findings; {:.0} s",
            self.strikes,
            self.killed,
            self.counts.orders,
            self.counts.scans_shown,
            self.findings.len(),
            self.seconds
        )
    }
}

/// The Markdown page.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let lost_answers = usize::try_from(counts.lost_answers).unwrap_or(0);
        writeln!(f, "# The distributed form under fire\n")?;
        writeln!(
            f,
            "Seed {}, {} strikes, {} processes killed, {:.0} s; all work came to its end and was \
             checked {} times.\n",
            self.seed, self.strikes, self.killed, self.seconds, self.rests
        )?;
        writeln!(f, "| what | count |\n|---|---|")?;
        for (what, count) in [
            ("orders", counts.orders),
            ("payments", counts.payments),
            ("refunds by the gateway", counts.refunds),
            ("tickets", counts.tickets),
            ("price changes", self.prices),
            ("scans shown", counts.scans_shown),
            ("records in the gates' logs", counts.records),
            ("requests in the clients' journals", counts.answers),
            ("answers lost and asked for again", lost_answers),
            ("**lost**", self.found(Fault::LOST)),
            ("**doubled**", self.found(Fault::DOUBLED)),
            ("**oversold**", self.found(&[Fault::Oversold])),
            ("**stuck**", self.found(&[Fault::LeftOver])),
            ("**findings in all**", self.findings.len()),
        ] {
            writeln!(f, "| {what} | {count} |")?;
        }
        writeln!(f, "\n## What was struck\n\n| what | times |\n|---|---|")?;
        for (victim, times) in &self.by_victim {
            writeln!(f, "| {} | {times} |", victim.words())?;
        }
        writeln!(f, "\n## What was refused\n\n| answer | times |\n|---|---|")?;
        for (answer, times) in &self.refused {
            writeln!(f, "| {answer} | {times} |")?;
        }
        if !self.findings.is_empty() {
            writeln!(f, "\n## Findings\n")?;
        }
        for (strikes, finding) in &self.findings {
            let (fault, what) = (finding.fault, &finding.what);
            writeln!(f, "- after {strikes} strikes, {fault:?}: {what}")?;
        }
        f.write_char('\n')
    }
}
