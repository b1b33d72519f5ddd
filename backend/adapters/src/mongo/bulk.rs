//! Many changes in one message, and one change that says what came of it.

use super::db::Tx;
use super::error::MongoError;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{ErrorKind, WriteError, WriteFailure};
use mongodb::options::{ReturnDocument, UpdateModifications};

/// Changes of one message. It may have 16 MB.
const OF_ONE_MESSAGE: usize = 200;

/// A change of one document.
pub(super) struct Change {
    pub(super) filter: Document,
    pub(super) update: Document,
    /// Make it if it is not there.
    pub(super) or_make: bool,
}

impl Change {
    pub(super) const fn of(filter: Document, update: Document) -> Self {
        Self {
            filter,
            update,
            or_make: false,
        }
    }

    fn written(self) -> Document {
        doc! {"q": self.filter, "u": self.update, "upsert": self.or_make}
    }
}

impl Tx {
    /// Makes all of these changes; says how many documents they hit.
    pub(super) async fn update_each(
        &mut self,
        collection: &str,
        changes: Vec<Change>,
    ) -> Result<u64, MongoError> {
        let mut hit = 0;
        let mut changes = changes.into_iter().map(Change::written).peekable();
        while changes.peek().is_some() {
            let some: Vec<Document> = changes.by_ref().take(OF_ONE_MESSAGE).collect();
            let command = doc! {"update": collection, "updates": some};
            let said = self.database.run_command(command);
            hit += count_of(&said.session(&mut self.session).await?)?;
        }
        Ok(hit)
    }

    /// Changes one document and returns what it is now; `None` if none matched.
    pub(super) async fn change(
        &mut self,
        collection: &str,
        filter: Document,
        update: impl Into<UpdateModifications>,
    ) -> Result<Option<Document>, MongoError> {
        let collection = self.database.collection::<Document>(collection);
        let changed = collection
            .find_one_and_update(filter, update)
            .return_document(ReturnDocument::After)
            .session(&mut self.session);
        Ok(changed.await?)
    }
}

/// How many documents a command hit, unless one of its changes failed.
fn count_of(said: &Document) -> Result<u64, MongoError> {
    if let Ok(errors) = said.get_array("writeErrors")
        && let Some(Bson::Document(first)) = errors.first()
    {
        let error: WriteError = mongodb::bson::deserialize_from_document(first.clone())?;
        let failure = ErrorKind::Write(WriteFailure::WriteError(error));
        return Err(mongodb::error::Error::from(failure).into());
    }
    let hit = super::documents::number_of(said, "n")?;
    Ok(u64::try_from(hit).unwrap_or(0))
}
