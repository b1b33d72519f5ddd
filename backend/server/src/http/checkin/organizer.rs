//! What organizers and staff do: enrol and revoke devices, read the report.

use super::Shared;
use super::dto::{
    AcceptedBody, CodeBody, DeviceBody, DevicesBody, DevicesQuery, Format, NewCodeBody, ReportQuery,
};
use crate::http::{ApiError, Authenticated, Json, Path, Query};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateline_common::ids::{DeviceId, EventId};

/// Make a one-time code that enrols a scanner.
#[utoipa::path(post, path = "/api/checkin/enrolment-codes", tag = "checkin",
    request_body = NewCodeBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "the code; it is shown only now", body = CodeBody)))]
pub(super) async fn make_code(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Json(body): Json<NewCodeBody>,
) -> Result<(StatusCode, Json<CodeBody>), ApiError> {
    let made = shared
        .service
        .make_enrolment_code(&caller, body.org, body.name);
    let (code, expires_at) = made.await?;
    let code = code.to_string();
    let body = CodeBody {
        qr_svg: (shared.draw)(&code).map_err(ApiError::internal)?,
        code,
        expires_at,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// The devices of an organization.
#[utoipa::path(get, path = "/api/checkin/devices", tag = "checkin",
    params(DevicesQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "all of them", body = DevicesBody)))]
pub(super) async fn devices(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Query(query): Query<DevicesQuery>,
) -> Result<Json<DevicesBody>, ApiError> {
    let devices = shared.service.devices(&caller, query.org).await?;
    let items = devices.into_iter().map(DeviceBody::from).collect();
    Ok(Json(DevicesBody { items }))
}

/// End a device's enrolment.
///
/// It gets no list any more, and what it sends from now on is set aside.
#[utoipa::path(delete, path = "/api/checkin/devices/{device}", tag = "checkin",
    params(("device" = DeviceId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "revoked")))]
pub(super) async fn revoke(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(device): Path<DeviceId>,
) -> Result<StatusCode, ApiError> {
    shared.service.revoke(&caller, device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count what a revoked device sent after its revocation, up to now; what it
/// sends later is set aside again.
#[utoipa::path(post, path = "/api/checkin/devices/{device}/accept", tag = "checkin",
    params(("device" = DeviceId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "accepted", body = AcceptedBody)))]
pub(super) async fn accept(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(device): Path<DeviceId>,
) -> Result<Json<AcceptedBody>, ApiError> {
    let accepted = shared.service.accept(&caller, device).await?;
    Ok(Json(AcceptedBody { accepted }))
}

/// What reconciliation of all gates' logs found, with proofs.
#[utoipa::path(get, path = "/api/checkin/events/{event}/report", tag = "checkin",
    params(("event" = EventId, Path), ReportQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the report", content(
        (serde_json::Value = "application/json"), (String = "text/plain")))))]
pub(super) async fn report(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, ApiError> {
    let service = &shared.service;
    Ok(match query.format {
        Format::Json => Json(service.report(&caller, event).await?).into_response(),
        Format::Findings => Json(service.findings(&caller, event).await?).into_response(),
        Format::Text => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            let report = service.report(&caller, event).await?;
            (kind, report.to_string()).into_response()
        }
    })
}
