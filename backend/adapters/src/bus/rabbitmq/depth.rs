//! How many messages each queue holds, for operators.

use super::link::Link;
use super::topology::Topology;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(5);

/// Looks at them now and then, for ever.
pub(super) async fn watch(link: Link, topology: Arc<Topology>) {
    loop {
        if let Err(error) = look(&link, &topology).await {
            tracing::debug!(%error, "the depth of queues is not known now");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn look(link: &Link, topology: &Topology) -> Result<(), lapin::Error> {
    let channel = link.up().await.create_channel().await?;
    for name in topology.queues() {
        let options = QueueDeclareOptions::durable().passive();
        let queue = channel.queue_declare(name.as_str().into(), options, FieldTable::default());
        let waiting = queue.await?.message_count();
        metrics::gauge!("gateline_bus_queue_depth", "queue" => name).set(f64::from(waiting));
    }
    channel.close(200, "OK".into()).await
}
