//! `gateline-demo`: shows the main job with the shipped binaries. `cargo xtask
//! demo` builds everything and starts this.

use anyhow::{Result, anyhow};
use clap::Parser;
use gateline_tests::story::{PASSWORD, Show, Size, play};
use gateline_tests::system::{Engines, Form, until_stopped};
use std::path::{Path, PathBuf};

/// Shows the main job: a ticket is sold, scanned at gates while the backend is
/// dead, and reconciled.
#[derive(Parser)]
struct Arguments {
    /// Play the whole story without a window, and end.
    #[arg(long)]
    headless: bool,
    /// With every service as processes of its own, on the servers that the environment
    /// names.
    #[arg(long, requires = "headless")]
    distributed: bool,
    /// Open the scanner's window.
    #[arg(long, conflicts_with = "headless")]
    window: bool,
    /// How many people buy festival tickets in the story.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(4..=30))]
    buyers: u32,
    /// Where stores, frames and logs go, to be kept; a temporary folder otherwise.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir()?;
    let stage = arguments
        .keep
        .clone()
        .unwrap_or_else(|| temporary.path().to_owned());
    // Whatever ends the demo, its guards end the backend and the folder goes.
    if arguments.headless {
        tokio::select! {
            played = headless(&stage, &arguments) => played,
            stopped = until_stopped() => stopped.and(Err(anyhow!("stopped before the end"))),
        }
    } else {
        tokio::select! {
            shown = show(&stage, arguments.window) => shown,
            stopped = until_stopped() => stopped,
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the demo tells its story on standard output"
)]
async fn headless(stage: &Path, arguments: &Arguments) -> Result<()> {
    let form = match arguments.distributed {
        true => Form::Distributed(Engines::of_this_run()?),
        false => Form::Embedded,
    };
    let size = Size {
        buyers: arguments.buyers as usize,
    };
    let outcome = play(stage, form, size, &|scene| println!("demo: {scene}")).await?;
    println!("\n{}", outcome.report);
    let tally = outcome.tally;
    println!(
        "demo: of {} tickets sold, {} are for this event, {} for another one",
        tally.sold,
        tally.sold - tally.sold_elsewhere,
        tally.sold_elsewhere
    );
    println!(
        "demo: sold={} scanned={} admitted={} refused={} conflicts={} lost={}",
        tally.sold, tally.scanned, tally.admitted, tally.refused, tally.conflicts, tally.lost
    );
    anyhow::ensure!(tally.lost == 0, "something was lost");
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "the demo says where to go on standard output"
)]
async fn show(stage: &Path, window: bool) -> Result<()> {
    println!("demo: starting the backend with a sample event and its buyers");
    let mut show = Show::start(stage).await?;
    let url = show.backend.url();
    println!(
        "\nThe backend is running, on a store in {}\n\
         \n  API and documentation   {url}/api/docs\
         \n  the sample event        {url}/api/events/{}\
         \n  organizer               olga@harbour.example, password \"{PASSWORD}\"\
         \n  a buyer                 buyer.01@guests.example, the same password\
         \n  enrolment code          {}\
         \n  tickets as pictures     {}\n",
        stage.display(),
        show.festival.event,
        show.enrolment_code,
        show.frames.display(),
    );
    if window {
        let camera = show.open_scanner()?;
        println!(
            "The scanner is open: paste the enrolment code, choose the event and a gate. What\n\
             you copy into this folder is held in front of its camera:\n\n  cp {}/buyer-01-*.png {}\n",
            show.frames.display(),
            camera.display()
        );
    } else {
        println!(
            "No scanner is opened (--window opens one). To scan without a window:\n\n\
             \x20 {gate} --store {store} enrol '{}'\n\
             \x20 {gate} --store {store} scan --event {} --gate 1 --frames {}\n",
            show.enrolment_code,
            show.festival.event,
            show.frames.display(),
            gate = show.gate_program()?.display(),
            store = stage.join("gate").display(),
        );
    }
    println!("Ctrl-C ends it all.");
    std::future::pending().await
}
