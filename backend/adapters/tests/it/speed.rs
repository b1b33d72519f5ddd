use crate::put_back;
use gateline_common::bytes::Hash;
use gateline_common::ids::*;
use gateline_common::*;
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::figures::*;
use gateline_core::checkin::log::*;
use gateline_core::checkin::ports::*;
use gateline_core::checkin::ticket::*;
use gateline_core::checkin::*;
use gateline_core::shared::Commit;
use std::time::Instant;
use uuid::Uuid;

async fn prepare(store: &impl CheckInStore, devices: u8) {
    let org = OrgId(Uuid::from_u128(1));
    store
        .add_organization(&Organization::new(org, [1; 32], Timestamp(5)))
        .await
        .unwrap();
    store
        .save_event(
            &EventWrite {
                event: EventState::unknown(EventId(7)),
                rules: None,
                bump: None,
                generation: Some(FeedGeneration(Uuid::from_u128(1))),
            },
            &Commit::nothing(),
        )
        .await
        .unwrap();
    for n in 1..=devices {
        let made_by = UserId(Uuid::nil());
        store
            .add_enrolment(&Enrolment {
                secret: Hash([n; 32]),
                org,
                name: None,
                made_by,
                expires_at: Timestamp(9),
            })
            .await
            .unwrap();
        let device = Device {
            device: DeviceId(Uuid::from_u128(n as u128)),
            org,
            name: "n".into(),
            key: PublicKey([1; 32]),
            credential: Hash([n; 32]),
            enrolled_at: Timestamp(1),
            enrolled_by: made_by,
            revoked_at: None,
            accepted_at: None,
        };
        store
            .enrol(
                Hash([n; 32]),
                &device,
                ManifestBump {
                    org,
                    at: Timestamp(1),
                },
                &Commit::nothing(),
            )
            .await
            .unwrap();
    }
}

async fn upload(store: &impl CheckInStore, n: u8, round: u64) {
    let device = DeviceId(Uuid::from_u128(n as u128));
    let first = round * 400 + 1;
    let seqs = first..first + 400;
    let keys: Vec<TicketKey> = seqs
        .clone()
        .map(|s| TicketKey {
            event: EventId(7),
            serial: Serial::truncate((n as u64) * 1_000_000 + s),
        })
        .collect();
    let view = store
        .log(&LogQuery {
            device,
            first,
            last: first + 399,
            targets: vec![],
            tickets: keys.clone(),
        })
        .await
        .unwrap();
    let records: Vec<StoredRecord> = seqs
        .clone()
        .zip(&keys)
        .map(|(seq, key)| StoredRecord {
            device,
            seq,
            hash: Hash([seq as u8; 32]),
            bytes: vec![7; 180],
            quarantine: None,
            ticket: Some(*key),
            target: None,
            at: Timestamp(1),
            not_before: None,
            received_at: Timestamp(2),
            confirmed: None,
            pending: false,
        })
        .collect();
    let mut deltas = Deltas::default();
    deltas.add(EventId(7), Figure::Entered, 400);
    let mut head = view.head;
    head.unbroken = first + 399;
    head.highest = head.unbroken;
    head.last_scan = head.unbroken;
    let tickets = keys
        .iter()
        .map(|k| {
            let t = view
                .tickets
                .iter()
                .find(|(t, _)| t.key == *k)
                .map(|(t, _)| t.clone());
            TicketWrite {
                ticket: t.unwrap_or_else(|| TicketState::unknown(*k)),
                moves: true,
                passages: true,
            }
        })
        .collect();
    let write = LogWrite {
        head: Some((device, head)),
        records,
        batch: Some(StoredBatch {
            device,
            first_seq: first,
            last_seq: first + 399,
            last_hash: Hash([1; 32]),
            signature: Signature([2; 64]),
            received_at: Timestamp(2),
            receipt: Signature([3; 64]),
        }),
        amended: vec![],
        tickets,
        deltas,
        guard: None,
    };
    store.write_log(&write, &Commit::nothing()).await.unwrap();
}

async fn measure(store: &impl CheckInStore, what: &str) {
    prepare(store, 8).await;
    // The tickets are there before, as they are on sale.
    for n in 1..=8u8 {
        for r in 0..5u64 {
            let keys = (r * 400 + 1..r * 400 + 401).map(|s| TicketWrite {
                ticket: TicketState::unknown(TicketKey {
                    event: EventId(7),
                    serial: Serial::truncate((n as u64) * 1_000_000 + s),
                }),
                moves: true,
                passages: false,
            });
            let t = Instant::now();
            store
                .write_log(
                    &LogWrite {
                        tickets: keys.collect(),
                        ..LogWrite::default()
                    },
                    &Commit::nothing(),
                )
                .await
                .unwrap();
            if n == 1 {
                eprintln!("{what}: 400 new tickets {:?}", t.elapsed());
            }
        }
    }
    let t = Instant::now();
    for r in 0..5 {
        let s = Instant::now();
        upload(store, 1, r).await;
        eprintln!("{what}: one upload {:?}", s.elapsed());
    }
    eprintln!(
        "{what}: alone {:.0} records/s",
        2000.0 / t.elapsed().as_secs_f64()
    );
    let t = Instant::now();
    futures::future::join_all((2..=8u8).map(|n| async move {
        for r in 0..5 {
            upload(store, n, r).await;
        }
    }))
    .await;
    eprintln!(
        "{what}: seven gates at once {:.0} records/s",
        14000.0 / t.elapsed().as_secs_f64()
    );
    let t = Instant::now();
    let mut at = 0;
    let mut n = 0;
    loop {
        let run = store.feed(EventId(7), at, 2000).await.unwrap().unwrap();
        n += run.tickets.len();
        match run.tickets.last() {
            Some((p, _)) => at = *p,
            None => break,
        }
    }
    eprintln!("{what}: feed {n} tickets {:?}", t.elapsed());
    let t = Instant::now();
    let found = std::sync::Arc::new(std::sync::Mutex::new(0));
    let f = found.clone();
    store
        .look(
            EventId(7),
            Box::new(move |s| {
                let mut c = 0;
                s.tickets(Which::Scanned, &mut |_, r| c += r.len())?;
                *f.lock().unwrap() = c;
                Ok(())
            }),
        )
        .await
        .unwrap();
    eprintln!(
        "{what}: look at {} records {:?}",
        found.lock().unwrap(),
        t.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn speed_mongo() {
    let (s, ()) = put_back::open().await;
    measure(&s, "mongo").await;
}
#[tokio::test(flavor = "multi_thread")]
async fn speed_sqlite() {
    let d = tempfile::tempdir().unwrap();
    let s = gateline_adapters::sqlite::SqliteCheckIn(
        gateline_adapters::sqlite::Db::open(&d.path().join("x.db")).unwrap(),
    );
    measure(&s, "sqlite").await;
}
