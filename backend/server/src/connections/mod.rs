//! Connections: how many there may be, and how long one may keep its place
//! without doing its part.
//!
//! Always true: connections never take the files that store and mail need; one
//! whose peer neither sends a request's head nor takes an answer ends within
//! the time of `connection_idle_seconds`. An answer that goes on (events that
//! the server sends, a snapshot) may take as long as it likes.

mod patient;
mod places;

pub(crate) use patient::PatientAcceptor;
pub(crate) use places::{Door, most};

use axum_server::Server;
use hyper_util::rt::TokioTimer;
use std::net::SocketAddr;
use std::time::Duration;

/// `server`, with an end to waiting for heads, pings and acknowledgements.
///
/// hyper's time for a head runs from the end of the answer before it, so it is
/// also the time that a kept connection may be idle.
pub(crate) fn impatient<A>(
    mut server: Server<SocketAddr, A>,
    idle: Duration,
) -> Server<SocketAddr, PatientAcceptor<A>> {
    let builder = server.http_builder();
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(idle);
    let mut http2 = builder.http2();
    http2
        .timer(TokioTimer::new())
        .keep_alive_interval(idle / 2)
        .keep_alive_timeout(idle / 2);
    server.map(|acceptor| PatientAcceptor::new(acceptor, idle))
}
