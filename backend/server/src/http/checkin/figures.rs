//! Live figures: read once, or watched.

use super::Shared;
use super::dto::FiguresBody;
use crate::http::streams::StreamPlace;
use crate::http::{ApiError, Authenticated, Json, Path};
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use futures::stream;
use gateline_common::ids::EventId;
use gateline_core::checkin::{Changed, Watch};
use gateline_core::shared::Principal;
use gateline_core::shared::rate::Caller;
use std::convert::Infallible;
use std::time::Duration;

/// Changes within this time become one message.
const COALESCED: Duration = Duration::from_millis(250);

/// Exposure rises when a gate falls silent, which nothing else tells.
const TICK: Duration = Duration::from_secs(5);

/// The figures of an event.
#[utoipa::path(get, path = "/api/checkin/events/{event}/figures", tag = "checkin",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "as of now", body = FiguresBody)))]
pub(super) async fn figures(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<Json<FiguresBody>, ApiError> {
    let (state, figures, exposure) = shared.service.figures(&caller, event).await?;
    Ok(Json(FiguresBody::of(&state, &figures, exposure)))
}

/// The figures of an event, again whenever they change (server-sent events).
#[utoipa::path(get, path = "/api/checkin/events/{event}/live", tag = "checkin",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "events `figures`",
        content_type = "text/event-stream", body = FiguresBody)))]
pub(super) async fn live(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let watch = shared.service.live().watch();
    let (state, figures, exposure) = shared.service.figures(&caller, event).await?;
    let watcher = Watcher {
        _place: shared.streams.place(Caller::Account(caller.user))?,
        first: Some(FiguresBody::of(&state, &figures, exposure)),
        last: None,
        shared,
        caller,
        event,
        watch,
    };
    let messages = stream::unfold(watcher, |mut watcher| async move {
        let figures = watcher.next().await?;
        let message = Event::default().event("figures").json_data(&figures);
        watcher.last = Some(figures);
        Some((Ok(message.unwrap_or_default()), watcher))
    });
    Ok(Sse::new(messages).keep_alive(KeepAlive::default()))
}

struct Watcher {
    _place: StreamPlace,
    first: Option<FiguresBody>,
    last: Option<FiguresBody>,
    shared: Shared,
    caller: Principal,
    event: EventId,
    watch: Watch,
}

impl Watcher {
    /// The next figures that differ from the last; `None` at the end.
    async fn next(&mut self) -> Option<FiguresBody> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let event = self.event;
            let concerns = |changed: &Changed| changed.event.is_none_or(|other| other == event);
            let more = tokio::select! {
                more = self.watch.changed(concerns) => more,
                () = tokio::time::sleep(TICK) => true,
                () = self.shared.stopping.cancelled() => false,
            };
            if !more {
                return None;
            }
            let read = self.shared.service.figures(&self.caller, event).await;
            let (state, figures, exposure) = read.ok()?;
            let figures = FiguresBody::of(&state, &figures, exposure);
            if self.last.as_ref() != Some(&figures) {
                tokio::time::sleep(COALESCED).await;
                let read = self.shared.service.figures(&self.caller, event).await;
                let (state, figures, exposure) = read.ok()?;
                return Some(FiguresBody::of(&state, &figures, exposure));
            }
        }
    }
}
