//! What somebody finds who has a copy of the tickets' database and not the file of
//! the store's keys.

use crate::servers;
use futures::future::{join, join_all};
use gateline_adapters::mongo::{
    MongoDb, MongoTicketStore, check_store_key, reseal_tickets as reseal,
};
use gateline_adapters::seal::StoreKeys;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::bytes::{Hash, PublicKey};
use gateline_common::ids::{EventId, KeyId, OrgId};
use gateline_common::sync::{EventKey, KeyState};
use gateline_core::shared::{Commit, StoreError};
use gateline_core::tickets::{EventCopy, EventKeys, StoredKey, TicketStore};
use mongodb::bson::{Binary, Document, doc, spec::BinarySubtype};
use std::sync::Arc;
use uuid::Uuid;

const NOTHING: fn() -> Commit = Commit::nothing;
/// Told apart from all else.
const SEEDS: [[u8; 32]; 2] = [
    *b"the first seed of each event  ..",
    *b"the second seed of each event ..",
];

fn event(id: u32) -> EventCopy {
    EventCopy {
        event: EventId(id),
        org: OrgId(Uuid::from_u128(9)),
        version: 1,
        title: "Ball".to_owned(),
        timezone: "Europe/Vienna".to_owned(),
        starts_at: Timestamp(0),
        ends_at: Timestamp(1),
        place: "Hall".to_owned(),
        status: EventStatus::Published,
    }
}

fn keys(event: u32, version: u64) -> EventKeys {
    let key = |id, seed, state| StoredKey {
        public: EventKey {
            id: KeyId(id),
            key: PublicKey([id; 32]),
            state,
        },
        seed: Hash(seed),
        made_at: Timestamp(5),
    };
    EventKeys {
        event: EventId(event),
        keys: vec![
            key(1, SEEDS[0], KeyState::Current),
            key(2, SEEDS[1], KeyState::Next),
        ],
        version,
    }
}

fn old() -> StoreKeys {
    StoreKeys::new([1; 32], &[])
}

fn rotated() -> StoreKeys {
    StoreKeys::new([2; 32], &[[1; 32]])
}

fn with(db: &MongoDb, keys: StoreKeys) -> MongoTicketStore {
    MongoTicketStore(db.clone(), Arc::new(keys))
}

async fn add(store: &MongoTicketStore, id: u32) -> Result<(), StoreError> {
    let keys = keys(id, 1);
    store.note_event(&event(id), Some(&keys), &NOTHING()).await
}

/// Two events with keys, and the database beneath them.
async fn sealed() -> (MongoDb, mongodb::Database) {
    let (server, databases) = servers::mongo_and_its_databases().await;
    let db = MongoTicketStore::open(&server).await.unwrap();
    let store = with(&db, old());
    for id in [7, 8] {
        add(&store, id).await.unwrap();
    }
    store.save_keys(&keys(8, 2), 1, &NOTHING()).await.unwrap();
    (db, databases("tickets"))
}

async fn assert_held(db: &MongoDb, seals: StoreKeys) {
    let store = with(db, seals);
    assert_eq!(store.keys(EventId(7)).await, Ok(Some(keys(7, 1))));
    assert_eq!(store.keys(EventId(8)).await, Ok(Some(keys(8, 2))));
}

/// Everything in the database as it lies there.
async fn bytes(database: &mongodb::Database) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in database.list_collection_names().await.unwrap() {
        let all = database.collection::<Document>(&name).find(doc! {}).await;
        let mut all = all.unwrap();
        while all.advance().await.unwrap() {
            bytes.extend(all.current().as_bytes());
        }
    }
    bytes
}

fn is_in(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn the_database_holds_no_seed() {
    let (db, database) = sealed().await;
    assert_held(&db, old()).await;
    let bytes = bytes(&database).await;
    assert!(is_in(&bytes, b"Ball"), "the search finds what is there");
    for seed in SEEDS {
        let forms = [
            seed.to_vec(),
            Hash(seed).to_string().into_bytes(),
            hex::encode(seed).into_bytes(),
        ];
        for form in forms {
            // A part would do for guessing the rest.
            assert!(!is_in(&bytes, &form[..form.len() - 4]));
        }
    }
}

#[tokio::test]
async fn keys_of_another_installation_open_nothing_and_seal_nothing() {
    let (db, _) = sealed().await;
    let strange = || StoreKeys::new([3; 32], &[]);
    check_store_key(&db, &old()).await.unwrap();
    check_store_key(&db, &rotated()).await.unwrap();
    let refused = check_store_key(&db, &strange()).await.unwrap_err();
    assert!(refused.to_string().contains("store's keys"), "{refused}");
    let store = with(&db, strange());
    assert!(store.keys(EventId(7)).await.is_err());
    assert!(add(&store, 9).await.is_err());
    let saved = store.save_keys(&keys(7, 2), 1, &NOTHING()).await;
    assert!(saved.is_err());
    assert!(reseal(&db, &strange()).await.is_err());
    assert_eq!(store.event(EventId(9)).await, Ok(None));
    assert_held(&db, old()).await;
}

#[tokio::test]
async fn of_two_installations_that_begin_with_keys_of_their_own_one_is_refused() {
    let (server, _) = servers::mongo_and_its_databases().await;
    let db = MongoTicketStore::open(&server).await.unwrap();
    let (one, other) = (old(), StoreKeys::new([3; 32], &[]));
    let checked = join(check_store_key(&db, &one), check_store_key(&db, &other)).await;
    assert_ne!(checked.0.is_ok(), checked.1.is_ok(), "{checked:?}");
}

#[tokio::test]
async fn with_a_new_key_before_the_old_all_is_sealed_anew_and_the_old_can_go() {
    let (db, _) = sealed().await;
    assert_held(&db, rotated()).await;
    assert_eq!(reseal(&db, &rotated()).await, Ok(2));
    assert_eq!(reseal(&db, &rotated()).await, Ok(2));
    assert_held(&db, rotated().newest_alone()).await;
    assert!(check_store_key(&db, &old()).await.is_err());
    assert!(with(&db, old()).keys(EventId(7)).await.is_err());
}

#[tokio::test]
async fn a_seed_that_somebody_writes_or_moves_signs_nothing() {
    let (db, database) = sealed().await;
    let all = database.collection::<Document>("keys");
    let other = all.find_one(doc! {"_id": 8_i64}).await.unwrap().unwrap();
    let keys = other.get_document("doc").unwrap();
    let moved = keys.get_array("keys").unwrap()[0].as_document().unwrap();
    let bare = Binary {
        subtype: BinarySubtype::Generic,
        bytes: vec![9; 32],
    };
    for seed in [moved.get("seed").unwrap().clone(), bare.into()] {
        let change = doc! {"$set": {"doc.keys.0.seed": seed}};
        let written = all.update_one(doc! {"_id": 7_i64}, change).await.unwrap();
        assert_eq!(written.matched_count, 1);
        assert!(with(&db, old()).keys(EventId(7)).await.is_err());
        // Nor does it when all is sealed anew.
        assert!(reseal(&db, &rotated()).await.is_err());
    }
}

#[tokio::test]
async fn what_is_stored_while_all_is_sealed_anew_is_sealed_with_the_new_key_too() {
    let (db, _) = sealed().await;
    let behind = with(&db, old());
    let added = join_all((10..20).map(|id| add(&behind, id)));
    let (added, resealed) = join(added, reseal(&db, &rotated())).await;
    resealed.unwrap();
    let newest = with(&db, rotated().newest_alone());
    for (id, added) in (10..20).zip(added) {
        let held = newest.keys(EventId(id)).await;
        match added {
            Ok(()) => assert_eq!(held, Ok(Some(keys(id, 1)))),
            Err(refused) => assert_eq!(held, Ok(None), "{refused}"),
        }
    }
    assert!(add(&behind, 20).await.is_err());
    assert_held(&db, rotated().newest_alone()).await;
}
