//! Holds every answer that a test sees to the checked-in OpenAPI document.

use super::Answer;
use serde_json::Value;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

/// Panics unless the document knows the answer's status, where it knows the
/// operation. What `default` is for (5xx) needs no line of its own.
pub(super) fn hold(method: &str, path: &str, answer: Answer) -> Answer {
    let Some((template, operation)) = operation(method, path) else {
        return answer;
    };
    let documented = &operation["responses"][answer.status.to_string()];
    assert!(
        documented.is_object() || answer.status >= 500,
        "{method} {template} answers {}, which is undocumented: {}",
        answer.status,
        answer.text()
    );
    answer
}

fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object()?.iter();
    let matching = paths.filter(|(template, _)| is_like(path, template));
    let (template, item) = matching.min_by_key(|(template, _)| template.matches('{').count())?;
    let operation = item.get(method.to_lowercase())?;
    Some((template, operation))
}

fn is_like(path: &str, template: &str) -> bool {
    let (parts, wanted) = (path.split('/'), template.split('/'));
    parts.clone().count() == wanted.clone().count()
        && parts
            .zip(wanted)
            .all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
}
