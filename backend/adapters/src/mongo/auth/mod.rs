//! Users, organizations and sessions.

mod organizations;
mod users;

use super::commit;
use super::db::{MongoDb, MongoServer, Tx};
use super::documents::{id, id_of, number_of};
use super::error::MongoError;
use super::schema::{Index, Kept, Schema};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{OrgId, SessionId, UserId};
use gateline_core::auth::{
    AuthStore, Email, Organization, OtherSessions, Session, Stored, User, UserFilter,
};
use gateline_core::shared::{Commit, Page, PageRequest, StoreError};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

const SCHEMA: Schema = Schema {
    service: "auth",
    version: 1,
    collections: &[
        Kept {
            name: "users",
            indexes: &[Index::unique(&["email"])],
        },
        Kept {
            name: "organizations",
            indexes: &[],
        },
        Kept {
            name: "sessions",
            indexes: &[Index::of(&["user"]), Index::of(&["expires_at"])],
        },
    ],
    steps: &[],
};

/// Accounts.
pub struct MongoAuthStore(pub MongoDb);

impl MongoAuthStore {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }
}

#[async_trait]
impl AuthStore for MongoAuthStore {
    async fn create_user(
        &self,
        user: &User,
        session: &Session,
        commit: &Commit,
    ) -> Result<Stored, StoreError> {
        transact!(self.0, |tx| {
            if users::email_taken(&mut tx, user).await? {
                return Ok(Stored::EmailTaken);
            }
            commit::apply(&mut tx, commit).await?;
            users::insert(&mut tx, user).await?;
            insert_session(&mut tx, session).await?;
            Ok(Stored::Yes)
        })
    }

    async fn save_user(
        &self,
        user: &User,
        others: OtherSessions,
        commit: &Commit,
    ) -> Result<Stored, StoreError> {
        transact!(self.0, |tx| {
            if users::email_taken(&mut tx, user).await? {
                return Ok(Stored::EmailTaken);
            }
            commit::apply(&mut tx, commit).await?;
            users::update(&mut tx, user).await?;
            if let OtherSessions::EndAllBut(kept) = others {
                let others = doc! {"user": id(user.id.0), "_id": {"$ne": id(kept.0)}};
                tx.delete("sessions", others).await?;
            }
            Ok(Stored::Yes)
        })
    }

    async fn user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        Ok(users::one(&self.0, doc! {"_id": id(user.0)}).await?)
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        Ok(users::one(&self.0, doc! {"email": email.as_str()}).await?)
    }

    async fn users_of(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let ids: Vec<Bson> = ids.iter().map(|user| id(user.0)).collect();
        let filter = doc! {"_id": {"$in": ids}};
        Ok(users::list(&self.0, filter, FindOptions::default()).await?)
    }

    async fn users(
        &self,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, StoreError> {
        Ok(users::page(&self.0, filter, page).await?)
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        transact!(self.0, |tx| { insert_session(&mut tx, session).await })
    }

    async fn session(&self, session: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let found = self.0.find_one("sessions", doc! {"_id": id(session.0)});
        let Some(document) = found.await? else {
            return Ok(None);
        };
        let session = read_session(session, &document)?;
        let user = self.user(session.user).await?;
        Ok(user.map(|user| (session, user)))
    }

    async fn end_session(&self, session: SessionId) -> Result<(), StoreError> {
        let sessions = self.0.collection("sessions");
        let ended = sessions.delete_one(doc! {"_id": id(session.0)}).await;
        ended.map_err(MongoError::from)?;
        Ok(())
    }

    async fn forget_expired_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sessions = self.0.collection("sessions");
        let over = sessions.delete_many(doc! {"expires_at": {"$lt": now.0}});
        Ok(over.await.map_err(MongoError::from)?.deleted_count)
    }

    async fn create_organization(
        &self,
        organization: &Organization,
        organizer: &User,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            organizations::insert(&mut tx, organization).await?;
            users::update(&mut tx, organizer).await
        })
    }

    async fn save_organization(
        &self,
        organization: &Organization,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            organizations::update(&mut tx, organization).await
        })
    }

    async fn save_membership(
        &self,
        organization: &Organization,
        member: &User,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            organizations::update(&mut tx, organization).await?;
            users::update(&mut tx, member).await
        })
    }

    async fn organization(&self, org: OrgId) -> Result<Option<Organization>, StoreError> {
        Ok(organizations::one(&self.0, org).await?)
    }

    async fn organizations(
        &self,
        only: Option<&[OrgId]>,
        page: &PageRequest,
    ) -> Result<Page<Organization>, StoreError> {
        Ok(organizations::page(&self.0, only, page).await?)
    }
}

async fn insert_session(tx: &mut Tx, session: &Session) -> Result<(), MongoError> {
    let document = doc! {
        "_id": id(session.id.0),
        "user": id(session.user.0),
        "expires_at": session.expires_at.0,
    };
    tx.insert("sessions", document).await
}

fn read_session(session: SessionId, document: &Document) -> Result<Session, MongoError> {
    Ok(Session {
        id: session,
        user: UserId(id_of(document, "user")?),
        expires_at: Timestamp(number_of(document, "expires_at")?),
    })
}
