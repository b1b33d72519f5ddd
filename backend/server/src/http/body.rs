//! Reads the body of a request; whatever takes one takes it from here.
//!
//! Always true: no body has more bytes than its caller may send to this route,
//! and one that says it has more is refused before any of it is read. A small
//! one is paid for by its connection. Larger ones share an amount of memory
//! until they are read; who finds nothing left waits, no longer than a request
//! may take.

use super::error::ApiError;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use gateline_common::ErrorCode;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The largest body of who is not signed in, in bytes; nobody's share of memory
/// is asked for one.
pub(crate) const SMALL_BYTES: usize = 16 * 1024;

/// What all larger bodies of one kind of caller may hold together, in bytes.
const TOGETHER_BYTES: usize = 64 * 1024 * 1024;

/// How large a body may be, and what it shares. In the request's extensions:
/// `identify` puts it there, and routes of their own kind of caller another.
#[derive(Clone)]
pub(crate) struct Allowance {
    most_bytes: usize,
    together: Arc<Semaphore>,
}

impl Allowance {
    /// Bodies of at most so many bytes, which share nothing with those of other
    /// allowances.
    pub(crate) fn of(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            together: Arc::new(Semaphore::new(TOGETHER_BYTES)),
        }
    }

    /// The same for who is not signed in.
    #[must_use]
    pub(crate) fn of_a_stranger(&self) -> Self {
        Self {
            most_bytes: self.most_bytes.min(SMALL_BYTES),
            together: Arc::clone(&self.together),
        }
    }

    /// Waits until there is memory for a body of so many bytes.
    async fn share(&self, bytes: usize) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        if bytes <= SMALL_BYTES {
            return Ok(None);
        }
        let share = u32::try_from(bytes.min(TOGETHER_BYTES)).map_err(ApiError::internal)?;
        let together = Arc::clone(&self.together);
        let share = together.acquire_many_owned(share).await;
        share.map(Some).map_err(ApiError::internal)
    }
}

/// The whole body.
///
/// # Errors
/// 413 when it is larger than its caller may send, at once if it says so; 400
/// when it breaks off.
pub(crate) async fn read(request: Request) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let Some(allowance) = parts.extensions.get::<Allowance>() else {
        return Err(ApiError::internal("nobody said how large a body may be"));
    };
    let most = allowance.most_bytes;
    let announced = announced(&parts.headers);
    if announced.is_some_and(|bytes| bytes > most as u64) {
        return Err(ApiError::too_large());
    }
    let announced = announced.and_then(|bytes| usize::try_from(bytes).ok());
    let _share = allowance.share(announced.unwrap_or(most)).await?;
    let mut chunks = body.into_data_stream();
    let mut read = BytesMut::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = chunks.next().await {
        let broken = |_| ApiError::new(ErrorCode::MalformedBody, "the body broke off");
        let chunk = chunk.map_err(broken)?;
        if read.len() + chunk.len() > most {
            return Err(ApiError::too_large());
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
}

/// What the request says of its body's length, in bytes.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use futures::{FutureExt, stream};

    const LARGE: usize = TOGETHER_BYTES / 2;

    /// A request whose body begins and does not go on.
    fn held_up(allowance: &Allowance, announced: Option<usize>) -> Request {
        let begun = stream::once(async { Ok::<_, std::io::Error>("begun") });
        let body = Body::from_stream(begun.chain(stream::pending()));
        let mut request = Request::builder().extension(allowance.clone());
        if let Some(bytes) = announced {
            request = request.header(header::CONTENT_LENGTH, bytes);
        }
        request.body(body).unwrap()
    }

    fn whole(allowance: &Allowance, bytes: usize) -> Request {
        let request = Request::builder().extension(allowance.clone());
        request.body(Body::from(vec![b'x'; bytes])).unwrap()
    }

    #[tokio::test]
    async fn larger_bodies_wait_until_there_is_memory_for_them_and_small_ones_never() {
        let known = Allowance::of(LARGE);
        let mut first = Box::pin(read(held_up(&known, Some(LARGE))));
        let mut second = Box::pin(read(held_up(&known, None)));
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        assert_eq!(known.together.available_permits(), 0);
        let mut third = Box::pin(read(whole(&known, 5)));
        assert!((&mut third).now_or_never().is_none());
        let stranger = known.of_a_stranger();
        let small = read(whole(&stranger, SMALL_BYTES)).now_or_never();
        assert_eq!(small.unwrap().unwrap().len(), SMALL_BYTES);
        let others = read(whole(&Allowance::of(LARGE), 5)).now_or_never();
        assert_eq!(others.unwrap().unwrap().len(), 5);
        drop(first);
        assert_eq!(third.await.unwrap().len(), 5);
        drop(second);
        assert_eq!(known.together.available_permits(), TOGETHER_BYTES);
    }

    #[tokio::test]
    async fn a_body_of_one_byte_too_many_is_refused_and_an_announced_one_unread() {
        let stranger = Allowance::of(LARGE).of_a_stranger();
        assert!(read(whole(&stranger, SMALL_BYTES)).await.is_ok());
        let refused = read(whole(&stranger, SMALL_BYTES + 1)).await;
        assert_eq!(refused.unwrap_err().code, ErrorCode::TooLarge);
        let announced = held_up(&stranger, Some(SMALL_BYTES + 1));
        let refused = read(announced).now_or_never().unwrap();
        assert_eq!(refused.unwrap_err().code, ErrorCode::TooLarge);
    }
}
