//! Every documented path, taken from the OpenAPI document: bad requests get a
//! clear 4xx in the one error format.

use crate::support::{TestApp, TestUser};
use serde_json::{Value, json};

/// One operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    path: String,
    pub(crate) spec: Value,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with well-formed parameters that name nothing.
    pub(crate) fn filled(&self) -> String {
        let parameters = self.spec["parameters"].as_array().cloned();
        let mut path = self.path.clone();
        for parameter in parameters.unwrap_or_default() {
            let name = parameter["name"].as_str().unwrap();
            let value = match name {
                "event" => "4000000000",
                "serial" => "0000000001",
                "gateway" => "test",
                _ if parameter["schema"]["type"] == "integer" => "65000",
                _ => "018f0000-0000-7000-8000-000000000000",
            };
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(
            !path.contains('{'),
            "{}: a parameter is undocumented",
            self.name()
        );
        path
    }

    /// Ways to sign in of which one is needed; none for public operations.
    pub(crate) fn security(&self) -> Vec<String> {
        let Some(ways) = self.spec["security"].as_array() else {
            return Vec::new();
        };
        let names = ways.iter().map(|way| way.as_object().unwrap());
        if names.clone().any(serde_json::Map::is_empty) {
            return Vec::new();
        }
        names.flat_map(|way| way.keys().cloned()).collect()
    }

    fn takes_json(&self) -> bool {
        self.spec["requestBody"]["content"]["application/json"].is_object()
    }
}

pub(crate) async fn operations(app: &TestApp) -> Vec<Operation> {
    let api = app.get("/api/openapi.json").await.good();
    let mut operations = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, spec) in item.as_object().unwrap() {
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                spec: spec.clone(),
            });
        }
    }
    assert!(operations.len() >= 14, "{}", operations.len());
    operations
}

#[track_caller]
fn assert_refused(what: &str, answer: &crate::support::Answer) {
    assert!(
        (400..500).contains(&answer.status),
        "{what}: {} {}",
        answer.status,
        answer.text()
    );
    answer.error();
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own() {
    let app = TestApp::init().await;
    let mut names = std::collections::HashMap::new();
    for operation in operations(&app).await {
        let name = operation.spec["operationId"].as_str().unwrap().to_owned();
        if let Some(other) = names.insert(name.clone(), operation.name()) {
            panic!("{name} is both {other} and {}", operation.name());
        }
    }
    assert_eq!(names["events_read"], "GET /api/events/{event}");
}

#[tokio::test]
async fn every_path_that_needs_a_token_says_so() {
    let app = TestApp::init().await;
    for operation in operations(&app).await {
        if operation.security().is_empty() {
            continue;
        }
        let request = app.request(&operation.method, &operation.filled());
        let answer = app.answer(request).await;
        assert_refused(&operation.name(), &answer);
        assert_eq!(
            answer.status,
            401,
            "{}: {}",
            operation.name(),
            answer.text()
        );
    }
}

#[tokio::test]
async fn every_path_that_needs_a_token_refuses_garbage_and_expired_ones() {
    let app = TestApp::init().await;
    let expired = app.user("ada").await.token;
    app.clock.advance_ms(31 * 86_400_000);
    for operation in operations(&app).await {
        if operation.security().is_empty() {
            continue;
        }
        for token in ["garbage", "a.b.c", &expired] {
            let request = app.request(&operation.method, &operation.filled());
            let answer = app.answer(request.bearer_auth(token)).await;
            assert_refused(&operation.name(), &answer);
            assert_eq!(
                answer.status,
                401,
                "{}: {}",
                operation.name(),
                answer.text()
            );
        }
    }
}

/// Somebody who may use the operation's way to sign in.
async fn refused_body(user: &TestUser, operation: &Operation, body: &Value) {
    let request = user.request(&operation.method, &operation.filled());
    let answer = user.answer(request.json(body)).await;
    assert_refused(&format!("{} {body}", operation.name()), &answer);
}

#[tokio::test]
async fn every_json_body_of_a_wrong_shape_is_refused() {
    let app = TestApp::init().await;
    let root = app.admin().await;
    for operation in operations(&app).await {
        if !operation.takes_json() {
            continue;
        }
        for body in [
            json!([1]),
            json!("text"),
            json!(null),
            json!({"no_such_field": 1}),
        ] {
            refused_body(&root, &operation, &body).await;
        }
        let request = root.request(&operation.method, &operation.filled());
        let form = request.header("content-type", "text/plain").body("{}");
        assert_refused(&operation.name(), &app.answer(form).await);
    }
}

#[tokio::test]
async fn every_json_body_that_is_too_large_is_refused() {
    let app = TestApp::init().await;
    let root = app.admin().await;
    for operation in operations(&app).await {
        if operation.takes_json() {
            let body = json!({"no_such_field": "x".repeat(2 * 1024 * 1024)});
            refused_body(&root, &operation, &body).await;
        }
    }
}

#[tokio::test]
async fn every_identifier_of_a_wrong_shape_or_of_nobody_is_refused() {
    let app = TestApp::init().await;
    let ada = app.user("ada").await;
    for operation in operations(&app).await {
        if !operation.path.contains('{') {
            continue;
        }
        let parts = operation.path.split('/');
        let broken: Vec<&str> = parts
            .map(|p| if p.starts_with('{') { "%21" } else { p })
            .collect();
        for path in [broken.join("/"), operation.filled()] {
            let answer = ada.send(&operation.method, &path, Some(json!({}))).await;
            assert_refused(&operation.name(), &answer);
        }
    }
}

#[tokio::test]
async fn the_document_is_complete_and_readable() {
    let app = TestApp::init().await;
    assert_eq!(app.get("/api/docs/").await.status, 200);
    for operation in operations(&app).await {
        let summary = operation.spec["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{} has no summary", operation.name());
        assert!(
            operation.spec["tags"][0].is_string(),
            "{}",
            operation.name()
        );
        operation.filled();
        let content = operation.spec["requestBody"]["content"].as_object();
        for (kind, body) in content.into_iter().flatten() {
            let is_described = body["schema"].as_object().is_some_and(|s| !s.is_empty());
            assert!(is_described, "{}: the schema of {kind}", operation.name());
        }
        let answers = operation.spec["responses"].as_object().unwrap();
        for (status, answer) in answers.iter().filter(|(status, _)| status.starts_with('4')) {
            let schema = &answer["content"]["application/json"]["schema"]["$ref"];
            let name = operation.name();
            assert_eq!(schema, "#/components/schemas/ErrorBody", "{name} {status}");
        }
    }
}

/// What reads a body refuses one of no known content type; what reads none does
/// not look at it.
#[tokio::test]
async fn every_operation_that_reads_a_body_is_documented_with_one() {
    let app = TestApp::init().await;
    let root = app.admin().await;
    for operation in operations(&app).await {
        if operation.spec["requestBody"].is_object() || operation.security() == ["device"] {
            continue;
        }
        let request = root.request(&operation.method, &operation.filled());
        let request = request.header("content-type", "x/y").body("?");
        let answer = root.answer(request).await;
        assert_ne!(answer.status, 415, "{} reads a body", operation.name());
    }
}

#[tokio::test]
async fn the_codes_of_errors_are_documented_as_they_are_sent() {
    let app = TestApp::init().await;
    let api = app.get("/api/openapi.json").await.good();
    let documented = &api["components"]["schemas"]["ErrorCode"]["enum"];
    let sent = serde_json::to_value(gateline_common::ErrorCode::ALL).unwrap();
    assert_eq!(*documented, sent);
}

#[tokio::test]
async fn the_kinds_of_conditions_of_a_rule_are_documented() {
    let app = TestApp::init().await;
    let api = app.get("/api/openapi.json").await.good();
    let schemas = &api["components"]["schemas"];
    let condition = &schemas["EntryRule"]["properties"]["condition"];
    assert!(
        condition
            .to_string()
            .contains("#/components/schemas/Condition")
    );
    assert_eq!(schemas["Condition"]["oneOf"].as_array().unwrap().len(), 12);
}

#[test]
fn the_checked_in_document_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let generated = gateline_server::openapi_document().unwrap();
    assert!(
        kept == generated,
        "docs/openapi.json has drifted; write it anew: \
         cargo run -p gateline-server -- openapi > docs/openapi.json"
    );
}
