//! Collections, unique constraints and indexes of a service, made at its start,
//! and the version of its documents. A database of a newer version than this
//! program is refused. Several instances may start at once. Documents get another form
//! by `migrations`, while the service runs.

use super::db::MongoDb;
use super::error::MongoError;
use super::migrations::Step;
use gateline_core::shared::StoreError;
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::IndexOptions;

/// MongoDB's code of a collection that is there already.
const NAMESPACE_EXISTS: i32 = 48;

/// What a service keeps.
pub(super) struct Schema {
    /// The service, as `--services` names it.
    pub(super) service: &'static str,
    /// Rises when documents get another form.
    pub(super) version: i32,
    pub(super) collections: &'static [Kept],
    /// How documents of an older form, which this version reads too, get the newer
    /// one. One that was released never changes.
    pub(super) steps: &'static [Step],
}

/// A collection.
pub(super) struct Kept {
    pub(super) name: &'static str,
    pub(super) indexes: &'static [Index],
}

/// An index, beside that of `_id`.
pub(super) struct Index {
    /// Ascending.
    pub(super) keys: &'static [&'static str],
    /// No two documents have the same.
    pub(super) unique: bool,
    /// Only documents in which this field is a number, if there is one.
    pub(super) only_where_set: Option<&'static str>,
}

impl Index {
    pub(super) const fn of(keys: &'static [&'static str]) -> Self {
        Self {
            keys,
            unique: false,
            only_where_set: None,
        }
    }

    pub(super) const fn unique(keys: &'static [&'static str]) -> Self {
        Self {
            keys,
            unique: true,
            only_where_set: None,
        }
    }

    /// Leaves documents out in which `field` is null. MongoDB uses it only for a query
    /// that says so too, with [`set`].
    pub(super) const fn where_set(mut self, field: &'static str) -> Self {
        self.only_where_set = Some(field);
        self
    }

    fn model(&self) -> IndexModel {
        let keys: Document = self
            .keys
            .iter()
            .map(|key| ((*key).to_owned(), Bson::Int32(1)))
            .collect();
        let filter = self.only_where_set.map(|field| doc! {field: set()});
        let mut options = IndexOptions::default();
        options.unique = self.unique.then_some(true);
        options.partial_filter_expression = filter;
        IndexModel::builder().keys(keys).options(options).build()
    }
}

/// Of a field: that it has a number, as it has in an index that is `where_set`.
pub(super) fn set() -> Document {
    doc! {"$type": "number"}
}

/// The same, up to this one.
pub(super) fn set_up_to(most: i64) -> Document {
    doc! {"$type": "number", "$lte": most}
}

/// What every service keeps beside its state.
const SHARED: &[Kept] = &[
    Kept {
        name: "outbox",
        indexes: &[Index::of(&["due_at", "_id"]), Index::of(&["committed_at"])],
    },
    Kept {
        name: "inbox",
        indexes: &[Index::of(&["event"])],
    },
    Kept {
        name: "answers",
        indexes: &[Index::of(&["at"])],
    },
    Kept {
        name: "leases",
        indexes: &[],
    },
    Kept {
        name: "schema_versions",
        indexes: &[],
    },
];

pub(super) async fn bring_up_to_date(db: &MongoDb, schema: &Schema) -> Result<(), StoreError> {
    for kept in SHARED.iter().chain(schema.collections) {
        make(db, kept).await?;
    }
    let versions = db.collection("schema_versions");
    let found = versions.find_one(doc! {"_id": schema.service}).await;
    let held = match found.map_err(MongoError::from)? {
        Some(document) => document.get_i32("version").unwrap_or(0),
        None => 0,
    };
    if held > schema.version {
        return Err(StoreError::Failed(format!(
            "the documents of {} are of version {held}, newer than this program's {}",
            schema.service, schema.version
        )));
    }
    // Where there was nothing, there is nothing of an older form.
    let steps = i64::try_from(schema.steps.len()).unwrap_or(i64::MAX);
    let update = doc! {"$max": {"version": schema.version}, "$setOnInsert": {"steps": steps}};
    let raised = versions
        .update_one(doc! {"_id": schema.service}, update)
        .upsert(true);
    raised.await.map_err(MongoError::from)?;
    Ok(())
}

async fn make(db: &MongoDb, kept: &Kept) -> Result<(), MongoError> {
    if let Err(error) = db.database.create_collection(kept.name).await {
        let is_there = matches!(&*error.kind,
            ErrorKind::Command(error) if error.code == NAMESPACE_EXISTS);
        if !is_there {
            return Err(error.into());
        }
    }
    for index in kept.indexes {
        db.collection(kept.name).create_index(index.model()).await?;
    }
    Ok(())
}
