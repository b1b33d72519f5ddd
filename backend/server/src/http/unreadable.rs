//! What is told about a body or a parameter that cannot be read: which field, and
//! what must stand there, in JSON's words. Nothing of how this program names its
//! types comes out.

use super::error::ApiError;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use gateline_common::ErrorCode;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Reads a JSON body.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let refused =
        |(field, message)| ApiError::new(ErrorCode::MalformedBody, message).of_field(field);
    if body.is_empty() {
        return Err(refused((None, "the body is empty: send JSON".to_owned())));
    }
    let mut source = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        refused(match error.classify() {
            Category::Data => explain("the body", &path, &without_position(&error)),
            _ => (None, not_json(&error)),
        })
    })?;
    match source.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(refused((None, not_json(&error)))),
    }
}

/// Reads the query string.
pub(super) fn query<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    let source = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(source).map_err(|error| {
        let path = error.path().to_string();
        parameter(explain("the query", &path, &error.into_inner().to_string()))
    })
}

/// Why the path's parameters, named `names`, could not be read.
pub(super) fn path(rejection: PathRejection, names: &[String]) -> ApiError {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return ApiError::internal(rejection);
    };
    let only = match names {
        [name] => name.as_str(),
        _ => ".",
    };
    let (path, message) = match failed.kind() {
        ErrorKind::ParseErrorAtKey {
            key, expected_type, ..
        } => (key.as_str(), format!("expected {expected_type}")),
        ErrorKind::ParseErrorAtIndex {
            index,
            expected_type,
            ..
        } => {
            let name = names.get(*index).map_or(only, String::as_str);
            (name, format!("expected {expected_type}"))
        }
        ErrorKind::ParseError { expected_type, .. } => (only, format!("expected {expected_type}")),
        ErrorKind::DeserializeError { key, message, .. } => (key.as_str(), message.clone()),
        ErrorKind::InvalidUtf8InPathParam { key } => (key.as_str(), "expected UTF-8".to_owned()),
        ErrorKind::Message(message) => (only, message.clone()),
        other => return ApiError::internal(other),
    };
    parameter(explain("the path", path, &message))
}

fn parameter((field, message): (Option<String>, String)) -> ApiError {
    ApiError::new(ErrorCode::MalformedParameter, message).of_field(field)
}

fn not_json(error: &serde_json::Error) -> String {
    let text = without_position(error);
    if error.is_eof() {
        return "the body ends before its JSON does".to_owned();
    }
    let what = match text.as_str() {
        "trailing characters" => "the body goes on after its JSON",
        "recursion limit exceeded" => "the body is nested too deeply",
        _ => "the body is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).unwrap_or(&text).to_owned()
}

/// The field at fault and the words for it, from serde's `message` about what is
/// at `path` of `whole`.
fn explain(whole: &str, path: &str, message: &str) -> (Option<String>, String) {
    let path = if path == "." { "" } else { path };
    let subject = match path {
        "" => whole.to_owned(),
        path => format!("`{path}`"),
    };
    let field = |path: &str| (!path.is_empty()).then(|| path.to_owned());
    if let Some(name) = quoted(message, "missing field `") {
        let full = match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let words = format!("`{full}` is missing");
        return (Some(full), words);
    }
    if let Some(name) = quoted(message, "duplicate field `") {
        let path = if path.is_empty() { name } else { path };
        return (field(path), format!("`{path}` is given twice"));
    }
    if let Some(name) = quoted(message, "unknown field `") {
        let path = if path.is_empty() { name } else { path };
        let known = message.split_once(", expected ").map(|(_, rest)| rest);
        let known = known.map_or_else(String::new, |known| format!("; known: {}", list(known)));
        return (field(path), format!("`{path}` is not known here{known}"));
    }
    if message.starts_with("unknown variant `") {
        let known = message.split_once(", expected ").map(|(_, rest)| rest);
        let known = list(known.unwrap_or("one of the documented values"));
        return (field(path), format!("{subject} must be one of {known}"));
    }
    let words = match message.rsplit_once("expected ") {
        _ if message.contains("UUID") => format!("{subject} must be a UUID"),
        Some((_, expected)) => format!("{subject} must be {}", plain(expected)),
        None if is_number_trouble(message) => {
            format!("{subject} must be a whole number in its range")
        }
        None => format!("{subject}: {message}"),
    };
    (field(path), words)
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

fn list(known: &str) -> &str {
    known.strip_prefix("one of ").unwrap_or(known)
}

/// What the standard library says of texts that are no numbers.
fn is_number_trouble(message: &str) -> bool {
    message.contains("invalid digit")
        || message.starts_with("number too ")
        || message.contains("cannot parse integer")
}

/// What serde expects, in JSON's words.
fn plain(expected: &str) -> String {
    let words = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "string" | "str" | "a borrowed string" => "a string",
        "a boolean" | "bool" => "true or false",
        "a map" | "map" => "an object",
        "a sequence" | "sequence" => "a list",
        "string or map" => "one of the documented forms",
        "unit" => "null",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("enum ") => "one of the documented forms",
        _ if expected.contains("tuple ") => "a list of the documented length",
        _ => expected,
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::Money;
    use gateline_common::ids::{OrgId, TicketTypeId};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Order {
        org: OrgId,
        price: Money,
        #[serde(default)]
        lines: Vec<Line>,
        #[serde(default)]
        kind: Kind,
        limit: Option<u32>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Line {
        ticket_type: TicketTypeId,
        quantity: u32,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        InPerson,
        Online,
    }

    const ORG: &str = r#""org":"018f0000-0000-7000-8000-000000000000""#;

    #[track_caller]
    fn of_body(body: &str, field: Option<&str>, words: &str) {
        let body = body
            .replace("ORG", ORG)
            .replace("PRICE", r#""price":{"minor":1,"currency":"EUR"}"#);
        let error = json::<Order>(body.as_bytes()).unwrap_err();
        assert_eq!(
            (error.field.as_deref(), error.message.as_str()),
            (field, words)
        );
    }

    #[test]
    fn a_body_of_another_shape_names_the_field_and_what_must_stand_there() {
        of_body("{}", Some("org"), "`org` is missing");
        of_body(r#"{"org":"x"}"#, Some("org"), "`org` must be a UUID");
        of_body(r#"{"org":7}"#, Some("org"), "`org` must be a UUID");
        of_body(
            r#"{ORG,"price":{"minor":12.5,"currency":"EUR"}}"#,
            Some("price.minor"),
            "`price.minor` must be a whole number",
        );
        of_body(
            r#"{ORG,"price":{"minor":1,"currency":"euro"}}"#,
            Some("price.currency"),
            "`price.currency`: a currency is three capital letters (ISO 4217)",
        );
        of_body(
            r#"{ORG,"price":7}"#,
            Some("price"),
            "`price` must be an object",
        );
        of_body(
            r#"{ORG,PRICE,"lines":[{"ticket_type":1,"quantity":1},{"ticket_type":70000}]}"#,
            Some("lines[1].ticket_type"),
            "`lines[1].ticket_type` must be a whole number from 0 to 65535",
        );
        of_body(
            r#"{ORG,PRICE,"lines":[{"ticket_type":1}]}"#,
            Some("lines[0].quantity"),
            "`lines[0].quantity` is missing",
        );
        of_body(
            r#"{ORG,PRICE,"lines":[{"ticket_type":1,"quantity":-1}]}"#,
            Some("lines[0].quantity"),
            "`lines[0].quantity` must be a whole number from 0 to 4294967295",
        );
        of_body(
            r#"{ORG,PRICE,"lines":[{"type":1}]}"#,
            Some("lines[0].type"),
            "`lines[0].type` is not known here; known: `ticket_type` or `quantity`",
        );
        of_body(
            r#"{ORG,PRICE,"kind":"gig"}"#,
            Some("kind"),
            "`kind` must be one of `in_person` or `online`",
        );
        of_body(
            r#"{ORG,PRICE,"lines":{}}"#,
            Some("lines"),
            "`lines` must be a list",
        );
        of_body(r#"{ORG,ORG}"#, Some("org"), "`org` is given twice");
        of_body("[1]", Some("[0]"), "`[0]` must be a UUID");
        of_body("7", None, "the body must be an object");
    }

    #[test]
    fn what_is_no_json_says_where() {
        of_body("", None, "the body is empty: send JSON");
        of_body("{\"org\":", None, "the body ends before its JSON does");
        of_body(
            "{\"org\" 1}",
            None,
            "the body is no JSON (line 1, column 8)",
        );
        of_body(
            "{ORG,PRICE} x",
            None,
            "the body goes on after its JSON (line 1, column 85)",
        );
    }

    #[test]
    fn a_query_of_another_shape_names_the_parameter() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read")]
        struct Wanted {
            org: OrgId,
            limit: Option<u32>,
        }
        let told = |text: &str| query::<Wanted>(text).unwrap_err().message;
        assert_eq!(told(""), "`org` is missing");
        assert_eq!(told("org=7"), "`org` must be a UUID");
        let org = ORG.replace(['"'], "").replace(':', "=");
        let told = |text: &str| told(&format!("{org}&{text}"));
        assert_eq!(
            told("limit=x"),
            "`limit` must be a whole number in its range"
        );
        assert_eq!(
            told("x=1"),
            "`x` is not known here; known: `org` or `limit`"
        );
        assert_eq!(told("limit=1&limit=2"), "`limit` is given twice");
    }
}
