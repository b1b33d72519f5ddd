//! Processor time of a process, all its threads together, and of all that it started.

use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
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

    /// Of these processes and of all that they started, as far as they still run.
    pub(super) fn of_families(heads: &[u32]) -> Result<Self> {
        let mut running = BTreeMap::new();
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.parse::<u32>().ok());
            // A process may end while it is looked at.
            let stat = id.and_then(|id| std::fs::read_to_string(format!("/proc/{id}/stat")).ok());
            if let (Some(id), Some(stat)) = (id, stat)
                && let (Some(parent), Some(ticks)) = (parent(&stat), ticks(&stat))
            {
                running.insert(id, (parent, ticks));
            }
        }
        let is_of_family = |id: u32| {
            let parents = std::iter::successors(Some(id), |id| Some(running.get(id)?.0));
            parents.take(running.len()).any(|id| heads.contains(&id))
        };
        let family = running.iter().filter(|(id, _)| is_of_family(**id));
        Ok(Self(
            TICK * family.map(|(_, (_, ticks))| ticks).sum::<u32>(),
        ))
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

/// The second field after the name.
fn parent(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Usage, parent, ticks};

    #[test]
    fn user_and_system_time_are_the_fourteenth_and_fifteenth_field() {
        let stat = "7 (a ) name) S 1 2 3 4 5 6 7 8 9 10 41 1 0 0 20 0";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(parent(stat), Some(1));
    }

    #[test]
    fn this_process_is_of_its_own_family() {
        let family = Usage::of_families(&[std::process::id()]).unwrap();
        assert!(family.0 >= Usage::own().unwrap().0.saturating_sub(super::TICK));
    }
}
