//! HTTP of devices, sync and the report.

mod device;
mod dto;
mod error;
mod figures;
mod organizer;
mod push;
mod snapshot;
mod sync;

use crate::context::Context;
use crate::http::body::Allowance;
use crate::http::rates::Rates;
use crate::http::streams::Streams;
use axum::Extension;
use gateline_core::checkin::CheckIn;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest sync message that is read: a full batch of long records.
pub(crate) const MAX_SYNC_BYTES: usize = 2 * 1024 * 1024;

/// What the handlers use.
#[derive(Clone)]
struct Shared {
    service: Arc<CheckIn>,
    rates: Rates,
    streams: Streams,
    stopping: CancellationToken,
    draw: Draw,
}

/// Draws a text as a QR code in SVG.
pub(crate) type Draw = fn(&str) -> Result<String, String>;

/// The routes.
pub(crate) fn routes(context: &Context, service: &Arc<CheckIn>, draw: Draw) -> OpenApiRouter {
    let shared = Shared {
        service: Arc::clone(service),
        rates: Rates::of(context),
        streams: Streams::default(),
        stopping: context.stopping.clone(),
        draw,
    };
    let sync = OpenApiRouter::new()
        .routes(routes!(sync::scans))
        .routes(routes!(sync::confirm))
        .layer(Extension(Allowance::of(MAX_SYNC_BYTES)));
    OpenApiRouter::new()
        .routes(routes!(organizer::make_code))
        .routes(routes!(organizer::devices))
        .routes(routes!(organizer::revoke))
        .routes(routes!(organizer::accept))
        .routes(routes!(organizer::report))
        .routes(routes!(figures::figures))
        .routes(routes!(figures::live))
        .routes(routes!(sync::enrol))
        .routes(routes!(sync::manifest))
        .routes(routes!(sync::revocation))
        .routes(routes!(snapshot::feed))
        .routes(routes!(push::push))
        .merge(sync)
        .with_state(shared)
}
