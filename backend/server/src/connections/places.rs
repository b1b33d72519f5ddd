//! A place for each connection, taken before it is served and given back at
//! its end.

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use futures::future::BoxFuture;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::Service;

/// Files that the store, mail, fonts and the listener itself may have open.
const RESERVED_FILES: u64 = 256;
/// A server that stays full says so this often.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// How many connections there may be: `wished`, or as many as the files allow
/// that this process may open, after those that the server itself needs. Raises
/// the soft limit of open files to the hard one.
pub(crate) fn most(wished: u32) -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files cannot be raised");
        2 * RESERVED_FILES
    });
    within(wished, files)
}

fn within(wished: u32, files: u64) -> usize {
    let left = files.saturating_sub(RESERVED_FILES).max(files / 2).max(1);
    if u64::from(wished) > left {
        tracing::warn!(
            wished,
            open_files = files,
            connections = left,
            "fewer connections than configured, because of the limit of open files"
        );
    }
    usize::try_from(left.min(u64::from(wished.max(1)))).unwrap_or(usize::MAX)
}

/// Makes the service of each connection, when there is a place for it. Those
/// beyond wait in the listener's queue.
pub(crate) struct Door {
    app: Router,
    places: Arc<Semaphore>,
    stopping: CancellationToken,
    said_full: Option<Instant>,
}

impl Door {
    pub(crate) fn new(app: Router, most: usize, stopping: CancellationToken) -> Self {
        Self {
            app,
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            stopping,
            said_full: None,
        }
    }

    fn say_full(&mut self) {
        let fresh = |said: Instant| said.elapsed() < SAID_AGAIN_AFTER;
        if !self.said_full.is_some_and(fresh) {
            self.said_full = Some(Instant::now());
            tracing::warn!("as many connections as there may be; others wait for a place");
        }
    }
}

/// The server stops: nobody is served who has waited for a place.
#[derive(Debug, thiserror::Error)]
#[error("the server stops")]
pub(crate) struct Stopping;

impl Service<SocketAddr> for Door {
    type Response = Placed;
    type Error = Stopping;
    type Future = BoxFuture<'static, Result<Placed, Stopping>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Stopping>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        if self.places.available_permits() == 0 {
            self.say_full();
        }
        let places = Arc::clone(&self.places);
        let stopping = self.stopping.clone();
        let app = self.app.clone();
        Box::pin(async move {
            let place = tokio::select! {
                place = places.acquire_owned() => place.map_err(|_| Stopping)?,
                () = stopping.cancelled() => return Err(Stopping),
            };
            Ok(Placed {
                app,
                peer,
                _place: Arc::new(place),
            })
        })
    }
}

/// The app for one connection, which keeps its place as long as it lives.
#[derive(Clone)]
pub(crate) struct Placed {
    app: Router,
    peer: SocketAddr,
    _place: Arc<OwnedSemaphorePermit>,
}

impl<B> Service<axum::http::Request<B>> for Placed
where
    B: axum::body::HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<Request>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: axum::http::Request<B>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.app.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_the_files_that_the_server_needs() {
        assert_eq!(within(4096, 1_000_000), 4096);
        assert_eq!(within(4096, 1024), 768);
        assert_eq!(within(4096, 300), 150);
        assert_eq!(within(10, 1024), 10);
        assert_eq!(within(0, 1024), 1);
    }
}
