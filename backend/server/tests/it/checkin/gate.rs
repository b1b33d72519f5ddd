//! A gate that keeps a chained log, signs it, and speaks the sync protocol.

use crate::support::{Answer, TestApp};
use gateline_common::Hash;
use gateline_common::decision::{self, Admission, Direction, Passage, Refusal};
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, GateId};
use gateline_common::sync::{
    self, CONTENT_TYPE, ClockReading, ConfirmAnswer, ConfirmRequest, Cursor, EnrolAnswer,
    EnrolRequest, EnrolmentCode, FeedEntry, FeedPage, Message, Outcome, Record, RecordBody, Scan,
    ScanBatch, SignedReceipt, Subject, UploadAnswer, UploadRequest,
};
use gateline_common::{PublicKey, Timestamp};
use gateline_core::shared::Clock;
use reqwest::Client;
use serde_json::Value;
use std::ops::RangeInclusive;
use std::sync::Arc;
use ticket_crypto::detached::{self, Domain, sign};
use ticket_crypto::{SigningKey, TicketCode};

#[derive(Clone)]
pub(crate) struct Gate {
    url: String,
    client: Client,
    clock: Arc<dyn Clock>,
    pub(crate) device: DeviceId,
    pub(crate) root_key: PublicKey,
    pub(crate) credential: String,
    pub(crate) key: SigningKey,
    event: EventId,
    pub(crate) gate: GateId,
    pub(crate) rules_version: u64,
    /// The exact bytes of every record.
    pub(crate) log: Vec<Vec<u8>>,
}

impl Gate {
    pub(crate) async fn enrol(
        app: &TestApp,
        code: &str,
        name: &str,
        event: EventId,
        gate: GateId,
    ) -> Self {
        let code: EnrolmentCode = code.parse().unwrap();
        let key = SigningKey::from_seed(gateline_core::shared::random::bytes());
        let request = request(&code, &key, name);
        let body = serde_json::to_value(&request).unwrap();
        let answer = app.post("/api/checkin/enrol", body).await;
        let answer: EnrolAnswer = serde_json::from_value(answer.good()).unwrap();
        Self {
            url: app.url.clone(),
            client: Client::new(),
            clock: app.clock.clone(),
            device: answer.device,
            root_key: code.root_key,
            credential: answer.credential,
            key,
            event,
            gate,
            rules_version: 0,
            log: Vec::new(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.credential);
        Answer::of(request.send().await.unwrap()).await
    }

    /// The server is somewhere else now.
    pub(crate) fn move_to(&mut self, app: &TestApp) {
        self.url = app.url.clone();
    }

    /// Listens to what wakes it.
    pub(crate) async fn watch(&self) -> reqwest::Response {
        let request = self
            .client
            .get(format!("{}/api/checkin/device/push", self.url));
        let request = request.bearer_auth(&self.credential);
        request.send().await.unwrap()
    }

    /// The manifest, its signature checked.
    pub(crate) async fn manifest(&self) -> Value {
        let answer = self.get("/api/checkin/device/manifest").await;
        let signed: sync::SignedManifest = serde_json::from_value(answer.good()).unwrap();
        let bytes = signed.manifest.as_bytes();
        assert!(detached::verify(
            &self.root_key,
            Domain::Manifest,
            bytes,
            &signed.signature
        ));
        serde_json::from_str(&signed.manifest).unwrap()
    }

    /// Appends a record and returns its number.
    pub(crate) fn append(&mut self, body: RecordBody) -> u64 {
        self.append_at(self.clock.now(), body)
    }

    pub(crate) fn append_at(&mut self, at: Timestamp, body: RecordBody) -> u64 {
        let previous = self.log.last();
        let record = Record {
            device: self.device,
            seq: self.log.len() as u64 + 1,
            previous: previous.map_or(Hash::ZERO, |bytes| Record::hash(bytes)),
            at,
            clock: ClockReading {
                offset_ms: 0,
                uncertainty_ms: 5,
            },
            body,
        };
        self.log.push(record.to_bytes().unwrap());
        record.seq
    }

    /// A scan with this answer.
    pub(crate) fn scan(&self, code: &TicketCode, answer: decision::Answer) -> RecordBody {
        RecordBody::Scan(Scan {
            event: self.event,
            gate: Some(self.gate),
            direction: Direction::Entry,
            subject: Subject::Code(code.bytes().to_vec()),
            answer,
            rules_version: self.rules_version,
            feed_position: 0,
            overridden: None,
        })
    }

    /// Lets a guest in on its own.
    pub(crate) fn admit(&mut self, code: &TicketCode) -> u64 {
        let scan = self.scan(code, decision::Answer::Admit(Admission::Entry));
        self.append(scan)
    }

    /// Refuses a guest.
    pub(crate) fn refuse(&mut self, code: &TicketCode, refusal: Refusal) -> u64 {
        let scan = self.scan(code, decision::Answer::Refuse(refusal));
        self.append(scan)
    }

    /// Takes an admission back after the server's red.
    pub(crate) fn withdraw(&mut self, seq: u64, answer: decision::Answer) -> u64 {
        self.append(RecordBody::Withdrawal { seq, answer })
    }

    pub(crate) fn receipt(&mut self, receipt: SignedReceipt) -> u64 {
        self.append(RecordBody::Receipt(receipt))
    }

    pub(crate) fn whole(&self) -> RangeInclusive<u64> {
        1..=self.log.len() as u64
    }

    /// A signed batch of these records.
    pub(crate) fn batch(&self, range: RangeInclusive<u64>) -> ScanBatch {
        let (first, last) = (*range.start(), *range.end());
        let at = |seq: u64| usize::try_from(seq).unwrap() - 1;
        let records = self.log[at(first)..=at(last)].to_vec();
        let hash = Record::hash(records.last().unwrap());
        let head = ScanBatch::head(self.device, first, last, hash);
        ScanBatch {
            device: self.device,
            first_seq: first,
            records,
            signature: sign(&self.key, Domain::Batch, &head),
        }
    }

    pub(crate) async fn post<M: Message>(&self, path: &str, message: &M) -> Answer {
        self.post_bytes(path, CONTENT_TYPE, sync::encode(message).unwrap())
            .await
    }

    pub(crate) async fn post_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.credential);
        let request = request.header("content-type", kind).body(body);
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn send(&self, batch: ScanBatch) -> UploadAnswer {
        let request = UploadRequest {
            batch: Some(batch),
            cursors: vec![],
            manifest_version: 0,
        };
        let answer = self.post("/api/checkin/device/scans", &request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer: UploadAnswer = sync::decode(&answer.body).unwrap();
        if let Some(signed) = &answer.receipt {
            let bytes = signed.receipt.to_signed_bytes();
            let signature = &signed.signature;
            assert!(detached::verify(
                &self.root_key,
                Domain::Receipt,
                &bytes,
                signature
            ));
        }
        answer
    }

    /// Uploads these records and returns what became of each.
    pub(crate) async fn upload(&self, range: RangeInclusive<u64>) -> Vec<Outcome> {
        let answer = self.send(self.batch(range)).await;
        answer.outcomes.iter().map(|o| o.outcome).collect()
    }

    /// Asks about the last record, sending those from `first` on.
    pub(crate) async fn confirm_from(&self, first: u64) -> Answer {
        let request = ConfirmRequest {
            batch: self.batch(first..=self.log.len() as u64),
            cursor: None,
            manifest_version: 0,
        };
        self.post("/api/checkin/device/confirm", &request).await
    }

    /// Lets a guest in if the server agrees in time, as a gate does.
    pub(crate) async fn admit_confirmed(&mut self, code: &TicketCode) -> decision::Answer {
        let first = self.log.len() as u64 + 1;
        let seq = self.admit(code);
        let answer = self.confirm_from(first).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer: ConfirmAnswer = sync::decode(&answer.body).unwrap();
        if !answer.answer.is_admitted() {
            let withdrawal = self.withdraw(seq, answer.answer.clone());
            self.upload(withdrawal..=withdrawal).await;
        }
        answer.answer
    }

    /// Every page of the feed from a cursor on.
    pub(crate) async fn feed(&self, cursor: Option<(FeedGeneration, u64)>) -> Vec<FeedPage> {
        let (pages, _) = self.feed_and_size(cursor).await;
        pages
    }

    /// The same, and how many bytes it took.
    pub(crate) async fn feed_and_size(
        &self,
        cursor: Option<(FeedGeneration, u64)>,
    ) -> (Vec<FeedPage>, usize) {
        let query = cursor.map_or(String::new(), |(generation, position)| {
            format!("?generation={generation}&position={position}")
        });
        let path = format!("/api/checkin/device/events/{}/feed{query}", self.event);
        let answer = self.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        (pages(&answer.body), answer.body.len())
    }

    /// Passages of a ticket as the feed tells them.
    pub(crate) async fn passages(&self, serial: u64) -> Vec<Passage> {
        let entries = self.entries().await;
        let found = entries.into_iter().find(|e| e.serial.get() == serial);
        found.map_or(Vec::new(), |entry| entry.passages)
    }

    pub(crate) async fn entries(&self) -> Vec<FeedEntry> {
        let pages = self.feed(None).await;
        pages.into_iter().flat_map(|page| page.entries).collect()
    }

    pub(crate) fn cursor(&self, generation: FeedGeneration, position: u64) -> Cursor {
        Cursor {
            event: self.event,
            generation,
            position,
        }
    }
}

pub(crate) fn request(code: &EnrolmentCode, key: &SigningKey, name: &str) -> EnrolRequest {
    EnrolRequest {
        secret: code.secret.clone(),
        device_key: key.public_key(),
        proof: sign(key, Domain::Enrol, code.secret.as_bytes()),
        name: name.into(),
    }
}

/// Reads a feed body.
pub(crate) fn pages(body: &[u8]) -> Vec<FeedPage> {
    let mut bytes = &zstd::stream::decode_all(body).unwrap()[..];
    let mut pages = Vec::new();
    while let Some((length, rest)) = bytes.split_at_checked(4) {
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let (page, rest) = rest.split_at(length as usize);
        pages.push(sync::decode(page).unwrap());
        bytes = rest;
    }
    assert!(bytes.is_empty());
    pages
}
