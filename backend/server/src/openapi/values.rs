//! Bounds of parameters that the derived schemas do not tell: a limit is a whole
//! number of 32 bits without a sign, and keys of idempotency are visible ASCII.

use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{PathItem, RefOr};

/// Completes the parameters of every operation of a path.
pub(super) fn complete(item: &mut PathItem) {
    let parameters = super::operations(item).flat_map(|operation| &mut operation.parameters);
    for parameter in parameters.flatten() {
        if let RefOr::T(parameter) = parameter {
            bound(parameter);
        }
    }
}

fn bound(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else {
        return;
    };
    match (&parameter.parameter_in, parameter.name.as_str()) {
        (ParameterIn::Header, "Idempotency-Key") => {
            schema.pattern = Some("^[!-~]{1,255}$".to_owned());
        }
        (ParameterIn::Query, "limit") => {
            schema.format = None;
            schema.maximum = Some(u32::MAX.into());
        }
        _ => {}
    }
}
