//! Processor time of a process, all its threads together.

use anyhow::{Context as _, Result};
use std::time::Duration;

/// The kernel tells processor time to programs in ticks of this length.
const TICK: Duration = Duration::from_millis(10);

/// Processor time so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage(Duration);

impl Usage {
    /// Of the running process `id`.
    pub(super) fn of(id: u32) -> Result<Self> {
        Self::read(&format!("/proc/{id}/stat"))
    }

    /// Of this process.
    pub(super) fn own() -> Result<Self> {
        Self::read("/proc/self/stat")
    }

    /// What was used since `before`.
    pub(super) const fn since(self, before: Self) -> Duration {
        self.0.saturating_sub(before.0)
    }

    fn read(file: &str) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
        let ticks = ticks(&text).with_context(|| format!("what {file} says"))?;
        Ok(Self(TICK * ticks))
    }
}

/// User and system time; the program's name, which may hold anything, ends with
/// the last bracket.
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn user_and_system_time_are_the_fourteenth_and_fifteenth_field() {
        let stat = "7 (a ) name) S 1 2 3 4 5 6 7 8 9 10 41 1 0 0 20 0";
        assert_eq!(ticks(stat), Some(42));
    }
}
