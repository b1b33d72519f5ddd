//! What check-in publishes of uploads, as the outbox of the embedded store has it.

use gateline_adapters::sqlite::{Db, SqliteCheckIn, SqliteOutbox};
use gateline_common::bus::BusEvent;
use gateline_common::ids::{DeviceId, OrgId, UserId};
use gateline_common::sync::{ClockReading, Record, RecordBody, ScanBatch, UploadRequest};
use gateline_common::{Hash, Timestamp};
use gateline_core::checkin::ports::ManifestBump;
use gateline_core::checkin::{CheckIn, CheckInStore, Device, Enrolment, Organization, Settings};
use gateline_core::shared::{Commit, Outbox, SystemClock};
use std::collections::HashSet;
use std::sync::Arc;
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{self, Domain};
use uuid::Uuid;

const ORG: OrgId = OrgId(Uuid::from_u128(1));
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));

fn key() -> SigningKey {
    SigningKey::from_seed([5; 32])
}

async fn enrolled(store: &SqliteCheckIn) -> Device {
    let organization = Organization::new(ORG, [1; 32], Timestamp(5));
    store.add_organization(&organization).await.unwrap();
    let made_by = UserId(Uuid::nil());
    let code = Enrolment {
        secret: Hash([1; 32]),
        org: ORG,
        name: None,
        made_by,
        expires_at: Timestamp(99),
    };
    store.add_enrolment(&code).await.unwrap();
    let device = Device {
        device: DEVICE,
        org: ORG,
        name: "Tablet".into(),
        key: key().public_key(),
        credential: Hash([2; 32]),
        enrolled_at: Timestamp(10),
        enrolled_by: made_by,
        revoked_at: None,
        accepted_at: None,
    };
    let (at, nothing) = (Timestamp(10), Commit::nothing());
    let bump = ManifestBump { org: ORG, at };
    let enrolled = store.enrol(code.secret, &device, bump, &nothing);
    enrolled.await.unwrap();
    device
}

/// So many records, of no matter what.
fn log(count: u64) -> Vec<Vec<u8>> {
    let mut previous = Hash::ZERO;
    let records = (1..=count).map(|seq| {
        let record = Record {
            device: DEVICE,
            seq,
            previous,
            at: Timestamp(1_000),
            clock: ClockReading::UNKNOWN,
            body: RecordBody::Undo { seq: 1 },
        };
        let bytes = record.to_bytes().unwrap();
        previous = Record::hash(&bytes);
        bytes
    });
    records.collect()
}

fn request(log: &[Vec<u8>], first: u64, last: u64) -> UploadRequest {
    let at = |seq: u64| usize::try_from(seq).unwrap();
    let records = log[at(first) - 1..at(last)].to_vec();
    let head = ScanBatch::head(DEVICE, first, last, Record::hash(&log[at(last) - 1]));
    UploadRequest {
        batch: Some(ScanBatch {
            device: DEVICE,
            first_seq: first,
            records,
            signature: detached::sign(&key(), Domain::Batch, &head),
        }),
        cursors: Vec::new(),
        manifest_version: 0,
    }
}

#[tokio::test]
async fn an_upload_is_told_once_with_what_was_new_in_it_and_never_when_nothing_was() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    let store = SqliteCheckIn(db.clone());
    let device = enrolled(&store).await;
    let settings = Settings {
        public_url: "http://localhost".into(),
        certificate: None,
    };
    let service = CheckIn::new(Arc::new(store), Arc::new(SystemClock), settings);
    let log = log(600);
    for (first, last) in [(1, 400), (301, 600), (1, 400), (301, 600)] {
        let answer = service.upload(&device, request(&log, first, last)).await;
        assert!(answer.unwrap().receipt.is_some());
    }
    let due = SqliteOutbox(db)
        .due(Timestamp(i64::MAX), 100, &HashSet::new())
        .await
        .unwrap();
    let told: Vec<_> = due
        .iter()
        .map(|entry| match &entry.envelope.body {
            BusEvent::ScanRecorded(facts) => (
                entry.envelope.version,
                facts.first_seq,
                facts.last_seq,
                facts.records,
            ),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(1, 1, 400, 400), (2, 401, 600, 200)]);
}
