//! The push channel: server-sent events that say "there is something new". It
//! carries no data; it only wakes the loop. Without it the loop polls.

use super::backoff::{Backoff, draw};
use super::{SyncError, Syncer};
use crate::controller::Link;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const RETRY_MS: u64 = 1_000;

/// Listens until `stop`.
pub(super) async fn listen(sync: Arc<Syncer>, stop: CancellationToken) {
    let mut backoff = Backoff::default();
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = sync.listen_once() => ended,
        };
        match ended {
            Ok(()) => backoff.succeeded(),
            Err(error) => {
                tracing::debug!(code = error.code(), "the push channel is closed");
                backoff.failed();
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff.pause(RETRY_MS, draw())) => {}
        }
    }
}

impl Syncer {
    /// Listens to one connection; ends with it. Only while the server is known
    /// to be there: the loop's own exchanges find it.
    async fn listen_once(&self) -> Result<(), SyncError> {
        if self.link().link != Link::Online {
            return Ok(());
        }
        let connected = self.connected().await?;
        let mut response = connected.client.push().await?;
        let mut line_start = true;
        while let Some(bytes) = response.chunk().await? {
            if tells_something(&bytes, &mut line_start) {
                self.wake.notify_one();
            }
        }
        Ok(())
    }
}

/// Does this piece of the stream begin an event? Comments (keep-alives) begin
/// with a colon. `line_start` carries over from piece to piece.
fn tells_something(bytes: &[u8], line_start: &mut bool) -> bool {
    let mut told = false;
    for byte in bytes {
        let ends_line = matches!(byte, b'\n' | b'\r');
        told |= *line_start && !ends_line && *byte != b':';
        *line_start = ends_line;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::tells_something;

    #[test]
    fn events_wake_and_keep_alives_do_not() {
        let mut start = true;
        assert!(!tells_something(b": keep-alive\n\n", &mut start));
        assert!(tells_something(b"event: ch", &mut start));
        assert!(!tells_something(b"anged\n", &mut start));
        assert!(tells_something(b"data: 1\n\n", &mut start));
        assert!(!tells_something(b":\r\n\r\n", &mut start));
    }
}
