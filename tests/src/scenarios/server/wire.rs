//! A device on the wire: its key, its credential, and the sync protocol.

use super::house::{House, text};
use anyhow::{Context, ensure};
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::{
    self, CONTENT_TYPE, ConfirmAnswer, ConfirmRequest, EnrolAnswer, EnrolRequest, EnrolmentCode,
    FeedPage, Manifest, Message, Record, ScanBatch, SignedManifest, UploadAnswer, UploadRequest,
};
use gateline_common::{Hash, PublicKey};
use gateline_core::shared::random;
use serde_json::json;
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{self, Domain};

pub(super) struct Wire {
    pub(super) device: DeviceId,
    key: SigningKey,
    root_key: PublicKey,
    credential: String,
}

impl Wire {
    /// Enrols with a fresh code of the organizer.
    pub(super) fn enrol(house: &House, name: &str) -> anyhow::Result<Self> {
        let wanted = json!({"org": house.org, "name": name});
        let made = house.json(house.post("/api/checkin/enrolment-codes").json(&wanted))?;
        let code: EnrolmentCode = text(&made["code"])?.parse()?;
        let key = SigningKey::from_seed(random::bytes());
        let request = EnrolRequest {
            device_key: key.public_key(),
            proof: detached::sign(&key, Domain::Enrol, code.secret.as_bytes()),
            secret: code.secret,
            name: name.into(),
        };
        let request = house
            .http
            .post(format!("{}/api/checkin/enrol", house.url))
            .json(&request);
        let answer: EnrolAnswer = serde_json::from_slice(&house.good(request)?)?;
        Ok(Self {
            device: answer.device,
            key,
            root_key: code.root_key,
            credential: answer.credential,
        })
    }

    /// Uploads; the answer's receipt is checked.
    pub(super) fn upload(
        &self,
        house: &House,
        records: &[(u64, Vec<u8>)],
    ) -> anyhow::Result<UploadAnswer> {
        let request = UploadRequest {
            batch: self.batch(records),
            cursors: Vec::new(),
            manifest_version: 0,
        };
        let body = self.framed(house, "/api/checkin/device/scans", &request)?;
        let answer: UploadAnswer = sync::decode(&body)?;
        if let Some(signed) = &answer.receipt {
            let bytes = signed.receipt.to_signed_bytes();
            let genuine =
                detached::verify(&self.root_key, Domain::Receipt, &bytes, &signed.signature);
            ensure!(genuine, "the receipt is not signed with the root key");
        }
        Ok(answer)
    }

    /// Asks about the last of these records.
    pub(super) fn confirm(
        &self,
        house: &House,
        records: &[(u64, Vec<u8>)],
    ) -> anyhow::Result<ConfirmAnswer> {
        let request = ConfirmRequest {
            batch: self.batch(records).context("nothing to ask about")?,
            cursor: None,
            manifest_version: 0,
        };
        let body = self.framed(house, "/api/checkin/device/confirm", &request)?;
        Ok(sync::decode(&body)?)
    }

    /// The manifest, its signature checked; nothing for a revoked device.
    pub(super) fn manifest(&self, house: &House) -> anyhow::Result<Option<Manifest>> {
        let Some(body) = self.told(house, "/api/checkin/device/manifest")? else {
            return Ok(None);
        };
        let signed: SignedManifest = serde_json::from_slice(&body)?;
        let (bytes, signature) = (signed.manifest.as_bytes(), &signed.signature);
        let genuine = detached::verify(&self.root_key, Domain::Manifest, bytes, signature);
        ensure!(genuine, "the manifest is not signed with the root key");
        Ok(Some(serde_json::from_str(&signed.manifest)?))
    }

    /// The whole list; nothing for a revoked device.
    pub(super) fn feed(
        &self,
        house: &House,
        event: EventId,
    ) -> anyhow::Result<Option<Vec<FeedPage>>> {
        let path = format!("/api/checkin/device/events/{event}/feed");
        let body = self.told(house, &path)?;
        body.map(|body| pages(&body)).transpose()
    }

    fn told(&self, house: &House, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let request = house.http.get(format!("{}{path}", house.url));
        let (status, body) = house.answer(request.bearer_auth(&self.credential))?;
        let told = String::from_utf8_lossy(&body);
        if status == 403 && told.contains("device_revoked") {
            return Ok(None);
        }
        ensure!(status == 200, "{status}: {told}");
        Ok(Some(body))
    }

    fn framed<M: Message>(
        &self,
        house: &House,
        path: &str,
        message: &M,
    ) -> anyhow::Result<Vec<u8>> {
        let request = house.http.post(format!("{}{path}", house.url));
        let request = request.bearer_auth(&self.credential);
        let request = request.header("content-type", CONTENT_TYPE);
        house.good(request.body(sync::encode(message)?))
    }

    fn batch(&self, records: &[(u64, Vec<u8>)]) -> Option<ScanBatch> {
        let (first, _) = records.first()?;
        let (last, bytes) = records.last()?;
        let hash: Hash = Record::hash(bytes);
        let head = ScanBatch::head(self.device, *first, *last, hash);
        Some(ScanBatch {
            device: self.device,
            first_seq: *first,
            records: records.iter().map(|(_, bytes)| bytes.clone()).collect(),
            signature: detached::sign(&self.key, Domain::Batch, &head),
        })
    }
}

/// Reads a feed's body.
fn pages(body: &[u8]) -> anyhow::Result<Vec<FeedPage>> {
    let whole = zstd::stream::decode_all(body)?;
    let mut rest = &whole[..];
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (length, behind) = rest.split_at_checked(4).context("a length is cut")?;
        let length = usize::try_from(u32::from_be_bytes(length.try_into()?))?;
        let (page, behind) = behind.split_at_checked(length).context("a page is cut")?;
        pages.push(sync::decode(page)?);
        rest = behind;
    }
    Ok(pages)
}
