//! The OpenAPI document: gathered from the routes, completed with what is the
//! same everywhere (errors, ways to sign in).

mod answers;
mod names;
mod values;

use crate::http::cookie;
use crate::http::error::ErrorBody;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Completes the document that the routers gathered.
#[must_use]
pub(crate) fn complete(mut api: OpenApi) -> OpenApi {
    api.info.title = "Gateline".to_owned();
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    api.info.description = Some(DESCRIPTION.to_owned());
    api.info.license = None;
    api.info.contact = None;
    let components = api.components.get_or_insert_default();
    let mut schemas = vec![(ErrorBody::name().into_owned(), ErrorBody::schema())];
    ErrorBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let mut bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    bearer.description = Some("the token of a sign-in".to_owned());
    let name = cookie::SESSION.over(false);
    let meaning = "over HTTPS its name is `__Host-gateline_session`";
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(name, meaning));
    let device = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("the credential of an enrolled scanner"))
        .build();
    components.security_schemes.extend([
        ("bearer".to_owned(), RefOr::T(SecurityScheme::Http(bearer))),
        (
            "session".to_owned(),
            RefOr::T(SecurityScheme::ApiKey(cookie)),
        ),
        ("device".to_owned(), RefOr::T(SecurityScheme::Http(device))),
    ]);
    for (path, item) in &mut api.paths.paths {
        answers::complete(path, item);
        names::complete(item);
        values::complete(item);
    }
    api
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    all.into_iter().flatten()
}

const DESCRIPTION: &str = "Open ticketing and offline check-in. JSON in, JSON out; times are \
UTC milliseconds; money is integer minor units and a currency. Unknown fields of a request are \
refused. A POST that creates takes an `Idempotency-Key` header: repeated with the same body it \
gets the first answer. Lists take `limit` and `after` and answer `items` and `next`.";

/// The document as it is checked in: a process that runs some services shows what all
/// of them answer.
pub(crate) fn of_all_services() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap_or_default()
}

/// The document of all services, as `gateline openapi` prints it.
///
/// # Errors
/// When a service cannot be assembled.
pub fn document() -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let settings = crate::config::Settings {
        data: Some(folder.path().to_owned()),
        payment_gateway: Some("test".to_owned()),
        ..Default::default()
    };
    let config = crate::Config::load(settings, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let api = runtime.block_on(crate::run::describe(config))?;
    Ok(api.to_pretty_json()? + "\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_that_is_checked_in_can_be_shown() {
        let whole = super::of_all_services();
        let paths = whole["paths"].as_object().map(serde_json::Map::len);
        assert!(paths > Some(20), "{paths:?}");
    }
}
