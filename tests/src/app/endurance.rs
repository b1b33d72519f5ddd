//! A long night at one window: do its memory and its time per scan grow?

use super::{Scanner, Venue};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;

/// So many scans at a time: a script in the page has its time.
const AT_ONCE: usize = 50;
const CONFIRM_MS: u64 = 250;

/// A stretch of scans.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// The number of its last scan.
    pub upto: usize,
    /// From the window's question to its answer, half of the scans, ms.
    pub p50_ms: f64,
    /// The same for 99 of 100, ms.
    pub p99_ms: f64,
    /// Resident memory of the app afterwards, MiB.
    pub app_mib: f64,
    /// The same of its WebView's processes, MiB.
    pub web_mib: f64,
}

/// Scans `stretches` times `length` guests at one window, online.
///
/// # Errors
/// When a scan is not green, or the window is gone.
pub async fn endure(stretches: usize, length: usize) -> Result<Vec<Stretch>> {
    let venue = Venue::open(200).await?;
    let scanner = venue.scanner("Tablet 1", 1, None, CONFIRM_MS).await?;
    let mut seen = Vec::new();
    for stretch in 1..=stretches {
        let mut times = Vec::with_capacity(length);
        while times.len() < length {
            let count = AT_ONCE.min(length - times.len());
            times.extend(scan(&scanner, &venue.codes, count).await?);
        }
        times.sort_by(f64::total_cmp);
        let percentile = |percent: usize| {
            let at = (times.len() * percent).div_ceil(100).max(1);
            times.get(at - 1).copied().unwrap_or(f64::NAN)
        };
        let (app_mib, web_mib) = memory_mib(scanner.driver_process())?;
        seen.push(Stretch {
            upto: stretch * length,
            p50_ms: percentile(50),
            p99_ms: percentile(99),
            app_mib,
            web_mib,
        });
    }
    scanner.close().await?;
    Ok(seen)
}

async fn scan(scanner: &Scanner, codes: &[String], count: usize) -> Result<Vec<f64>> {
    let script = include_str!("endurance.js");
    let said = scanner
        .window
        .ask(script, vec![json!(codes), json!(count)])
        .await?;
    if let Some(wrong) = said["wrong"].as_str() {
        bail!("{wrong}");
    }
    let times = said["times"].as_array().context("the times")?;
    Ok(times.iter().filter_map(serde_json::Value::as_f64).collect())
}

/// Resident memory of the app and of its WebView's processes: all that `driver`
/// started.
fn memory_mib(driver: u32) -> Result<(f64, f64)> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(process) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // It may have ended since it was listed.
        if let Some(parent) = field(process, "PPid") {
            children.entry(parent as u32).or_default().push(process);
        }
    }
    let resident = |process| field(process, "VmRSS").unwrap_or(0) as f64 / 1024.0;
    let of = |parent| children.get(&parent).cloned().unwrap_or_default();
    let apps = of(driver);
    let app = apps.iter().map(|app| resident(*app)).sum();
    let mut web = 0.0;
    let mut below: Vec<u32> = apps.into_iter().flat_map(of).collect();
    while let Some(process) = below.pop() {
        web += resident(process);
        below.extend(of(process));
    }
    Ok((app, web))
}

/// A number of `/proc/<process>/status`.
fn field(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "to scan {:>6}: p50 {:.1} ms, p99 {:.1} ms; app {:.0} MiB, its WebView {:.0} MiB",
            self.upto, self.p50_ms, self.p99_ms, self.app_mib, self.web_mib
        )
    }
}
