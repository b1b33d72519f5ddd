//! Numbered steps on the terminal, and what each took.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The steps of one task.
pub(crate) struct Progress {
    total: usize,
    begun: Instant,
    done: Vec<(String, Duration)>,
}

impl Progress {
    /// A task of so many steps.
    pub(crate) fn of(total: usize) -> Self {
        Self {
            total,
            begun: Instant::now(),
            done: Vec::new(),
        }
    }

    /// Does one step; the first error ends the task.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let number = self.done.len() + 1;
        println!("\n[{number}/{}] {name}", self.total);
        let begun = Instant::now();
        work().with_context(|| format!("step {number} of {} failed: {name}", self.total))?;
        self.done.push((name.to_owned(), begun.elapsed()));
        Ok(())
    }

    /// Prints the summary.
    pub(crate) fn finish(self, task: &str) {
        println!();
        for (name, took) in &self.done {
            println!("  ok {:>8}  {name}", in_words(*took));
        }
        println!("{task}: all green in {}", in_words(self.begun.elapsed()));
    }
}

/// `4.2 s` or `3 min 05 s`.
pub(crate) fn in_words(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}
