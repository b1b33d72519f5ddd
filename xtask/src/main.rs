//! `cargo xtask`: what a developer or a build machine runs on a clone.
//!
//! Always: it compiles in seconds on a machine that has only Rust (std, anyhow,
//! clap, serde); nothing that it starts outlives it; it ends non-zero when a
//! step fails. It must not be needed to run the product itself.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks to its terminal"
)]

mod bench;
mod chaos;
mod cluster;
mod command;
mod demo;
mod deploy_tools;
mod environment;
mod fuzz;
mod kill;
mod package;
mod progress;
mod release;
mod schemathesis;
mod screens;
mod services;
mod setup;
mod test;
mod ui;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Work on a clone of Gateline.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, start it with a sample event, and say where to look
    Demo(demo::DemoArgs),
    /// Run every service as processes of its own, on RabbitMQ, Redis and MongoDB
    Cluster(cluster::ClusterArgs),
    /// Check and test everything, as the build machine does
    Test(test::TestArgs),
    /// Measure speed and size in a release build
    Bench(bench::BenchArgs),
    /// Kill the built programs under load, cut their power, and check what is left
    Kill(kill::KillArgs),
    /// Kill services, broker, cache and database under load, and check what is left
    Chaos(chaos::ChaosArgs),
    /// Look for input that breaks a promise, with libFuzzer
    Fuzz(fuzz::FuzzArgs),
    /// Hold the API's answers to its document, with Schemathesis
    Schemathesis(schemathesis::SchemathesisArgs),
    /// Start, end or show the servers that the distributed mode is tested with
    Services(services::ServicesArgs),
    /// Install what this machine lacks, after asking
    Setup,
    /// Build the screens that the scanner app embeds
    Ui,
    /// Take pictures of every screen of the scanner app, into docs
    Screens,
    /// Make the package of the scanner app that this system installs
    Package,
    /// Format the Rust code
    Fmt {
        /// Only say what is not formatted
        #[arg(long)]
        check: bool,
    },
    /// Run clippy over every target, warnings refused
    Lint,
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Demo(args) => demo::run(&args),
        Task::Cluster(args) => cluster::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Kill(args) => kill::run(&args),
        Task::Chaos(args) => chaos::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Schemathesis(args) => schemathesis::run(&args),
        Task::Services(args) => services::run(&args),
        Task::Setup => {
            setup::ensure()?;
            setup::ensure_servers()?;
            deploy_tools::ensure()
        }
        Task::Ui => {
            setup::ensure()?;
            ui::build()
        }
        Task::Screens => screens::run(),
        Task::Package => package::run(),
        Task::Fmt { check } => test::format(check),
        Task::Lint => test::lint(),
    }
}
