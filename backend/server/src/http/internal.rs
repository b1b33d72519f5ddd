//! What services of one installation ask each other (`/internal/…`). Not for
//! clients: it is in no document, and no ingress leads here.
//!
//! Always true: who does not know the installation's key gets the answer of a path
//! that does not exist.

use super::error::ApiError;
use super::extract::{Json, Path};
use super::layers;
use crate::context::Context;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use gateline_adapters::remote::{
    Asked, CHARGES, Desk, HOLD, IDENTITY, Known, ORDER, PROOF, Payment, RELEASE, Taken,
};
use gateline_common::Hash;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::auth::{AuthError, Identify};
use gateline_core::orders::Charges;
use gateline_core::payments::OrderDesk;
use std::sync::Arc;

/// What auth answers.
pub(crate) fn identity(context: &Context) -> Router {
    let routes = Router::new()
        .route(IDENTITY, post(identify))
        .with_state(Arc::clone(&context.identity));
    guarded(context, routes)
}

/// What orders answers.
pub(crate) fn orders(context: &Context, desk: Arc<dyn OrderDesk>) -> Router {
    let routes = Router::new()
        .route(ORDER, post(current))
        .route(HOLD, post(hold))
        .route(RELEASE, post(release))
        .with_state(desk);
    guarded(context, routes)
}

/// What payments answers.
pub(crate) fn payments(context: &Context, charges: Arc<dyn Charges>) -> Router {
    let routes = Router::new()
        .route(CHARGES, post(taken))
        .with_state(charges);
    guarded(context, routes)
}

fn guarded(context: &Context, routes: Router) -> Router {
    let proof = proof(&context.secrets.services);
    routes.layer(middleware::from_fn_with_state(proof, ask_for_proof))
}

/// What the header must hash to: comparing hashes tells nobody how much of the key
/// was right.
fn proof(key: &[u8; 32]) -> Hash {
    Hash::of(&[Hash(*key).to_string().as_bytes()])
}

async fn ask_for_proof(State(proof): State<Hash>, request: Request, next: Next) -> Response {
    let given = request.headers().get(PROOF);
    match given.map(|given| Hash::of(&[given.as_bytes()])) {
        Some(given) if given == proof => next.run(request).await,
        _ => layers::no_such_path().await.into_response(),
    }
}

async fn identify(
    State(identity): State<Arc<dyn Identify>>,
    Json(Asked { token }): Json<Asked>,
) -> Result<Json<Option<Known>>, ApiError> {
    match identity.identify(&token).await {
        Ok(identified) => Ok(Json(Some(identified.into()))),
        Err(AuthError::BadToken(_)) => Ok(Json(None)),
        Err(error) => Err(error.into()),
    }
}

async fn current(
    State(desk): State<Arc<dyn OrderDesk>>,
    Path(order): Path<OrderId>,
) -> Result<Json<Desk>, ApiError> {
    Ok(Json(desk.current(order).await?))
}

async fn hold(
    State(desk): State<Arc<dyn OrderDesk>>,
    Path(order): Path<OrderId>,
    Json(Payment { payment }): Json<Payment>,
) -> Result<Json<Desk>, ApiError> {
    Ok(Json(desk.hold(order, payment).await?))
}

async fn release(
    State(desk): State<Arc<dyn OrderDesk>>,
    Path(order): Path<OrderId>,
    Json(Payment { payment }): Json<Payment>,
) -> Result<Json<()>, ApiError> {
    Ok(Json(desk.release(order, payment).await?))
}

async fn taken(
    State(charges): State<Arc<dyn Charges>>,
    Path(order): Path<OrderId>,
    Json(Taken { close }): Json<Taken>,
) -> Result<Json<Vec<PaymentId>>, ApiError> {
    let taken = match close {
        Some(due) => charges.close(order, due).await,
        None => charges.taken(order).await,
    };
    Ok(Json(taken?))
}
