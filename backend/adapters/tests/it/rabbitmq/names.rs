//! Names at a broker that no other test has, and that are gone after the test.

use super::settings;
use gateline_adapters::bus::rabbitmq::{RabbitBus, RabbitSettings, Wants};
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use std::sync::Mutex;
use uuid::Uuid;

pub(super) struct Names {
    pub(super) url: String,
    pub(super) prefix: String,
    wants: Mutex<Vec<Wants>>,
}

impl Names {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: format!("test-{}", Uuid::new_v4().simple()),
            wants: Mutex::default(),
        }
    }

    pub(super) fn settings(&self) -> RabbitSettings {
        settings(&self.url, &self.prefix)
    }

    /// A process that knows these consumers.
    pub(super) fn start(&self, wants: &[Wants]) -> RabbitBus {
        self.start_with(&self.settings(), wants)
    }

    pub(super) fn start_with(&self, settings: &RabbitSettings, wants: &[Wants]) -> RabbitBus {
        self.wants.lock().unwrap().extend(wants);
        RabbitBus::start(settings, wants.to_vec()).unwrap()
    }

    pub(super) async fn channel(&self) -> Channel {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&self.url, properties).await.unwrap();
        connection.create_channel().await.unwrap()
    }

    pub(super) fn queue(&self, consumer: &str) -> String {
        format!("{}.{consumer}", self.prefix)
    }

    async fn remove_all(&self) -> Result<(), lapin::Error> {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&self.url, properties).await?;
        let channel = connection.create_channel().await?;
        let wants = self.wants.lock().unwrap().clone();
        for wants in wants {
            for queue in [
                self.queue(wants.name),
                self.queue(&format!("{}.dead", wants.name)),
            ] {
                let options = QueueDeleteOptions::default();
                channel.queue_delete(queue.as_str().into(), options).await?;
            }
        }
        for (pause, _) in self.settings().retries.pauses {
            let name = self.queue(&format!("retry.{}ms", pause.as_millis()));
            let options = QueueDeleteOptions::default();
            channel.queue_delete(name.as_str().into(), options).await?;
            let options = ExchangeDeleteOptions::default();
            channel
                .exchange_delete(name.as_str().into(), options)
                .await?;
        }
        let events = self.queue("events");
        let options = ExchangeDeleteOptions::default();
        channel
            .exchange_delete(events.as_str().into(), options)
            .await
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                // A broker of a test's own may be gone.
                let _ = runtime.block_on(self.remove_all());
            });
        });
    }
}
