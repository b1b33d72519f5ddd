//! One consumer of this process: its channel, and the deliveries it has in hand.
//!
//! Several processes that consume one queue compete; the broker shares out.

use super::handle::Handling;
use super::link::Link;
use super::pause::Pause;
use super::press::Presses;
use super::retry::Retries;
use super::topology::Topology;
use futures::StreamExt;
use gateline_core::shared::Consumer;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// What deliveries have to finish in when it stops.
const LAST_DELIVERIES: Duration = Duration::from_secs(2);

pub(super) struct Consuming {
    pub(super) consumer: Consumer,
    pub(super) topology: Arc<Topology>,
    pub(super) retries: Retries,
    pub(super) prefetch: u16,
    pub(super) presses: Arc<Presses>,
    pub(super) link: Link,
}

impl Consuming {
    /// Until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut pause = Pause::from(FIRST_PAUSE);
        loop {
            let connection = tokio::select! {
                connection = self.link.up() => connection,
                () = stop.cancelled() => return,
            };
            let Err(error) = self.serve(&connection, &stop, &mut pause).await else {
                return;
            };
            if connection.status().connected() {
                let consumer = self.consumer.name;
                tracing::error!(consumer, %error, "the queue cannot be consumed now");
                self.link.declare_again();
            }
            tokio::select! {
                () = tokio::time::sleep(pause.next()) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn serve(
        &self,
        connection: &Connection,
        stop: &CancellationToken,
        pause: &mut Pause,
    ) -> Result<(), lapin::Error> {
        let channel = connection.create_channel().await?;
        let prefetch = BasicQosOptions::default();
        channel.basic_qos(self.prefetch, prefetch).await?;
        let queue = self.topology.queue(self.consumer.name);
        let options = BasicConsumeOptions::default();
        let consuming = channel.basic_consume(
            queue.as_str().into(),
            "".into(),
            options,
            FieldTable::default(),
        );
        let mut deliveries = consuming.await?;
        pause.begin_again();
        let mut in_hand = JoinSet::new();
        let handling = Arc::new(Handling {
            consumer: self.consumer.clone(),
            topology: Arc::clone(&self.topology),
            retries: self.retries.clone(),
            presses: Arc::clone(&self.presses),
        });
        loop {
            tokio::select! {
                delivery = deliveries.next() => match delivery {
                    Some(Ok(delivery)) => {
                        let handling = Arc::clone(&handling);
                        in_hand.spawn(async move { handling.handle(delivery).await });
                    }
                    // What is in hand is aborted: it will be delivered again.
                    Some(Err(error)) => return Err(error),
                    None => return Err(cancelled()),
                },
                Some(_) = in_hand.join_next() => {}
                () = stop.cancelled() => break,
            }
        }
        self.finish(&channel, deliveries, in_hand).await;
        Ok(())
    }

    /// Takes nothing new, and lets what is in hand finish, for a moment.
    async fn finish(
        &self,
        channel: &Channel,
        deliveries: lapin::Consumer,
        mut in_hand: JoinSet<()>,
    ) {
        let last = async {
            let options = BasicCancelOptions::default();
            // The channel may be gone already, and with it the consumer.
            let _ = channel.basic_cancel(deliveries.tag(), options).await;
            while in_hand.join_next().await.is_some() {}
            let _ = channel.close(200, "OK".into()).await;
        };
        if tokio::time::timeout(LAST_DELIVERIES, last).await.is_err() {
            let consumer = self.consumer.name;
            tracing::warn!(
                consumer,
                "deliveries did not finish in time; they come again"
            );
        }
    }
}

fn cancelled() -> lapin::Error {
    std::io::Error::other("the broker ended the consumer: its queue may be gone").into()
}
