//! HTTP to one server with one credential: requests go out, typed messages or a
//! [`SyncError`] come back. No redirects are followed, every body is bounded,
//! nothing is stored here.

use super::address::{is_local, is_this_machine};
use super::{SyncError, tls};
use gateline_common::Hash;
use gateline_common::ids::EventId;
use gateline_common::sync::{
    self, ConfirmAnswer, ConfirmRequest, Cursor, EnrolAnswer, EnrolRequest, Message,
    SignedManifest, SignedRevocation, UploadAnswer, UploadRequest,
};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
/// Silence within an answer.
const READ: Duration = Duration::from_secs(30);
/// A kept connection is let go before the server does (after 30 s).
const IDLE: Duration = Duration::from_secs(20);
const MOST_BODY: usize = 64 << 20;

/// A connection to the server. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    credential: Option<HeaderValue>,
}

#[derive(Deserialize)]
struct ErrorBody {
    errors: Vec<ErrorLine>,
}

#[derive(Deserialize)]
struct ErrorLine {
    code: String,
    message: String,
}

impl Client {
    /// For the server of an enrolment code; without a credential it can only
    /// enrol.
    ///
    /// # Errors
    /// `BadServer`, `InsecureServer`, or `Unreachable` when no client can be made.
    pub fn new(
        server: &str,
        certificate: Option<Hash>,
        credential: Option<&str>,
    ) -> Result<Self, SyncError> {
        let base = Url::parse(server).map_err(|error| SyncError::BadServer(error.to_string()))?;
        let local = is_local(&base);
        match base.scheme() {
            "https" => {}
            "http" if is_this_machine(&base) => {}
            "http" => return Err(SyncError::InsecureServer),
            other => return Err(SyncError::BadServer(format!("{other}:// is not spoken"))),
        }
        // Another part of the program may have installed it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("gateline-gate/", env!("CARGO_PKG_VERSION")));
        if local || certificate.is_some() {
            builder = builder.no_proxy();
        }
        if let Some(certificate) = certificate {
            let config = tls::pinned(certificate)
                .map_err(|error| SyncError::Certificate(error.to_string()))?;
            builder = builder.tls_backend_preconfigured(config);
        }
        let credential = credential
            .map(|secret| HeaderValue::try_from(format!("Bearer {secret}")))
            .transpose()
            .map_err(|_| SyncError::NotAuthenticated)?
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        Ok(Self {
            http: builder.build()?,
            base,
            credential,
        })
    }

    /// `POST /api/checkin/enrol`. The one request that is not repeated.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, SyncError> {
        let response = self
            .request(Method::POST, "/api/checkin/enrol")
            .timeout(READ)
            .json(request)
            .send()
            .await?;
        json(response).await
    }

    /// `GET /api/checkin/device/manifest`.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn manifest(&self) -> Result<SignedManifest, SyncError> {
        let request = self.request(Method::GET, "/api/checkin/device/manifest");
        json(send(request.timeout(READ)).await?).await
    }

    /// `GET /api/checkin/device/revocation`.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn revocation(&self) -> Result<SignedRevocation, SyncError> {
        let request = self.request(Method::GET, "/api/checkin/device/revocation");
        json(send(request.timeout(READ)).await?).await
    }

    /// `GET /api/checkin/device/events/{event}/feed`: a zstd stream of pages.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn feed(
        &self,
        event: EventId,
        cursor: Option<Cursor>,
    ) -> Result<Response, SyncError> {
        let path = format!("/api/checkin/device/events/{event}/feed");
        let mut url = self.url(&path);
        if let Some(cursor) = cursor {
            url.query_pairs_mut()
                .append_pair("generation", &cursor.generation.to_string())
                .append_pair("position", &cursor.position.to_string());
        }
        good(send(self.request_to(Method::GET, url)).await?).await
    }

    /// `POST /api/checkin/device/scans`.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn upload(&self, request: &UploadRequest) -> Result<UploadAnswer, SyncError> {
        self.framed("/api/checkin/device/scans", request).await
    }

    /// `POST /api/checkin/device/confirm`.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn confirm(&self, request: &ConfirmRequest) -> Result<ConfirmAnswer, SyncError> {
        self.framed("/api/checkin/device/confirm", request).await
    }

    /// `GET /api/checkin/device/push`: server-sent events.
    ///
    /// # Errors
    /// What went wrong; `NotGateline` when it is no event stream.
    pub async fn push(&self) -> Result<Response, SyncError> {
        let request = self
            .request(Method::GET, "/api/checkin/device/push")
            .header(ACCEPT, "text/event-stream");
        let response = good(send(request).await?).await?;
        if content_type(&response).starts_with("text/event-stream") {
            Ok(response)
        } else {
            Err(SyncError::NotGateline)
        }
    }

    async fn framed<Q: Message, A: Message>(
        &self,
        path: &str,
        message: &Q,
    ) -> Result<A, SyncError> {
        let body = sync::encode(message).map_err(SyncError::Damaged)?;
        let request = self
            .request(Method::POST, path)
            .timeout(READ)
            .header(CONTENT_TYPE, sync::CONTENT_TYPE)
            .header(ACCEPT, sync::CONTENT_TYPE)
            .body(body);
        let bytes = body_of(good(send(request).await?).await?).await?;
        sync::decode(&bytes).map_err(|error| match error {
            sync::FrameError::NotOurs => SyncError::NotGateline,
            other => SyncError::Damaged(other),
        })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_to(method, self.url(path))
    }

    fn request_to(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.credential {
            Some(credential) => request.header(AUTHORIZATION, credential.clone()),
            None => request,
        }
    }
}

/// Sends a request that may be repeated: once more when a kept-alive connection
/// turns out to be dead (the server was restarted).
async fn send(request: RequestBuilder) -> Result<Response, SyncError> {
    let again = request.try_clone();
    match request.send().await {
        Ok(response) => Ok(response),
        Err(error) if error.is_connect() || error.is_timeout() => Err(error.into()),
        Err(error) => match again {
            Some(again) => Ok(again.send().await?),
            None => Err(error.into()),
        },
    }
}

async fn good(response: Response) -> Result<Response, SyncError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(refusal(
        status,
        &body_of(response).await.unwrap_or_default(),
    ))
}

fn refusal(status: StatusCode, body: &[u8]) -> SyncError {
    let told: Option<ErrorLine> = serde_json::from_slice::<ErrorBody>(body)
        .ok()
        .and_then(|body| body.errors.into_iter().next());
    let status = status.as_u16();
    match told {
        Some(told) => match (status, told.code.as_str()) {
            // Anybody may say so; the notice proves it.
            (403, "device_revoked") => {
                SyncError::UnprovenRevocation("its notice was not asked for yet".into())
            }
            (401, _) => SyncError::NotAuthenticated,
            (429, _) => SyncError::RateLimited,
            (500.., _) => SyncError::Server(status),
            _ => SyncError::Rejected {
                status,
                code: told.code,
                message: told.message,
            },
        },
        None if status == 511 => SyncError::NotGateline,
        None if status == 413 => SyncError::Rejected {
            status,
            code: "too_large".into(),
            message: "the message is too large".into(),
        },
        None if status >= 500 => SyncError::Server(status),
        None => SyncError::NotGateline,
    }
}

async fn json<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, SyncError> {
    let bytes = body_of(good(response).await?).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        if error.is_eof() && !bytes.is_empty() {
            SyncError::Truncated
        } else {
            SyncError::NotGateline
        }
    })
}

async fn body_of(mut response: Response) -> Result<Vec<u8>, SyncError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST_BODY {
            return Err(SyncError::NotGateline);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn content_type(response: &Response) -> &str {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_a_server_on_the_same_machine_only() {
        for server in [
            "http://127.0.0.1:80",
            "http://[::1]:80",
            "http://localhost:8080",
            "https://192.168.4.2",
            "https://gates.example.org",
        ] {
            assert!(Client::new(server, None, None).is_ok(), "{server}");
        }
        for server in [
            "http://gates.example.org",
            "http://192.168.4.2",
            "http://[fe80::1]",
            "http://gates.local",
            "http://gateline:8080",
            "http://localhost.example.org",
        ] {
            let made = Client::new(server, None, None);
            assert!(matches!(made, Err(SyncError::InsecureServer)), "{server}");
        }
        for server in ["", "gates", "ftp://127.0.0.1"] {
            let made = Client::new(server, None, None);
            assert!(matches!(made, Err(SyncError::BadServer(_))), "{server}");
        }
    }
}
