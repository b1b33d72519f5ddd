//! Copies what the services keep in MongoDB into tables like those of the embedded
//! store, so that one checker reads both.
//!
//! Always: documents are taken as they lie there, with no code of the product.

use crate::world::Folders;
use anyhow::{Context, Result};
use futures::TryStreamExt;
use gateline_tests::system::{Engines, SERVICES};
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use rusqlite::Connection;
use rusqlite::types::Value;

const TABLES: &str = "
    CREATE TABLE outbox (id BLOB);
    CREATE TABLE orders_orders (id BLOB PRIMARY KEY, status TEXT, document TEXT);
    CREATE TABLE orders_stock (ticket_type INTEGER, most INTEGER, held INTEGER, sold INTEGER);
    CREATE TABLE orders_prices (ticket_type INTEGER, price TEXT);
    CREATE TABLE events_prices (ticket_type INTEGER, price TEXT);
    CREATE TABLE pricing_types (event INTEGER, ticket_type INTEGER, doc TEXT);
    CREATE TABLE pricing_history (ticket_type INTEGER);
    CREATE TABLE payments_payments (id BLOB PRIMARY KEY, status TEXT, document TEXT);
    CREATE TABLE payments_refunds (id BLOB PRIMARY KEY, document TEXT);
    CREATE TABLE payments_test_charges (reference TEXT, order_id BLOB, document TEXT);
    CREATE TABLE payments_test_refunds (reference TEXT, minor INTEGER);
    CREATE TABLE payments_test_notices (attempts INTEGER);
    CREATE TABLE tickets_tickets (event INTEGER, serial INTEGER, place INTEGER, doc TEXT);
    CREATE INDEX tickets_by_serial ON tickets_tickets (event, serial);
    CREATE TABLE checkin_tickets (doc TEXT);
    CREATE TABLE checkin_devices (device BLOB PRIMARY KEY, doc TEXT);
    CREATE TABLE checkin_records (device BLOB, seq INTEGER, hash BLOB, bytes BLOB);
    CREATE INDEX records_by_device ON checkin_records (device, seq);
";

/// Where a table's rows come from: service, collection, table, and a field for each
/// column.
type Source = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const SOURCES: &[Source] = &[
    (
        "orders",
        "orders",
        "orders_orders",
        &["_id", "doc.status", "doc"],
    ),
    (
        "orders",
        "stock",
        "orders_stock",
        &["ticket_type", "limit", "held", "sold"],
    ),
    (
        "orders",
        "prices",
        "orders_prices",
        &["ticket_type", "price"],
    ),
    (
        "events",
        "prices",
        "events_prices",
        &["ticket_type", "price"],
    ),
    (
        "pricing",
        "types",
        "pricing_types",
        &["event", "ticket_type", "doc"],
    ),
    ("pricing", "history", "pricing_history", &["ticket_type"]),
    (
        "payments",
        "payments",
        "payments_payments",
        &["_id", "status", "doc"],
    ),
    ("payments", "refunds", "payments_refunds", &["_id", "doc"]),
    (
        "payments",
        "test_charges",
        "payments_test_charges",
        &["_id", "order", "doc"],
    ),
    (
        "payments",
        "test_refunds",
        "payments_test_refunds",
        &["reference", "minor"],
    ),
    (
        "payments",
        "test_notices",
        "payments_test_notices",
        &["attempts"],
    ),
    (
        "tickets",
        "tickets",
        "tickets_tickets",
        &["event", "serial", "place", "doc"],
    ),
    ("checkin", "tickets", "checkin_tickets", &["doc"]),
    ("checkin", "devices", "checkin_devices", &["_id", "doc"]),
];

/// Copies everything; what was copied before is thrown away.
///
/// # Errors
/// When MongoDB does not answer, or a document has not the form that is expected.
pub(super) async fn harvest(engines: &Engines, folders: &Folders) -> Result<()> {
    let client = Client::with_uri_str(&engines.mongodb).await?;
    let mut tables = Connection::open_in_memory()?;
    tables.execute_batch(TABLES)?;
    let copying = tables.transaction()?;
    for (service, collection, table, fields) in SOURCES {
        for document in all(&client, engines, service, collection).await? {
            let row = fields.iter().map(|field| value(field, &document));
            let row: Vec<Value> = row
                .collect::<Result<_>>()
                .with_context(|| format!("{service}.{collection}"))?;
            insert(&copying, table, row)?;
        }
    }
    for document in all(&client, engines, "checkin", "records").await? {
        insert(&copying, "checkin_records", record(&document)?)?;
    }
    for service in SERVICES {
        for event in all(&client, engines, service, "outbox").await? {
            insert(&copying, "outbox", vec![value("_id", &event)?])?;
        }
    }
    copying.commit()?;
    keep(&tables, folders)
}

/// Puts the tables where the checker looks for the server's store.
fn keep(tables: &Connection, folders: &Folders) -> Result<()> {
    let folder = folders.backend();
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("gateline.db");
    if file.exists() {
        std::fs::remove_file(&file)?;
    }
    tables.execute("VACUUM INTO ?1", [file.to_string_lossy()])?;
    Ok(())
}

async fn all(
    client: &Client,
    engines: &Engines,
    service: &str,
    collection: &str,
) -> Result<Vec<Document>> {
    let database = client.database(&format!("{}_{service}", engines.prefix));
    let documents = database.collection::<Document>(collection);
    Ok(documents.find(doc! {}).await?.try_collect().await?)
}

fn insert(tables: &Connection, table: &str, row: Vec<Value>) -> Result<()> {
    let places = vec!["?"; row.len()].join(", ");
    let sql = format!("INSERT INTO {table} VALUES ({places})");
    let mut statement = tables.prepare_cached(&sql)?;
    statement.execute(rusqlite::params_from_iter(row))?;
    Ok(())
}

/// The column for this field: `a.b` is the field `b` of the document `a`.
fn value(field: &str, document: &Document) -> Result<Value> {
    let found = match field.split_once('.') {
        Some((outer, inner)) => document
            .get_document(outer)
            .ok()
            .and_then(|it| it.get(inner)),
        None => document.get(field),
    };
    Ok(
        match found.with_context(|| format!("there is no {field}"))? {
            Bson::Null => Value::Null,
            Bson::Int32(number) => Value::Integer(i64::from(*number)),
            Bson::Int64(number) => Value::Integer(*number),
            Bson::String(text) => Value::Text(text.clone()),
            Bson::Binary(binary) => Value::Blob(binary.bytes.clone()),
            other => Value::Text(serde_json::to_string(other)?),
        },
    )
}

/// The key of a record is its device, its number and its hash, one after the other.
fn record(document: &Document) -> Result<Vec<Value>> {
    let Value::Blob(key) = value("_id", document)? else {
        anyhow::bail!("the key of a record is not bytes");
    };
    let (device, rest) = key.split_at_checked(16).context("a device")?;
    let (seq, hash) = rest.split_first_chunk::<8>().context("a number")?;
    Ok(vec![
        Value::Blob(device.to_vec()),
        Value::Integer(i64::try_from(u64::from_be_bytes(*seq))?),
        Value::Blob(hash.to_vec()),
        value("bytes", document)?,
    ])
}
