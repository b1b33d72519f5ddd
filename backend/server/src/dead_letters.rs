//! What consumers gave up, for the operator: to be looked at, tried again, or
//! thrown away.

use crate::config::Settings;
use crate::wiring::bus::everybody;
use anyhow::{Context as _, ensure};
use gateline_adapters::bus::rabbitmq::{DeadLetter, DeadLetters, RabbitSettings, Which};
use gateline_common::Timestamp;
use std::fmt::Write;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum DeadLettersCommand {
    /// Show them: kind and id of the event, tries, time, and the last error.
    List(DeadLettersArgs),
    /// Hand them to their consumers once more.
    Replay {
        #[command(flatten)]
        which: DeadLettersArgs,
        /// All that fit, not one by its id.
        #[arg(long)]
        all: bool,
    },
    /// Throw them away.
    Drop {
        #[command(flatten)]
        which: DeadLettersArgs,
        /// All that fit, not one by its id.
        #[arg(long)]
        all: bool,
    },
}

/// Which of them, and where.
#[derive(Debug, clap::Args)]
pub struct DeadLettersArgs {
    /// Those of this consumer (a service's name).
    #[arg(long)]
    consumer: Option<String>,
    /// The one with this id, as the list shows it.
    #[arg(long)]
    id: Option<String>,
    /// The servers' TOML file.
    #[arg(long, env = "GATELINE_CONFIG")]
    config: Option<PathBuf>,
    /// The broker, as the servers have it.
    #[arg(long, env = "GATELINE_RABBITMQ_URL", hide_env_values = true)]
    rabbitmq_url: Option<String>,
    /// What its names begin with, as the servers have it [default: gateline].
    #[arg(long, env = "GATELINE_NAME_PREFIX")]
    name_prefix: Option<String>,
}

impl DeadLettersArgs {
    fn which(&self) -> Which {
        Which {
            consumer: self.consumer.clone(),
            id: self.id.clone(),
        }
    }

    async fn open(&self) -> anyhow::Result<DeadLetters> {
        let given = Settings {
            rabbitmq_url: self.rabbitmq_url.clone(),
            name_prefix: self.name_prefix.clone(),
            ..Settings::default()
        };
        let given = given.or(Settings::read(self.config.as_deref())?);
        let url = given.rabbitmq_url.context("rabbitmq_url is not set")?;
        let prefix = given.name_prefix.unwrap_or_else(|| "gateline".to_owned());
        let settings = RabbitSettings::new(&url, &prefix);
        Ok(DeadLetters::open(&settings, everybody()).await?)
    }
}

/// Does it. Says so in words.
///
/// # Errors
/// When the broker cannot be used, no consumer has the name, or it is not said
/// which are meant.
pub async fn dead_letters(command: DeadLettersCommand) -> anyhow::Result<String> {
    match command {
        DeadLettersCommand::List(place) => {
            let letters = place.open().await?.list(&place.which()).await?;
            Ok(listed(&letters))
        }
        DeadLettersCommand::Replay { which, all } => {
            ensure_meant(&which, all)?;
            let replayed = which.open().await?.replay(&which.which()).await?;
            Ok(counted(&replayed, "tried again"))
        }
        DeadLettersCommand::Drop { which, all } => {
            ensure_meant(&which, all)?;
            let dropped = which.open().await?.drop(&which.which()).await?;
            Ok(counted(&dropped, "thrown away"))
        }
    }
}

fn ensure_meant(which: &DeadLettersArgs, all: bool) -> anyhow::Result<()> {
    ensure!(
        all != which.id.is_some(),
        "name one with --id, or say --all (with --consumer for those of one consumer)"
    );
    Ok(())
}

fn counted(letters: &[DeadLetter], what: &str) -> String {
    match letters.len() {
        0 => "there is none that fits".to_owned(),
        1 => format!("1 event is {what}"),
        more => format!("{more} events are {what}"),
    }
}

fn listed(letters: &[DeadLetter]) -> String {
    if letters.is_empty() {
        return "nothing was given up".to_owned();
    }
    let mut text =
        String::from("consumer    event                                 failed  last tried");
    for letter in letters {
        let at = letter.failed_at.map(time).unwrap_or_default();
        let kind = letter.kind.as_deref().unwrap_or("unknown kind");
        let error = letter.error.as_deref().unwrap_or("no error is known");
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n{:<11} {:<37} {:>6}  {at}  {kind}: {error}",
            letter.consumer, letter.id, letter.attempts
        );
    }
    text
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| String::new(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_shows_what_an_operator_needs() {
        let letter = DeadLetter {
            consumer: "orders",
            id: "0192".to_owned(),
            kind: Some("PaymentSucceeded".to_owned()),
            error: Some("the store is away".to_owned()),
            attempts: 25,
            failed_at: Some(Timestamp(0)),
        };
        let text = listed(&[letter]);
        for part in [
            "orders",
            "0192",
            "25",
            "1970-01-01T00:00:00Z",
            "PaymentSucceeded: the store",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
