//! The program `gateline`.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use gateline_server::{Config, config::Settings};
use std::io::Write;
use std::net::TcpListener;
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
    /// Print the OpenAPI document.
    Openapi,
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

#[derive(clap::Args)]
struct Account {
    /// The account's e-mail address.
    #[arg(long)]
    email: String,
    /// Folder of the store.
    #[arg(long, env = "GATELINE_DATA", default_value = "gateline-data")]
    data: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Serve { config, settings } => serve(Config::load(*settings, config.as_deref())?),
        Command::Admin { change } => match change {
            AdminChange::Grant(account) => set_admin(&account, true),
            AdminChange::Revoke(account) => set_admin(&account, false),
        },
        Command::Openapi => {
            let document = gateline_server::openapi_document()?;
            Ok(std::io::stdout().write_all(document.as_bytes())?)
        }
    }
}

#[tokio::main]
async fn set_admin(account: &Account, admin: bool) -> anyhow::Result<()> {
    gateline_server::set_admin(&account.data, &account.email, admin).await
}

#[tokio::main]
async fn serve(mut config: Config) -> anyhow::Result<()> {
    gateline_server::logging::start(&config)?;
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    config.listen = listener.local_addr()?;
    let announcement = gateline_server::announcement(&config)?;
    std::io::stdout().write_all(announcement.as_bytes())?;
    let shutdown = CancellationToken::new();
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            stop_signal().await;
            shutdown.cancel();
        }
    });
    gateline_server::run(config, listener, shutdown).await
}

/// SIGINT, or on Unix also SIGTERM.
async fn stop_signal() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    interrupt.await;
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
