//! The program `gateline`.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use gateline_server::{Config, StorePlace, config::Settings};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// Open ticketing and offline check-in: the server.
#[derive(Parser)]
#[command(name = "gateline", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        /// TOML file with settings; keys as the options, with underscores.
        #[arg(long, env = "GATELINE_CONFIG")]
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Ask a server on this machine whether it is ready; fails if it is not.
    Healthy {
        /// Where it listens, over plain HTTP.
        #[arg(long, env = "GATELINE_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Write a backup of the embedded store; its server may run.
    Backup {
        /// The file, or a folder for one that is named after the time.
        #[arg(long)]
        to: PathBuf,
        /// Put it in the place of a file that is there.
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Put a backup in the place of the embedded store, and what is there aside. The
    /// server must not run.
    Restore {
        /// The file that `gateline backup` wrote.
        #[arg(long)]
        from: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Look after the keys that seal signing keys in the store.
    StoreKey {
        #[command(subcommand)]
        change: StoreKeyChange,
    },
    /// See what a pricing policy would make of a sale, before it is set.
    PricingSimulation {
        /// TOML file of what is sold, and of its policy.
        #[arg(long)]
        policy: PathBuf,
        /// How it sells: `fast`, `slow`, `spiky`, or a CSV file of recorded sales
        /// (minute since the beginning, tickets).
        #[arg(long)]
        sales: String,
        /// Folder for the CSV files and the plot.
        #[arg(long)]
        out: PathBuf,
    },
    /// Look after the events that consumers gave up (distributed mode).
    DeadLetters {
        #[command(subcommand)]
        what: gateline_server::DeadLettersCommand,
    },
    /// Decide who runs the installation.
    Admin {
        #[command(subcommand)]
        change: AdminChange,
    },
}

#[derive(Subcommand)]
enum AdminChange {
    /// Make an account an admin; a running server knows within seconds.
    Grant(Account),
    /// Make an account no admin any more.
    Revoke(Account),
}

#[derive(Subcommand)]
enum StoreKeyChange {
    /// Make a new key, seal everything with it, and forget those before. The
    /// server must not run.
    Rotate(Place),
    /// Seal every signing key in MongoDB with the first key of the file, which has the
    /// ones before below it, as all running services have it.
    Reseal {
        /// The servers' TOML file.
        #[arg(long, env = "GATELINE_CONFIG")]
        config: Option<PathBuf>,
        /// MongoDB, as the servers have it.
        #[arg(long, env = "GATELINE_MONGODB_URL", hide_env_values = true)]
        mongodb_url: Option<String>,
        /// With what the names of its databases begin [default: gateline].
        #[arg(long, env = "GATELINE_NAME_PREFIX")]
        name_prefix: Option<String>,
        /// The file.
        #[arg(long, env = "GATELINE_STORE_KEY_FILE")]
        store_key_file: Option<PathBuf>,
    },
    /// Make the file of keys that the instances of a distributed installation share.
    Make {
        /// The file; it must not be there.
        #[arg(long, env = "GATELINE_STORE_KEY_FILE")]
        store_key_file: PathBuf,
    },
}

#[derive(clap::Args)]
struct Account {
    /// The account's e-mail address.
    #[arg(long)]
    email: String,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args)]
struct Place {
    /// Folder of the store.
    #[arg(long, env = "GATELINE_DATA", default_value = "gateline-data")]
    data: PathBuf,
    /// File of the keys that seal the store [default: store-key in that folder].
    #[arg(long, env = "GATELINE_STORE_KEY_FILE")]
    store_key_file: Option<PathBuf>,
}

impl From<Place> for StorePlace {
    fn from(place: Place) -> Self {
        Self {
            data: place.data,
            store_key_file: place.store_key_file,
        }
    }
}

fn main() -> anyhow::Result<()> {
    share_heaps();
    match Arguments::parse().command {
        Command::Serve { config, settings } => serve(Config::load(*settings, config.as_deref())?),
        Command::Healthy { listen } => gateline_server::ask_whether_ready(listen),
        Command::Backup { to, replace, place } => {
            say(&gateline_server::back_up(&place.into(), &to, replace)?)
        }
        Command::Restore { from, place } => say(&gateline_server::restore(&place.into(), &from)?),
        Command::Admin { change } => match change {
            AdminChange::Grant(account) => set_admin(account, true),
            AdminChange::Revoke(account) => set_admin(account, false),
        },
        Command::StoreKey { change } => match change {
            StoreKeyChange::Rotate(place) => {
                say(&gateline_server::rotate_store_key(&place.into())?)
            }
            StoreKeyChange::Reseal {
                config,
                mongodb_url,
                name_prefix,
                store_key_file,
            } => {
                let given = Settings {
                    mongodb_url,
                    name_prefix,
                    store_key_file,
                    ..Settings::default()
                };
                seal_anew(given.or(Settings::read(config.as_deref())?))
            }
            StoreKeyChange::Make { store_key_file } => {
                say(&gateline_server::make_store_key(&store_key_file)?)
            }
        },
        Command::PricingSimulation { policy, sales, out } => {
            say(&gateline_server::simulate_pricing(&policy, &sales, &out)?)
        }
        Command::DeadLetters { what } => look_after(what),
        Command::Openapi => {
            let document = gateline_server::openapi_document()?;
            Ok(std::io::stdout().write_all(document.as_bytes())?)
        }
    }
}

/// Lets threads share a few heaps. By itself glibc gives up to eight for each core,
/// and each keeps what its threads once held; fewer than two for each core would
/// make them wait for one another.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "mallopt is a function of libc; it takes two numbers, and no other thread runs yet"
)]
fn share_heaps() {
    let heaps =
        libc::c_int::try_from(2 * gateline_core::shared::cores()).unwrap_or(libc::c_int::MAX);
    // Refused, it is as it was.
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, heaps) };
}

/// Elsewhere threads share theirs already, or are few.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
const fn share_heaps() {}

#[tokio::main]
async fn set_admin(account: Account, admin: bool) -> anyhow::Result<()> {
    let (place, email) = (account.place.into(), &account.email);
    say(&gateline_server::set_admin(&place, email, admin).await?)
}

#[tokio::main]
async fn look_after(what: gateline_server::DeadLettersCommand) -> anyhow::Result<()> {
    say(&gateline_server::dead_letters(what).await?)
}

#[tokio::main]
async fn seal_anew(given: Settings) -> anyhow::Result<()> {
    say(&gateline_server::reseal(given).await?)
}

fn say(done: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(format!("{done}\n").as_bytes())?)
}

#[tokio::main]
async fn serve(config: Config) -> anyhow::Result<()> {
    gateline_server::logging::start(&config)?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let shutdown = CancellationToken::new();
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            stop.await;
            shutdown.cancel();
        }
    });
    let traces = gateline_server::Traces::start(&config)?;
    let ended = gateline_server::run(config, listener, shutdown, |config| {
        let announcement = gateline_server::announcement(config)?;
        // Where nobody reads it, or the disk is full, the server serves all the same.
        let _ = std::io::stdout().write_all(announcement.as_bytes());
        Ok(())
    });
    let ended = ended.await;
    traces.finish().await;
    ended
}

/// SIGINT or SIGTERM; caught from now on.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C; caught from now on.
#[cfg(windows)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
