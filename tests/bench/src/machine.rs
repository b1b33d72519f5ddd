//! The machine that the figures were measured on.

use serde::{Deserialize, Serialize};
use std::fs::read_to_string;

/// What a reader must know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor, as it calls itself.
    pub processor: String,
    /// Cores that this program may use.
    pub cores: usize,
    /// Memory, in GiB.
    pub memory_gib: u64,
    /// The operating system and its kernel.
    pub system: String,
}

impl Machine {
    /// This one. What the system does not say is called unknown.
    #[must_use]
    pub fn this() -> Self {
        let unknown = || "unknown".to_owned();
        let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
        let memory = field("/proc/meminfo", "MemTotal").and_then(|text| kib(&text));
        let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory.unwrap_or(0).div_ceil(1 << 20),
            system: format!("{} {}", std::env::consts::OS, kernel.trim()),
        }
    }
}

/// Processes that wanted to run in the last minute, on average; more than the
/// cores means that the machine was shared.
#[must_use]
pub fn load() -> Option<f64> {
    let text = read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The most memory that the running process `id` ever held, in bytes.
#[must_use]
pub fn peak_memory(id: u32) -> Option<u64> {
    let text = field(&format!("/proc/{id}/status"), "VmHWM")?;
    Some(kib(&text)? << 10)
}

/// The memory that the running process `id` holds now, in bytes.
#[must_use]
pub fn memory(id: u32) -> Option<u64> {
    let text = field(&format!("/proc/{id}/status"), "VmRSS")?;
    Some(kib(&text)? << 10)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str) -> Option<u64> {
    text.strip_suffix(" kB")?.trim().parse().ok()
}
