//! Connections: how many there may be, and how long one may keep its place
//! without doing its part.
//!
//! Always true: connections never take the files that store and mail need; one
//! whose peer neither sends a request's head nor takes an answer ends within
//! the time of `connection_idle_seconds`. What came and waits to be read is
//! bounded for each connection. An answer that goes on (events that
//! the server sends, a snapshot) may take as long as it likes.

mod patient;
mod places;

pub(crate) use patient::PatientAcceptor;
pub(crate) use places::{Door, most};

use axum_server::Server;
use hyper_util::rt::TokioTimer;
use std::net::SocketAddr;
use std::time::Duration;

/// What one connection of HTTP/1 may have sent ahead, in bytes; its head has to
/// fit in too.
const MOST_READ_AHEAD: usize = 64 * 1024;
/// What one connection of HTTP/2 may have sent ahead, in bytes, and what one of
/// its streams may.
const WINDOW: u32 = 256 * 1024;
const STREAM_WINDOW: u32 = 128 * 1024;
/// Requests that one connection of HTTP/2 may have under way.
const MOST_STREAMS: u32 = 64;

/// `server`, with bounds on what is held for a connection and with an end to waiting for heads, pings and acknowledgements.
///
/// hyper's time for a head runs from the end of the answer before it, so it is
/// also the time that a kept connection may be idle.
pub(crate) fn impatient<A>(
    mut server: Server<SocketAddr, A>,
    idle: Duration,
) -> Server<SocketAddr, PatientAcceptor<A>> {
    let builder = server.http_builder();
    let mut http1 = builder.http1();
    http1
        .timer(TokioTimer::new())
        .max_buf_size(MOST_READ_AHEAD)
        .header_read_timeout(idle);
    let mut http2 = builder.http2();
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(idle / 2)
        .keep_alive_timeout(idle / 2);
    server.map(|acceptor| PatientAcceptor::new(acceptor, idle))
}
