//! The index of the search is brought up behind the lists, a piece at a time,
//! with a pause as long as each piece took: scans go before it.

use super::Syncer;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Indexes what the lists brought, after each exchange, until it is stopped.
pub(super) async fn follow(syncer: Arc<Syncer>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = index(&syncer) => {}
    }
}

async fn index(syncer: &Syncer) {
    loop {
        let started = Instant::now();
        match syncer.store.call(|store| store.index_words()).await {
            Ok(true) => tokio::time::sleep(started.elapsed()).await,
            Ok(false) => syncer.exchanged.notified().await,
            Err(error) => {
                // Searches find everything without it.
                tracing::debug!(%error, "the index of the search stays behind");
                syncer.exchanged.notified().await;
            }
        }
    }
}
