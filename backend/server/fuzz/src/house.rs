//! A whole server in this process with an organizer, a sold event and an
//! enrolled gate: what cases are played against.

use super::gate::Gate;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use gateline_common::sync::{EnrolAnswer, EnrolRequest, EnrolmentCode};
use gateline_server::config::Settings;
use gateline_server::{Config, InProcess, Surroundings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use ticket_crypto::detached::{Domain, sign};
use ticket_crypto::{SigningKey, TicketCode};
use tower::ServiceExt;

const DEADLINE: Duration = Duration::from_secs(60);
/// Of an answer, so much is looked at.
const MOST_BYTES: usize = 4 << 20;

/// The house.
pub(crate) struct House {
    server: InProcess,
    /// What placeholders stand for, as JSON.
    pub(crate) things: BTreeMap<&'static str, Value>,
    /// Bearer tokens by who asks.
    pub(crate) tokens: BTreeMap<&'static str, String>,
    pub(crate) gate: Option<Gate>,
    _folder: tempfile::TempDir,
}

impl House {
    /// Opens it over a fresh store, in memory where there is a place for that.
    pub(crate) async fn open() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let folder = folder.expect("a folder");
        let settings = Settings {
            data: Some(folder.path().to_owned()),
            payment_gateway: Some("test".to_owned()),
            admin_emails: Some(vec!["root@example.org".to_owned()]),
            sign_in_attempts: Some(1_000_000),
            ..Settings::default()
        };
        let config = Config::load(settings, None).expect("a good configuration");
        let server = InProcess::start(Surroundings::default(), config)
            .await
            .expect("starts");
        let mut house = Self {
            server,
            things: BTreeMap::new(),
            tokens: BTreeMap::new(),
            gate: None,
            _folder: folder,
        };
        house.people().await;
        house.event().await;
        house.sales().await;
        house.enrol().await;
        house
    }

    /// Did a job of the server panic or end?
    pub(crate) fn has_lost_a_job(&mut self) -> Option<&'static str> {
        self.server.has_lost_a_job()
    }

    /// Sends a request as it is, to this host if it names none.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Response<Body> {
        let host = request.headers_mut().entry(header::HOST);
        host.or_insert(HeaderValue::from_static("x"));
        let answer = self.server.router.clone().oneshot(request).await;
        answer.unwrap_or_else(|never| match never {})
    }

    async fn good(&self, method: &str, path: &str, who: &str, body: Value) -> Value {
        let (status, value) = self.ask(method, path, who, body).await;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {value}"
        );
        value
    }

    async fn ask(&self, method: &str, path: &str, who: &str, body: Value) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = self.tokens.get(who) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(body.to_string());
        let answer = self.send(request.body(body).expect("a request")).await;
        let status = answer.status().as_u16();
        let bytes = axum::body::to_bytes(answer.into_body(), MOST_BYTES).await;
        let value = serde_json::from_slice(&bytes.expect("a body"));
        (status, value.unwrap_or_default())
    }

    async fn people(&mut self) {
        for who in ["organizer", "buyer", "root", "stranger"] {
            let body = json!({
                "email": format!("{who}@example.org"), "password": "correct horse battery",
                "name": who,
            });
            let made = self.good("POST", "/api/users/signup", who, body).await;
            self.tokens.insert(who, text(&made["token"]));
            self.things.insert(user_of(who), made["user"]["id"].clone());
        }
        let body = json!({"name": "Hall"});
        let made = self
            .good("POST", "/api/organizations", "organizer", body)
            .await;
        self.tokens.insert("organizer", text(&made["token"]));
        self.things
            .insert("$ORG", made["organization"]["id"].clone());
    }

    async fn event(&mut self) {
        let org = self.things["$ORG"].clone();
        let venue = json!({"org": org, "name": "Hall", "address": "1 Quay"});
        let venue = self.good("POST", "/api/venues", "organizer", venue).await;
        self.things.insert("$VENUE", venue["id"].clone());
        let event = json!({
            "org": org, "title": "Ball", "category": "concert", "timezone": "Europe/Vienna",
            "online_url": "https://example.org", "starts_at": 4_000_000_000_000_i64,
            "ends_at": 4_000_007_200_000_i64, "gates": [{"id": 1, "name": "Main"}],
        });
        let event = self.good("POST", "/api/events", "organizer", event).await;
        let path = format!("/api/events/{}", event["id"]);
        self.things.insert("$EVENT", event["id"].clone());
        let kind = json!({"name": "Standing", "price": {"minor": 1250, "currency": "EUR"},
            "limit": 1_000_000});
        let kind = self
            .good("POST", &format!("{path}/ticket-types"), "organizer", kind)
            .await;
        self.things.insert("$TYPE", kind["id"].clone());
        self.good("POST", &format!("{path}/publish"), "organizer", json!({}))
            .await;
    }

    async fn sales(&mut self) {
        let (event, kind) = (self.things["$EVENT"].clone(), self.things["$TYPE"].clone());
        let order = json!({"event": event, "lines": [{"ticket_type": kind, "quantity": 2}]});
        let paid = self.placed(&order).await;
        let open = self.placed(&order).await;
        let pay = json!({"order": paid, "method": {"test": "pays"}});
        let payment = self.good("POST", "/api/payments", "buyer", pay).await;
        let path = format!("/api/tickets?order={}", text(&paid));
        let begun = Instant::now();
        let ticket = loop {
            let page = self.good("GET", &path, "buyer", json!({})).await;
            if page["items"][0].is_object() {
                break page["items"][0].clone();
            }
            assert!(begun.elapsed() < DEADLINE, "no tickets came");
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        let more = [
            ("$PAID", paid),
            ("$ORDER", open),
            ("$PAYMENT", payment["id"].clone()),
            ("$SERIAL", ticket["serial"].clone()),
            ("$CODE", ticket["code"].clone()),
        ];
        self.things.extend(more);
    }

    /// The order's id, once orders know what is sold.
    async fn placed(&self, order: &Value) -> Value {
        let begun = Instant::now();
        loop {
            let (status, made) = self
                .ask("POST", "/api/orders", "buyer", order.clone())
                .await;
            if status == 201 {
                return made["id"].clone();
            }
            assert!(begun.elapsed() < DEADLINE, "the sale did not open: {made}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn enrol(&mut self) {
        let body = json!({"org": self.things["$ORG"], "name": "North"});
        let path = "/api/checkin/enrolment-codes";
        let code = self.good("POST", path, "organizer", body).await;
        let code: EnrolmentCode = text(&code["code"]).parse().expect("a code");
        let key = SigningKey::from_seed([9; 32]);
        let request = EnrolRequest {
            device_key: key.public_key(),
            proof: sign(&key, Domain::Enrol, code.secret.as_bytes()),
            secret: code.secret,
            name: "North".to_owned(),
        };
        let body = serde_json::to_value(&request).expect("JSON");
        let answer = self
            .good("POST", "/api/checkin/enrol", "nobody", body)
            .await;
        let answer: EnrolAnswer = serde_json::from_value(answer).expect("an answer");
        for who in ["gate", "device"] {
            self.tokens.insert(who, answer.credential.clone());
        }
        self.things.insert("$DEVICE", json!(answer.device));
        let code = TicketCode::from_digits(&text(&self.things["$CODE"])).expect("a code");
        let event = serde_json::from_value(self.things["$EVENT"].clone()).expect("an event");
        self.gate = Some(Gate::new(answer.device, key, event, code.bytes().to_vec()));
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn user_of(who: &str) -> &'static str {
    match who {
        "organizer" => "$ORGANIZER",
        "buyer" => "$BUYER",
        "root" => "$ROOT",
        _ => "$STRANGER",
    }
}
