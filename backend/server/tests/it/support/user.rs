//! A signed-in user of a test, or anybody else who asks with or without a token.

use super::{Answer, answer_to};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// Asks with a token.
#[derive(Clone)]
pub(crate) struct TestUser {
    pub(crate) url: String,
    pub(crate) client: Client,
    pub(crate) token: String,
    pub(crate) id: String,
    pub(crate) email: String,
}

/// The password of every test user.
pub(crate) const PASSWORD: &str = "correct horse battery";

impl TestUser {
    /// A request with the token, to build upon.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.token)
    }

    /// A request with an optional JSON body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        answer_to(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// Sends what was built upon [`Self::request`] and reads the whole answer.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> Answer {
        answer_to(request).await
    }

    /// A POST with an `Idempotency-Key`.
    pub(crate) async fn post_once(&self, path: &str, body: Value, key: &str) -> Answer {
        let request = self.request("POST", path).header("idempotency-key", key);
        answer_to(request.json(&body)).await
    }

    /// Makes an organization and returns its id; the user is its organizer.
    pub(crate) async fn organization(&mut self, name: &str) -> String {
        let made = self.post("/api/organizations", json!({"name": name})).await;
        let made = made.good();
        self.token = made["token"].as_str().unwrap().to_owned();
        made["organization"]["id"].as_str().unwrap().to_owned()
    }
}
