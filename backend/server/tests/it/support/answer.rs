//! An answer of the server, and what tests ask of it.

use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap_or(""))
    }

    /// The JSON of an answer that must be good.
    #[track_caller]
    pub(crate) fn good(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            self.text()
        );
        self.json()
    }

    /// It must be refused so, in the one error format. Returns the first error.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let error = self.error();
        assert_eq!(error["code"], code, "{}", self.text());
        error
    }

    /// The first error of an answer in the one error format.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let body = self.json();
        let object = body.as_object().unwrap();
        assert_eq!(object.len(), 1, "{body}");
        let error = &body["errors"][0];
        assert!(error["code"].is_string(), "{body}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{body}");
        for key in error.as_object().unwrap().keys() {
            assert!(
                ["code", "message", "field"].contains(&key.as_str()),
                "{body}"
            );
        }
        error.clone()
    }
}
