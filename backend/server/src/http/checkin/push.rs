//! Wakes devices: there is something to sync. What it is, the next exchange says.

use super::Shared;
use super::device::Enrolled;
use crate::http::ApiError;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, stream};
use gateline_core::checkin::{CheckInError, Device, Watch};
use gateline_core::shared::rate::Caller;
use std::convert::Infallible;
use std::time::Duration;

/// Changes within this time wake once.
const COALESCED: Duration = Duration::from_millis(100);

/// Wait for changes of the manifest or of a list (server-sent events).
#[utoipa::path(get, path = "/api/checkin/device/push", tag = "sync",
    security(("device" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String,
        description = "an event `sync` when there is something to sync, `revoked` at the end")))]
pub(super) async fn push(
    State(shared): State<Shared>,
    Enrolled(device): Enrolled,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    if device.revoked_at.is_some() {
        return Err(CheckInError::DeviceRevoked.into());
    }
    let place = shared.streams.place(Caller::Device(device.device))?;
    let watch = shared.service.live().watch();
    let state = Some((shared, device, watch, true));
    let messages = stream::unfold((state, place), |(state, place)| async move {
        let (shared, device, mut watch, first) = state?;
        if !first && !woken(&shared, &device, &mut watch).await {
            return None;
        }
        let revoked = shared.service.is_revoked(device.device).await;
        let kind = if revoked { "revoked" } else { "sync" };
        let message = Event::default().event(kind).data("{}");
        let next = (!revoked).then_some((shared, device, watch, false));
        Some((Ok(message), (next, place)))
    });
    Ok(Sse::new(messages).keep_alive(KeepAlive::default()))
}

async fn woken(shared: &Shared, device: &Device, watch: &mut Watch) -> bool {
    let woken = tokio::select! {
        more = watch.changed(|changed| changed.org == device.org) => more,
        () = shared.stopping.cancelled() => false,
    };
    if woken {
        tokio::time::sleep(COALESCED).await;
    }
    woken
}
