//! `cargo xtask fuzz`: lets libFuzzer look for input that breaks a promise.
//!
//! Always: what it learns stays in the target folder; only seeds and what was
//! found are kept in the clone, where ordinary tests play them. It works on the
//! stable compiler, without a sanitizer: the code is safe Rust, and what is
//! looked for are panics, broken promises, hangs and memory without bound.

use crate::command::{cargo, output, run as run_command};
use crate::environment::{root, target};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CARGO_FUZZ: &str = "0.13.2";

/// Fuzzes; without a name, every target, one after the other.
#[derive(clap::Args)]
pub(crate) struct FuzzArgs {
    /// Which target: read, sync, api, image, frame
    target: Option<String>,
    /// For how long each
    #[arg(long, default_value_t = 20)]
    minutes: u32,
}

/// A fuzz target.
struct Target {
    name: &'static str,
    folder: &'static str,
    /// The longest input, in bytes.
    longest: u32,
    /// The longest time for one input, in seconds: with much to spare, as other
    /// programs may want the machine too.
    slowest: u32,
    /// The most memory, in megabytes.
    most_memory: u32,
}

const TARGETS: &[Target] = &[
    Target {
        name: "read",
        folder: "crates/ticket-crypto/fuzz",
        longest: 1024,
        slowest: 10,
        most_memory: 256,
    },
    Target {
        name: "sync",
        folder: "crates/common/fuzz",
        longest: 4096,
        slowest: 10,
        most_memory: 256,
    },
    Target {
        name: "api",
        folder: "backend/server/fuzz",
        longest: 16_384,
        slowest: 300,
        most_memory: 2048,
    },
    Target {
        name: "image",
        folder: "scanner-app/core/fuzz",
        longest: 16_384,
        slowest: 900,
        most_memory: 1536,
    },
    Target {
        name: "frame",
        folder: "scanner-app/core/fuzz",
        longest: 2048,
        slowest: 900,
        most_memory: 1536,
    },
];

/// Runs the targets that were named.
pub(crate) fn run(args: &FuzzArgs) -> Result<()> {
    let named = |target: &&Target| {
        args.target
            .as_deref()
            .is_none_or(|name| name == target.name)
    };
    let targets: Vec<&Target> = TARGETS.iter().filter(named).collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        bail!("there is no such target; there are {}", names.join(", "));
    }
    install()?;
    let mut found = Vec::new();
    for target in targets {
        println!("\nfuzzing `{}` for {} minutes", target.name, args.minutes);
        if let Err(error) = fuzz(target, args.minutes) {
            println!("{error:#}");
            found.push(target.name);
        }
    }
    if !found.is_empty() {
        bail!(
            "broken by input that was found: {}. Keep each input among the seeds of its target \
             (`seeds` beside its fuzz_targets), mend, and the tests play it from then on",
            found.join(", ")
        );
    }
    Ok(())
}

/// cargo-fuzz, installed when it is not there.
fn install() -> Result<()> {
    if output(cargo(&["fuzz", "--version"])).is_some() {
        return Ok(());
    }
    println!("cargo-fuzz is not here: installing version {CARGO_FUZZ}");
    let wanted = ["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ];
    run_command(cargo(&wanted)).context("cargo-fuzz could not be installed")
}

fn fuzz(wanted: &Target, minutes: u32) -> Result<()> {
    let place = target().join("fuzz");
    let learnt = made(place.join("corpus").join(wanted.name))?;
    let found = made(place.join("found").join(wanted.name))?;
    let seeds = root().join(wanted.folder).join("seeds").join(wanted.name);
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let limits = [
        format!("-max_total_time={}", 60 * u64::from(minutes)),
        format!("-max_len={}", wanted.longest),
        format!("-timeout={}", wanted.slowest),
        format!("-rss_limit_mb={}", wanted.most_memory),
        format!("-artifact_prefix={}/", text(&found)),
        "-print_final_stats=1".to_owned(),
    ];
    run_command(fuzzer("build", wanted, &place))?;
    let log = place.join(format!("{}.log", wanted.name));
    let mut run = fuzzer("run", wanted, &place);
    run.arg(&learnt).arg(&seeds).arg("--").args(limits);
    run.stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?);
    let ended = run_command(run);
    let words = std::fs::read_to_string(&log).unwrap_or_default();
    println!("{}: {}", wanted.name, summary(&words));
    ended.with_context(|| format!("see {} and {}", log.display(), found.display()))?;
    // What teaches nothing that other inputs do not teach need not be kept.
    let mut less = fuzzer("cmin", wanted, &place);
    less.arg(&learnt).stderr(Stdio::null());
    run_command(less)
}

/// What libFuzzer says of a run at its end.
fn summary(log: &str) -> String {
    let stat = |name: &str| {
        let mut lines = log.lines().rev();
        let line = lines.find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
        line.map_or("?", |line| line.trim_start_matches(':').trim())
    };
    let mut words = log.lines().rev().filter(|line| line.starts_with('#'));
    let covered = words.find_map(|line| line.split("cov: ").nth(1)?.split(' ').next());
    format!(
        "{} executions, {} a second; {} edges covered; {} MB at most; slowest {} s",
        stat("number_of_executed_units"),
        stat("average_exec_per_sec"),
        covered.unwrap_or("?"),
        stat("peak_rss_mb"),
        stat("slowest_unit_time_sec"),
    )
}

fn fuzzer(what: &str, wanted: &Target, place: &Path) -> Command {
    let mut command = cargo(&["fuzz", what, "--sanitizer", "none"]);
    command.arg("--fuzz-dir").arg(root().join(wanted.folder));
    command.arg("--target-dir").arg(place).arg(wanted.name);
    command
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_in_one_line() {
        let log = "#12\tNEW    cov: 30 ft: 60 corp: 9/9b\n#99\tDONE   cov: 431 ft: 1148 corp: 3/18Kb\n\
                   Done 99 runs in 1 second(s)\nstat::number_of_executed_units: 99\n\
                   stat::average_exec_per_sec:     98\nstat::new_units_added:          3\n\
                   stat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              28\n";
        let expected = "99 executions, 98 a second; 431 edges covered; 28 MB at most; slowest 0 s";
        assert_eq!(summary(log), expected);
    }

    #[test]
    fn every_target_has_its_folder_and_seeds() {
        for target in TARGETS {
            let folder = root().join(target.folder);
            let source = folder.join("fuzz_targets").join(target.name);
            assert!(source.with_extension("rs").is_file(), "{}", target.name);
            assert!(
                folder.join("seeds").join(target.name).is_dir(),
                "{}",
                target.name
            );
        }
    }
}
