//! The errors that an operation may answer with, from what it takes: they come
//! from the layers and extractors that all routes share. What only one operation
//! answers stands at its handler. The tests hold every answer they get to it.

use crate::http::error::ErrorBody;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{
    ContentBuilder, Header, Object, PathItem, Ref, RefOr, Response, ResponseBuilder,
};

/// Adds what is missing.
pub(super) fn complete(path: &str, item: &mut PathItem) {
    let operations = [
        (&mut item.get, false),
        (&mut item.put, true),
        (&mut item.post, true),
        (&mut item.delete, true),
        (&mut item.patch, true),
    ];
    for (operation, changes) in operations {
        if let Some(operation) = operation {
            add(Shape::of(path, operation, changes), operation);
        }
    }
}

/// What decides about the usual errors.
#[derive(Clone, Copy)]
struct Shape {
    changes: bool,
    takes_body: bool,
    names_something: bool,
    has_parameters: bool,
    is_protected: bool,
}

impl Shape {
    fn of(path: &str, operation: &Operation, changes: bool) -> Self {
        let mut parameters = operation.parameters.iter().flatten();
        let ways = operation.security.iter().flatten();
        Self {
            changes,
            takes_body: operation.request_body.is_some(),
            names_something: path.contains('{'),
            has_parameters: parameters.any(|parameter| match parameter {
                RefOr::T(parameter) => parameter.parameter_in != ParameterIn::Header,
                RefOr::Ref(_) => true,
            }),
            is_protected: ways.count() > 0,
        }
    }

    /// The usual errors, with what they mean.
    fn usual(self) -> Vec<(&'static str, &'static str)> {
        let asks = self.takes_body || self.has_parameters;
        let mut usual = Vec::new();
        let mut may = |is: bool, status, meaning| {
            if is {
                usual.push((status, meaning));
            }
        };
        may(
            true,
            "400",
            "body, parameter or header of another shape; `field` names it",
        );
        may(
            self.is_protected || !self.changes,
            "401",
            "not signed in, or with a token that is no good",
        );
        may(self.is_protected, "403", "signed in, but not allowed");
        may(
            self.names_something || (asks && self.is_protected),
            "404",
            "no such thing, or none that the caller may see",
        );
        may(self.takes_body, "408", "the body came too slowly");
        may(
            self.changes && self.is_protected && asks,
            "409",
            "it is not in a state that allows this, or was changed in between",
        );
        may(self.takes_body, "413", "the body is larger than allowed");
        may(
            self.takes_body,
            "415",
            "a content type that is not read here",
        );
        may(
            self.takes_body || self.changes && self.has_parameters,
            "422",
            "a value that is not allowed; `field` names it",
        );
        usual.push((
            "429",
            "too many requests of this account or device; `Retry-After` says when",
        ));
        usual
    }
}

fn add(shape: Shape, operation: &mut Operation) {
    let answers = &mut operation.responses.responses;
    for (status, meaning) in shape.usual() {
        let answer = answers.entry(status.to_owned());
        answer.or_insert_with(|| RefOr::T(error(meaning)));
    }
    let rest = "the server failed (5xx), and said nothing of its inside";
    answers.insert("default".to_owned(), RefOr::T(error(rest)));
    for (status, answer) in answers {
        if let RefOr::T(answer) = answer
            && (status == "429" || status == "503")
        {
            let header = answer.headers.entry("Retry-After".to_owned());
            header.or_insert_with(retry_after);
        }
        if let RefOr::T(answer) = answer
            && (status.starts_with('4') || status.starts_with('5'))
            && answer.content.is_empty()
        {
            let body = RefOr::T(body().build());
            answer.content.insert("application/json".to_owned(), body);
        }
    }
}

fn error(description: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content("application/json", body())
        .build()
}

fn retry_after() -> RefOr<Header> {
    let mut header = Header::new(Object::with_type(Type::Integer));
    header.description = Some("seconds to wait before the next try".to_owned());
    RefOr::T(header)
}

fn body() -> ContentBuilder {
    let schema = Ref::from_schema_name(ErrorBody::name());
    ContentBuilder::new().schema(Some(RefOr::Ref(schema)))
}
