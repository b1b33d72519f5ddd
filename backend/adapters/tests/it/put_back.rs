//! What gates are told by a distributed store that was put back to a copy, also
//! beneath instances that go on, and what a start of an instance changes.

use crate::servers;
use futures::TryStreamExt;
use gateline_adapters::mongo::{MongoCheckIn, MongoDb, reseal_checkin};
use gateline_adapters::seal::StoreKeys;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, FeedGeneration, OrgId, Serial};
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::ports::{EventWrite, FeedHead, LogWrite, TicketWrite};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::checkin::{CheckInStore, Organization};
use gateline_core::shared::Commit;
use mongodb::Database;
use mongodb::bson::{Document, doc};
use std::sync::Arc;
use uuid::Uuid;

const EVENT: EventId = EventId(7);
const ORG: OrgId = OrgId(Uuid::from_u128(1));

fn keys() -> StoreKeys {
    StoreKeys::new([7; 32], &[])
}

fn instance(db: &MongoDb) -> MongoCheckIn {
    MongoCheckIn::new(db.clone(), Arc::new(keys()))
}

/// A store of its own.
pub(crate) async fn open() -> (MongoCheckIn, ()) {
    let server = servers::mongo().await;
    (instance(&MongoCheckIn::open(&server).await.unwrap()), ())
}

/// Two instances over one store of their own.
pub(crate) async fn two_instances() -> [MongoCheckIn; 2] {
    let server = servers::mongo().await;
    let db = MongoCheckIn::open(&server).await.unwrap();
    [instance(&db), instance(&db)]
}

/// An event and an organization, and what lies beneath them.
async fn opened() -> (MongoDb, Database) {
    let (server, databases) = servers::mongo_and_its_databases().await;
    let db = MongoCheckIn::open(&server).await.unwrap();
    let store = instance(&db);
    let organization = Organization::new(ORG, [1; 32], Timestamp(5));
    store.add_organization(&organization).await.unwrap();
    let write = EventWrite {
        event: EventState::unknown(EVENT),
        rules: None,
        bump: None,
        generation: Some(FeedGeneration(Uuid::from_u128(1))),
    };
    store.save_event(&write, &Commit::nothing()).await.unwrap();
    (db, databases("checkin"))
}

async fn sell(store: &MongoCheckIn, serial: u64) {
    let key = TicketKey {
        event: EVENT,
        serial: Serial::truncate(serial),
    };
    let write = LogWrite {
        tickets: vec![TicketWrite {
            ticket: TicketState::unknown(key),
            moves: true,
            passages: false,
        }],
        ..LogWrite::default()
    };
    store.write_log(&write, &Commit::nothing()).await.unwrap();
}

async fn head(store: &MongoCheckIn) -> FeedHead {
    store.feed_head(EVENT).await.unwrap().unwrap()
}

async fn manifest(store: &MongoCheckIn) -> u64 {
    let (org, _, _) = store.manifest_source(ORG).await.unwrap().unwrap();
    org.manifest_version
}

/// All documents but the mark, which instances that go on write, by collection.
type Copy = Vec<(String, Vec<Document>)>;

async fn copied(database: &Database) -> Copy {
    let mut copy = Copy::new();
    let names = database.list_collection_names().await.unwrap();
    for name in names.into_iter().filter(|name| name != "marks") {
        let collection = database.collection::<Document>(&name);
        let all = collection.find(doc! {}).await.unwrap();
        let all = all.try_collect().await.unwrap();
        copy.push((name, all));
    }
    copy
}

async fn put_back(database: &Database, copy: &Copy) {
    for (name, documents) in copy {
        let collection = database.collection::<Document>(name);
        collection.delete_many(doc! {}).await.unwrap();
        if !documents.is_empty() {
            collection.insert_many(documents).await.unwrap();
        }
    }
}

/// As a copy is that was made a minute ago.
async fn aged(database: &Database) {
    let a_minute_ago = doc! {"$subtract": ["$$NOW", 60_000]};
    let marks = database.collection::<Document>("marks");
    let aged = marks.update_many(doc! {}, vec![doc! {"$set": {"at": a_minute_ago}}]);
    assert_eq!(aged.await.unwrap().modified_count, 1);
}

#[tokio::test]
async fn instances_that_start_and_end_beside_others_change_no_generation_and_no_manifest() {
    let (db, _) = opened().await;
    let store = instance(&db);
    sell(&store, 1).await;
    let (before, shown) = (head(&store).await, manifest(&store).await);
    for serial in 2..=4 {
        let another = instance(&db);
        sell(&another, serial).await;
        assert_eq!(head(&another).await.generation, before.generation);
        drop(another);
    }
    assert_eq!(manifest(&store).await, shown);
    assert_eq!(head(&store).await.position, 4);
}

#[tokio::test]
async fn a_store_that_was_put_back_beneath_its_instances_goes_on_with_a_new_history() {
    let (db, database) = opened().await;
    let stores = [instance(&db), instance(&db)];
    sell(&stores[0], 1).await;
    let copy = copied(&database).await;
    let kept = head(&stores[0]).await;
    sell(&stores[0], 2).await;
    let lost = head(&stores[1]).await;
    let shown = manifest(&stores[0]).await;
    assert_eq!(lost.generation, kept.generation);

    put_back(&database, &copy).await;
    aged(&database).await;
    sell(&stores[0], 3).await;
    let now = head(&stores[1]).await;
    assert_ne!(now.generation, lost.generation);
    assert_eq!(now.position, lost.position, "given out again, to another");
    let upto = stores[1].past_generation(EVENT, lost.generation).await;
    assert_eq!(
        upto.unwrap(),
        Some(kept.position),
        "what is lost is not in it"
    );
    assert!(manifest(&stores[1]).await > shown);
}

#[tokio::test]
async fn whoever_reads_first_finds_a_store_put_back_too_and_all_agree_on_one_history() {
    let (db, database) = opened().await;
    let first = instance(&db);
    sell(&first, 1).await;
    let before = head(&first).await;
    let shown = manifest(&first).await;
    drop(first);
    aged(&database).await;
    let stores: Vec<MongoCheckIn> = (0..4).map(|_| instance(&db)).collect();
    let heads = futures::future::join_all(stores.iter().map(head)).await;
    assert_ne!(heads[0].generation, before.generation);
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    let versions = futures::future::join_all(stores.iter().map(manifest)).await;
    assert!(versions[0] > shown);
    assert!(versions.iter().all(|version| *version == versions[0]));
    let past = stores[0].past_generation(EVENT, before.generation).await;
    assert_eq!(past.unwrap(), Some(before.position));
}

#[tokio::test]
async fn root_keys_are_sealed_anew_beneath_an_instance_and_the_old_key_can_go() {
    let (db, database) = opened().await;
    let rotated = keys().with_a_new_one();
    let sealed = || async {
        let organizations = database.collection::<Document>("organizations");
        let found = organizations.find_one(doc! {}).await.unwrap().unwrap();
        found.get("root_seed").cloned().unwrap()
    };
    let before = sealed().await;
    assert_eq!(reseal_checkin(&db, &rotated).await.unwrap(), 1);
    assert_ne!(sealed().await, before);
    let store = MongoCheckIn::new(db.clone(), Arc::new(rotated.newest_alone()));
    let organization = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(organization.root_seed, [1; 32]);
    assert!(instance(&db).organization(ORG).await.is_err());
}
