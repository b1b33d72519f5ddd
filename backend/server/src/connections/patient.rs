//! A stream whose peer has to do its part in time, where hyper has no time for
//! it: telling by the first bytes which HTTP it speaks, and taking what it asked
//! for.

use axum_server::accept::Accept;
use futures::future::BoxFuture;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How a connection of HTTP/2 begins (RFC 9113, 3.4); of anything else it is
/// known at its first other byte.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Accepts as `A`, and makes the stream patient.
#[derive(Clone)]
pub(crate) struct PatientAcceptor<A> {
    inner: A,
    patience: Duration,
}

impl<A> PatientAcceptor<A> {
    pub(crate) fn new(inner: A, patience: Duration) -> Self {
        Self { inner, patience }
    }
}

impl<A, I, S> Accept<I, S> for PatientAcceptor<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Patient<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepting = self.inner.accept(stream, service);
        let patience = self.patience;
        Box::pin(async move {
            let (stream, service) = accepting.await?;
            Ok((Patient::new(stream, patience), service))
        })
    }
}

/// The stream of one connection.
pub(crate) struct Patient<S> {
    inner: S,
    patience: Duration,
    /// Until when it must be known what the peer speaks, and how much of the
    /// preface has come; `None` once it is known.
    opening: Option<(Pin<Box<Sleep>>, usize)>,
    /// Until when the peer must take some of what is to be sent.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(crate) fn new(inner: S, patience: Duration) -> Self {
        Self {
            inner,
            patience,
            opening: Some((Box::pin(sleep(patience)), 0)),
            stalled: None,
        }
    }

    /// What sending came to; too late if nothing could be sent for too long.
    fn in_time<T>(
        &mut self,
        sent: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let patience = self.patience;
        let end = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        let Some((end, seen)) = &mut self.opening else {
            return read;
        };
        if read.is_pending() {
            ready!(end.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        let expected = PREFACE.get(*seen..).unwrap_or_default();
        *seen += fresh.len();
        let more = !fresh.is_empty() && fresh.len() < expected.len();
        if !(more && expected.starts_with(fresh)) {
            self.opening = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.in_time(sent, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.in_time(sent, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.inner).poll_flush(context);
        self.in_time(sent, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.inner).poll_shutdown(context);
        self.in_time(sent, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const PATIENCE: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_does_not_say_what_it_speaks_is_cut_off() {
        for part in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM"] {
            let (mut peer, stream) = duplex(64);
            peer.write_all(part.as_bytes()).await.unwrap();
            let mut stream = Patient::new(stream, PATIENCE);
            let mut got = Vec::new();
            let error = stream.read_to_end(&mut got).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert_eq!(got, part.as_bytes());
        }
    }

    #[tokio::test]
    async fn who_has_said_it_is_left_to_the_protocol() {
        for said in [b"GET".as_slice(), b"PRINT", PREFACE] {
            let (mut peer, stream) = duplex(64);
            let mut stream = Patient::new(stream, PATIENCE);
            let mut got = vec![0; said.len()];
            peer.write_all(said).await.unwrap();
            stream.read_exact(&mut got).await.unwrap();
            assert!(stream.opening.is_none(), "{said:?}");
        }
    }

    #[tokio::test]
    async fn who_takes_nothing_is_cut_off() {
        let (_peer, stream) = duplex(4);
        let mut stream = Patient::new(stream, PATIENCE);
        let error = stream.write_all(&[7; 16]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_takes_a_little_has_the_whole_time_again() {
        let (mut peer, stream) = duplex(4);
        let mut stream = Patient::new(stream, Duration::from_secs(60));
        stream.write_all(&[7; 4]).await.unwrap();
        assert!(futures::poll!(Box::pin(stream.write(&[7]))).is_pending());
        assert!(stream.stalled.is_some());
        peer.read_exact(&mut [0; 1]).await.unwrap();
        stream.write_all(&[7]).await.unwrap();
        assert!(stream.stalled.is_none());
    }
}
