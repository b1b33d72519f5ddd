//! The bus over RabbitMQ: the promises of its port, and what is its own.

mod away;
mod broker;
mod dead;
mod names;
mod sharing;
mod traced;

use crate::contract::bus::Fleet;
use async_trait::async_trait;
use gateline_adapters::bus::rabbitmq::{RabbitBus, RabbitSettings, Retries, Wants};
use gateline_core::shared::{Bus, Consumer};
use names::Names;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Processes that share the broker: one that publishes and one for each run.
struct Processes {
    names: Names,
    known: Mutex<Vec<Wants>>,
}

fn wants(consumers: &[Consumer]) -> Vec<Wants> {
    consumers.iter().map(Wants::from).collect()
}

/// Few tries, soon.
fn settings(url: &str, prefix: &str) -> RabbitSettings {
    let ms = Duration::from_millis;
    RabbitSettings {
        retries: Retries {
            pauses: vec![(ms(40), 2), (ms(90), 2)],
        },
        ..RabbitSettings::new(url, prefix)
    }
}

/// Runs `consumers` as a process of its own does, until the guard is dropped.
fn run(bus: Arc<RabbitBus>, consumers: Vec<Consumer>) -> DropGuard {
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move { bus.consume(consumers, stop).await }
    });
    stop.drop_guard()
}

#[async_trait]
impl Fleet for Processes {
    async fn bus(&self, consumers: &[Consumer]) -> Arc<dyn Bus> {
        *self.known.lock().unwrap() = wants(consumers);
        Arc::new(self.names.start(&wants(consumers)))
    }

    async fn run(&self, consumers: Vec<Consumer>) -> DropGuard {
        let known = self.known.lock().unwrap().clone();
        run(Arc::new(self.names.start(&known)), consumers)
    }
}

mod promises {
    async fn open() -> (super::Processes, ()) {
        let processes = super::Processes {
            names: super::Names::new(&crate::servers::rabbitmq()),
            known: std::sync::Mutex::default(),
        };
        (processes, ())
    }
    bus_promises!(open);
}
