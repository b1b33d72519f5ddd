//! Documents of an older form, which get the newer one beneath a service that runs.

use crate::servers;
use gateline_adapters::mongo::{MongoMigrations, MongoPaymentStore, MongoTicketStore};
use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};

/// As the program before wrote what it knew of an order.
fn older(n: i32) -> Document {
    let buyer = doc! {"user": "u", "email": format!("guest{n}@example.org"), "name": "Zoë"};
    doc! {"_id": n, "version": 1_i64, "doc": {"order": "o", "buyer": buyer}}
}

fn orders(database: &Database) -> Collection<Document> {
    database.collection("orders")
}

async fn named(database: &Database) -> u64 {
    let named = doc! {"$or": [{"doc.buyer.email": {"$ne": ""}}, {"doc.buyer.name": {"$ne": ""}}]};
    orders(database).count_documents(named).await.unwrap()
}

async fn recorded(database: &Database, service: &str) -> i64 {
    let versions = database.collection::<Document>("schema_versions");
    let found = versions.find_one(doc! {"_id": service}).await.unwrap();
    found.unwrap().get_i64("steps").unwrap_or(0)
}

/// As the program before left the database.
async fn not_migrated(database: &Database, service: &str) {
    let versions = database.collection::<Document>("schema_versions");
    let steps = doc! {"$unset": {"steps": ""}};
    versions
        .update_one(doc! {"_id": service}, steps)
        .await
        .unwrap();
}

#[tokio::test]
async fn documents_are_changed_until_no_older_ones_come_and_then_never_again() {
    let (server, databases) = servers::mongo_and_its_databases().await;
    let db = MongoTicketStore::open(&server).await.unwrap();
    let database = databases("tickets");
    not_migrated(&database, "tickets").await;
    orders(&database)
        .insert_many([older(1), older(2)])
        .await
        .unwrap();
    let migrations = MongoMigrations(db);
    assert!(!migrations.pass(false).await.unwrap());
    assert_eq!(named(&database).await, 0);
    assert_eq!(
        recorded(&database, "tickets").await,
        0,
        "older ones may still come"
    );
    // An instance of the program before is still there.
    orders(&database).insert_one(older(3)).await.unwrap();
    assert!(!migrations.pass(true).await.unwrap());
    assert_eq!(named(&database).await, 0);
    assert!(migrations.pass(true).await.unwrap());
    assert_eq!(recorded(&database, "tickets").await, 1);
    orders(&database).insert_one(older(4)).await.unwrap();
    assert!(migrations.pass(false).await.unwrap());
    assert_eq!(
        named(&database).await,
        1,
        "what was recorded does not run again"
    );
    let kept = orders(&database)
        .find_one(doc! {"_id": 1})
        .await
        .unwrap()
        .unwrap();
    let kept = kept.get_document("doc").unwrap();
    assert_eq!(kept.get_str("order").unwrap(), "o");
    let buyer = kept.get_document("buyer").unwrap();
    assert_eq!(buyer.get_str("user").unwrap(), "u");
}

#[tokio::test]
async fn a_new_database_has_nothing_of_an_older_form_and_two_instances_may_change_it_at_once() {
    let (server, databases) = servers::mongo_and_its_databases().await;
    let db = MongoPaymentStore::open(&server).await.unwrap();
    let database = databases("payments");
    assert_eq!(recorded(&database, "payments").await, 1);
    assert!(MongoMigrations(db.clone()).pass(false).await.unwrap());
    not_migrated(&database, "payments").await;
    // A start of an instance records nothing that was not done.
    let other = MongoPaymentStore::open(&server).await.unwrap();
    assert_eq!(recorded(&database, "payments").await, 0);
    orders(&database)
        .insert_many((0..50).map(older))
        .await
        .unwrap();
    let closed = doc! {"_id": 50, "closed": 7_i64};
    orders(&database).insert_one(closed).await.unwrap();
    let both = [MongoMigrations(db), MongoMigrations(other)];
    let passes = both.iter().map(|migrations| migrations.pass(false));
    for pass in futures::future::join_all(passes).await {
        assert!(!pass.unwrap());
    }
    let without = doc! {"doc.buyer.email": ""};
    assert_eq!(
        orders(&database).count_documents(without).await.unwrap(),
        50
    );
    for migrations in &both {
        assert!(migrations.pass(true).await.unwrap());
    }
    assert_eq!(recorded(&database, "payments").await, 1);
}
