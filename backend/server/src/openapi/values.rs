//! Bounds of values that the derived schemas do not tell: whole numbers without a
//! sign are of 32 bits and no signed ones, keys of idempotency are visible ASCII,
//! and a list goes on after something.

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

/// The document with them; as it was, should it not read back.
pub(super) fn complete(api: OpenApi) -> OpenApi {
    let Ok(mut document) = serde_json::to_value(&api) else {
        return api;
    };
    walk(&mut document);
    serde_json::from_value(document).unwrap_or(api)
}

fn walk(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Object(fields) => {
            fields.values_mut().for_each(walk);
            bound(value);
        }
        _ => {}
    }
}

fn bound(value: &mut Value) {
    let is_unsigned = value["format"] == "int32" && value["minimum"].as_f64() >= Some(0.0);
    if is_unsigned && let Some(schema) = value.as_object_mut() {
        schema.remove("format");
        schema.entry("maximum").or_insert(json!(u32::MAX));
    }
    let more = match (value["in"].as_str(), value["name"].as_str()) {
        (Some("header"), Some("Idempotency-Key")) => json!({"pattern": "^[!-~]{1,255}$"}),
        (Some("query"), Some("after")) => json!({"minLength": 1}),
        _ => return,
    };
    if let (Value::Object(more), Some(schema)) = (more, value["schema"].as_object_mut()) {
        schema.extend(more);
    }
}
