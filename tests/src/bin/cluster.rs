//! `gateline-cluster`: every service as processes of its own behind NGINX, on the
//! servers that the environment names, until it is stopped. `cargo xtask cluster`
//! builds everything, starts those servers and this.

use anyhow::Result;
use clap::Parser;
use gateline_tests::system::{Binaries, Cluster, Engines, until_stopped};
use std::path::PathBuf;

/// Runs the distributed form on this machine.
#[derive(Parser)]
struct Arguments {
    /// Processes of each service.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=4))]
    each: u8,
    /// Where logs and letters go, to be kept; a temporary folder otherwise.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[tokio::main]
#[expect(
    clippy::print_stdout,
    reason = "it says on standard output where to go"
)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir()?;
    let folder = arguments.keep.clone();
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let binaries = Binaries::of_this_build()?;
    let each = usize::from(arguments.each);
    println!("starting every service, {each} processes of each");
    // Its guard ends all of them.
    let cluster = Cluster::start(&binaries, &folder, Engines::of_this_run()?, each, &[]).await?;
    println!("\n  all services            {}", cluster.url());
    for instance in &cluster.instances {
        println!(
            "  {:<12}            http://127.0.0.1:{}",
            instance.service, instance.port
        );
    }
    println!("\nLogs are in {}. Ctrl-C ends it all.", folder.display());
    until_stopped().await
}
