//! The attendee feed as a compressed stream of pages, read from the store page
//! by page as the device takes them: the list is never in memory as a whole.

use super::Shared;
use super::device::Enrolled;
use super::dto::FeedQuery;
use crate::http::{ApiError, Path, Query};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use gateline_common::ErrorCode;
use gateline_common::ids::{EventId, FeedGeneration};
use gateline_common::sync::{self, CONTENT_TYPE, FeedPage};
use gateline_core::checkin::Device;
use std::io::{self, Write};

const LEVEL: i32 = 3;

/// The attendee feed from a position on, or from its beginning.
///
/// The body is one zstd stream of framed `FeedPage`s, each behind its length
/// (u32, big-endian).
#[utoipa::path(get, path = "/api/checkin/device/events/{event}/feed", tag = "sync",
    params(("event" = EventId, Path), FeedQuery),
    security(("device" = [])),
    responses((status = 200, description = "pages up to the end of the feed",
        content_type = "application/vnd.gateline.sync", body = String)))]
pub(super) async fn feed(
    State(shared): State<Shared>,
    Enrolled(device): Enrolled,
    Path(event): Path<EventId>,
    Query(query): Query<FeedQuery>,
) -> Result<Response, ApiError> {
    let standing = match (query.generation, query.position) {
        (Some(generation), Some(position)) => Some((FeedGeneration(generation), position)),
        (None, None) => None,
        _ => {
            let message = "generation and position go together";
            return Err(ApiError::new(ErrorCode::MalformedParameter, message));
        }
    };
    let page = shared.service.feed_page(&device, event, standing).await?;
    let encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL);
    let pages = Pages {
        shared,
        device,
        event,
        next: Some(page),
        encoder: Some(encoder.map_err(ApiError::internal)?),
    };
    let chunks = stream::try_unfold(pages, |mut pages| async move {
        let chunk = pages.chunk().await?;
        Ok::<_, io::Error>(chunk.map(|chunk| (chunk, pages)))
    });
    let kind = [(header::CONTENT_TYPE, CONTENT_TYPE)];
    Ok((kind, Body::from_stream(chunks)).into_response())
}

struct Pages {
    shared: Shared,
    device: Device,
    event: EventId,
    next: Option<FeedPage>,
    encoder: Option<zstd::stream::write::Encoder<'static, Vec<u8>>>,
}

impl Pages {
    /// The next bytes of the body; `None` at its end.
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(mut encoder) = self.encoder.take() {
            let Some(page) = self.next.take() else {
                return encoder.finish().map(|rest| Some(rest.into()));
            };
            let bytes = sync::encode(&page).map_err(io::Error::other)?;
            let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
            encoder.write_all(&length.to_be_bytes())?;
            encoder.write_all(&bytes)?;
            if page.more {
                let standing = Some((page.generation, page.next));
                let service = &self.shared.service;
                let read = service.feed_page(&self.device, self.event, standing);
                // The body breaks off: the device knows what it has and asks on.
                self.next = Some(read.await.map_err(io::Error::other)?);
            }
            let ready = std::mem::take(encoder.get_mut());
            self.encoder = Some(encoder);
            if !ready.is_empty() {
                return Ok(Some(ready.into()));
            }
        }
        Ok(None)
    }
}
