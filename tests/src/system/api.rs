//! A person's HTTP client: bearer token, JSON, idempotency keys, retries of lost
//! answers.

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The password of everybody who signs up.
pub const PASSWORD: &str = "correct horse battery staple";

/// A client of one person (or of nobody yet).
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: String,
    token: Option<String>,
    trace: Option<String>,
}

/// An answer that is no success.
#[derive(Debug, Clone)]
pub struct ApiFailure {
    /// The HTTP status.
    pub status: StatusCode,
    /// The first error's code.
    pub code: String,
    /// The first error's message.
    pub message: String,
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.message)
    }
}

impl std::error::Error for ApiFailure {}

impl Api {
    /// A client of the server at `base`, signed in as nobody.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> Result<Self> {
        // Fails only when another part of the program installed it before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = Client::builder()
            .timeout(Duration::from_secs(60))
            .build()
            .context("the HTTP client")?;
        Ok(Self {
            http,
            base: base.to_owned(),
            token: None,
            trace: None,
        })
    }

    /// The same client for somebody else.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    /// The same client, whose requests belong to this place of a trace (W3C's
    /// `traceparent`).
    #[must_use]
    pub fn within(&self, trace: &str) -> Self {
        Self {
            trace: Some(trace.to_owned()),
            ..self.clone()
        }
    }

    /// Signs up; the client acts as this person from now on.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_up(&mut self, name: &str, email: &str) -> Result<Value> {
        let body = serde_json::json!({
            "email": email, "name": name, "password": PASSWORD,
        });
        let answer = self.post("/api/users/signup", &body).await?;
        self.take_token(&answer)?;
        Ok(answer)
    }

    /// Acts with the token that `answer` carries.
    ///
    /// # Errors
    /// When it carries none.
    pub fn take_token(&mut self, answer: &Value) -> Result<()> {
        let token = answer["token"]
            .as_str()
            .context("the answer has no token")?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// The base URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token that it acts with, for clients of another kind.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// GET.
    ///
    /// # Errors
    /// No answer, or an [`ApiFailure`].
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None, None).await
    }

    /// POST.
    ///
    /// # Errors
    /// No answer, or an [`ApiFailure`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, Some(body), None).await
    }

    /// PATCH.
    ///
    /// # Errors
    /// No answer, or an [`ApiFailure`].
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::PATCH, path, Some(body), None).await
    }

    /// PUT.
    ///
    /// # Errors
    /// No answer, or an [`ApiFailure`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::PUT, path, Some(body), None).await
    }

    /// DELETE.
    ///
    /// # Errors
    /// No answer, or an [`ApiFailure`].
    pub async fn delete(&self, path: &str) -> Result<Value> {
        self.send(Method::DELETE, path, None, None).await
    }

    /// POST with an idempotency key.
    ///
    /// # Errors
    /// No answer, or an [`ApiFailure`].
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, Some(body), Some(key)).await
    }

    /// GET of something that is not JSON.
    ///
    /// # Errors
    /// No answer, or one that is no success.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let answer = self.request(Method::GET, path).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{path}: {status}");
        }
        Ok(answer.bytes().await?.to_vec())
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(trace) = &self.trace {
            request = request.header("traceparent", trace);
        }
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Value> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("no answer from {path}"))?;
        let status = answer.status();
        let bytes = answer
            .bytes()
            .await
            .with_context(|| format!("{path} broke off"))?;
        if bytes.is_empty() && status.is_success() {
            return Ok(Value::Null);
        }
        let json: Value = serde_json::from_slice(&bytes)
            .with_context(|| format!("{path} answered {status} with no JSON"))?;
        if status.is_success() {
            return Ok(json);
        }
        let text = |name: &str| json["errors"][0][name].as_str().unwrap_or("?").to_owned();
        Err(ApiFailure {
            status,
            code: text("code"),
            message: text("message"),
        }
        .into())
    }
}

/// Repeats `call` while its answer is lost (not while it is refused).
///
/// # Errors
/// The refusal, or the last loss when `tries` are used up.
pub async fn retrying<T, F>(tries: usize, mut call: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut last = None;
    for _ in 0..tries {
        match call().await {
            Ok(value) => return Ok(value),
            Err(error) if error.downcast_ref::<ApiFailure>().is_some() => return Err(error),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| anyhow::anyhow!("no try was allowed")))
}
