//! `cargo xtask services`: RabbitMQ, Redis and a MongoDB server for tests, on free
//! ports of the loopback address, with data that is thrown away.
//!
//! Always: each server runs in a process group of its own and keeps everything in
//! one folder; `down`, or the guard that a test run holds, ends the whole group;
//! nothing that was running before is touched.

mod mongodb;
mod state;

pub(crate) use mongodb::{mongod, program as mongodb_program};

use crate::environment::target;
use crate::setup;
use anyhow::{Context, Result, bail};
use gateline_servers::Keep;
use state::{Server, State};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// What to do with the servers.
#[derive(clap::Args)]
pub(crate) struct ServicesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Start them, unless they run, and say where they are
    Up,
    /// End them and throw their data away
    Down,
    /// Say which of them run, and where
    Status,
}

/// Does it.
pub(crate) fn run(args: &ServicesArgs) -> Result<()> {
    match args.what {
        What::Up => up(),
        What::Down => down(),
        What::Status => status(),
    }
}

/// Servers that end with the guard.
pub(crate) struct Servers {
    state: State,
    _running: gateline_servers::Servers,
}

impl Servers {
    /// Starts all of them; they end when this is dropped, and when xtask dies.
    pub(crate) fn start() -> Result<Self> {
        setup::ensure_servers()?;
        let folder = target().join("services-of-a-run");
        let (state, running) = start_in(folder, Keep::UntilDropped)?;
        Ok(Self {
            state,
            _running: running,
        })
    }

    /// Tells `command` where they are.
    pub(crate) fn told(&self, command: &mut Command) {
        for (name, value) in self.state.variables() {
            command.env(name, value);
        }
    }
}

fn folder() -> PathBuf {
    target().join("services")
}

fn up() -> Result<()> {
    setup::ensure_servers()?;
    if let Some(state) = State::read(&folder())? {
        if state.servers.iter().all(Server::runs) {
            println!("they run already");
            say(&state);
            return Ok(());
        }
        state.end();
    }
    let (state, _running) = start_in(folder(), Keep::AfterThisProgram)?;
    state.write(&folder())?;
    say(&state);
    Ok(())
}

fn down() -> Result<()> {
    match State::read(&folder())? {
        Some(state) => {
            state.end();
            let folder = folder();
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
            println!("ended, and their data is gone");
        }
        None => println!("none were started here"),
    }
    Ok(())
}

fn status() -> Result<()> {
    let Some(state) = State::read(&folder())? else {
        bail!("none were started here: cargo xtask services up");
    };
    for server in &state.servers {
        let word = if server.runs() { "runs" } else { "is gone" };
        println!("{:<9} {word:<8} {}", server.name, server.url);
    }
    if state.servers.iter().any(|server| !server.runs()) {
        bail!("not all of them run: cargo xtask services up");
    }
    Ok(())
}

/// Says where they are, in a form that a shell takes.
fn say(state: &State) {
    for (name, value) in state.variables() {
        println!("export {name}={value}");
    }
}

fn start_in(folder: PathBuf, keep: Keep) -> Result<(State, gateline_servers::Servers)> {
    let _old = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let mongodb = mongodb_program()?;
    let running = gateline_servers::Servers::start(&folder, &mongodb, keep)?;
    let servers = running.all().map(Server::of).to_vec();
    Ok((State { servers, mongodb }, running))
}

/// Waits before it is looked again: a server says to nobody when it is gone.
#[expect(
    clippy::disallowed_methods,
    reason = "only between two looks at a condition with a deadline"
)]
fn pause(length: Duration) {
    std::thread::sleep(length);
}
