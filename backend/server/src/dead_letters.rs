//! What consumers gave up, for the operator: to be looked at, tried again, or
//! thrown away.

use anyhow::ensure;
use gateline_adapters::bus::rabbitmq::{DeadLetter, DeadLetters, RabbitSettings, Wants, Which};
use gateline_common::Timestamp;
use std::fmt::Write;

/// The consumers of all services, whatever runs in which process.
const CONSUMERS: &[&str] = &[
    "events",
    "orders",
    "expiration",
    "payments",
    "tickets",
    "checkin",
    "mail",
];

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
    /// The broker, as the servers have it.
    #[arg(long, env = "GATELINE_RABBITMQ_URL", hide_env_values = true)]
    rabbitmq_url: String,
    /// What its names begin with, as the servers have it.
    #[arg(long, env = "GATELINE_RABBITMQ_PREFIX", default_value = "gateline")]
    rabbitmq_prefix: String,
}

impl DeadLettersArgs {
    fn which(&self) -> Which {
        Which {
            consumer: self.consumer.clone(),
            id: self.id.clone(),
        }
    }

    async fn open(&self) -> anyhow::Result<DeadLetters> {
        let settings = RabbitSettings::new(&self.rabbitmq_url, &self.rabbitmq_prefix);
        // Whoever serves declares what each wants; here only their queues matter.
        let queues = CONSUMERS.iter().map(|name| Wants { name, kinds: &[] });
        Ok(DeadLetters::open(&settings, queues.collect()).await?)
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
        String::from("consumer    event                                 tries  last tried");
    for letter in letters {
        let at = letter.failed_at.map(time).unwrap_or_default();
        let kind = letter.kind.as_deref().unwrap_or("unknown kind");
        let error = letter.error.as_deref().unwrap_or("no error is known");
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n{:<11} {:<37} {:>5}  {at}  {kind}: {error}",
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
    use crate::config::{Config, Settings};
    use crate::wiring;
    use gateline_core::shared::SystemClock;
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn every_consumer_of_every_service_is_known_here() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Some(folder.path().to_owned()),
            ..Settings::default()
        };
        let config = Config::load(settings, None).unwrap();
        let context =
            wiring::open(config, Arc::new(SystemClock), CancellationToken::new()).unwrap();
        let services = wiring::services(&context).unwrap();
        let consumers = services.iter().flat_map(|service| &service.consumers);
        let names: BTreeSet<&str> = consumers.map(|consumer| consumer.name).collect();
        assert_eq!(names, CONSUMERS.iter().copied().collect());
    }

    #[test]
    fn a_list_shows_what_an_operator_needs() {
        let letter = DeadLetter {
            consumer: "orders",
            id: "0192".to_owned(),
            kind: Some("PaymentSucceeded".to_owned()),
            error: Some("waiting for the order".to_owned()),
            attempts: 25,
            failed_at: Some(Timestamp(0)),
        };
        let text = listed(&[letter]);
        for part in [
            "orders",
            "0192",
            "25",
            "1970-01-01T00:00:00Z",
            "PaymentSucceeded: waiting",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
