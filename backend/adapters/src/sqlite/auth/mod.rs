//! Users, organizations and sessions of the embedded store.

mod organizations;
mod users;

use super::commit;
use super::db::{Db, DbError};
use super::migrate::Component;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{OrgId, SessionId, UserId};
use gateline_core::auth::{
    AuthStore, Email, Organization, OtherSessions, Session, Stored, User, UserFilter,
};
use gateline_core::shared::{Commit, Page, PageRequest, StoreError};
use rusqlite::{Connection, OptionalExtension};

pub(super) const SCHEMA: Component = Component {
    name: "auth",
    steps: &["
        CREATE TABLE auth_users (
            id BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            email TEXT NOT NULL UNIQUE,
            search TEXT NOT NULL,
            document TEXT NOT NULL) STRICT;
        CREATE TABLE auth_organizations (
            id BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            document TEXT NOT NULL) STRICT;
        CREATE TABLE auth_sessions (
            id BLOB PRIMARY KEY,
            user BLOB NOT NULL,
            expires_at INTEGER NOT NULL) STRICT;
        CREATE INDEX auth_sessions_user ON auth_sessions (user);
        CREATE INDEX auth_sessions_expiry ON auth_sessions (expires_at);
    "],
};

/// Sessions that ended since a backup would go on after it is restored.
pub(super) const AT_RESTORE: &str = "DELETE FROM auth_sessions";

/// Accounts of the embedded store.
pub struct SqliteAuthStore(pub Db);

#[async_trait]
impl AuthStore for SqliteAuthStore {
    async fn create_user(
        &self,
        user: &User,
        session: &Session,
        commit: &Commit,
    ) -> Result<Stored, StoreError> {
        let (user, session, commit) = (user.clone(), *session, commit.clone());
        let job = move |connection: &Connection| {
            if users::email_taken(connection, &user)? {
                return Ok(Stored::EmailTaken);
            }
            commit::apply(connection, &commit)?;
            users::insert(connection, &user)?;
            insert_session(connection, &session)?;
            Ok(Stored::Yes)
        };
        self.0.write(job).await
    }

    async fn save_user(
        &self,
        user: &User,
        others: OtherSessions,
        commit: &Commit,
    ) -> Result<Stored, StoreError> {
        let (user, commit) = (user.clone(), commit.clone());
        let job = move |connection: &Connection| {
            if users::email_taken(connection, &user)? {
                return Ok(Stored::EmailTaken);
            }
            commit::apply(connection, &commit)?;
            users::update(connection, &user)?;
            if let OtherSessions::EndAllBut(kept) = others {
                let sql = "DELETE FROM auth_sessions WHERE user = ?1 AND id <> ?2";
                let ids = (user.id.0.as_bytes(), kept.0.as_bytes());
                connection.prepare_cached(sql)?.execute(ids)?;
            }
            Ok(Stored::Yes)
        };
        self.0.write(job).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let job = move |connection: &Connection| users::by_id(connection, id);
        self.0.read(job).await
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let email = email.clone();
        let job = move |connection: &Connection| users::by_email(connection, &email);
        self.0.read(job).await
    }

    async fn users_of(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let ids = ids.to_vec();
        let job = move |connection: &Connection| {
            let found = ids.into_iter().map(|id| users::by_id(connection, id));
            found.filter_map(Result::transpose).collect()
        };
        self.0.read(job).await
    }

    async fn users(
        &self,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let (filter, page) = (filter.clone(), page.clone());
        let job = move |connection: &Connection| users::page(connection, &filter, &page);
        self.0.read(job).await
    }

    async fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        let session = *session;
        let job = move |connection: &Connection| insert_session(connection, &session);
        self.0.write(job).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        self.0
            .read(move |connection| {
                let sql = "SELECT user, expires_at FROM auth_sessions WHERE id = ?1";
                let mut select = connection.prepare_cached(sql)?;
                let found = select
                    .query_row([id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let Some((user, expires_at)) = found else {
                    return Ok(None);
                };
                let session = Session {
                    id,
                    user: UserId(uuid::Uuid::from_bytes(user)),
                    expires_at: Timestamp(expires_at),
                };
                let user = users::by_id(connection, session.user)?;
                Ok(user.map(|user| (session, user)))
            })
            .await
    }

    async fn end_session(&self, id: SessionId) -> Result<(), StoreError> {
        self.0
            .write(move |connection| {
                let sql = "DELETE FROM auth_sessions WHERE id = ?1";
                connection.prepare_cached(sql)?.execute([id.0.as_bytes()])?;
                Ok(())
            })
            .await
    }

    async fn forget_expired_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.0
            .write(move |connection| {
                let sql = "DELETE FROM auth_sessions WHERE expires_at < ?1";
                Ok(connection.prepare_cached(sql)?.execute([now.0])? as u64)
            })
            .await
    }

    async fn create_organization(
        &self,
        organization: &Organization,
        organizer: &User,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (organization, organizer) = (organization.clone(), organizer.clone());
        let commit = commit.clone();
        self.0
            .write(move |connection| {
                commit::apply(connection, &commit)?;
                organizations::insert(connection, &organization)?;
                users::update(connection, &organizer)
            })
            .await
    }

    async fn save_organization(
        &self,
        organization: &Organization,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (organization, commit) = (organization.clone(), commit.clone());
        self.0
            .write(move |connection| {
                commit::apply(connection, &commit)?;
                organizations::update(connection, &organization)
            })
            .await
    }

    async fn save_membership(
        &self,
        organization: &Organization,
        member: &User,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (organization, member) = (organization.clone(), member.clone());
        let commit = commit.clone();
        self.0
            .write(move |connection| {
                commit::apply(connection, &commit)?;
                organizations::update(connection, &organization)?;
                users::update(connection, &member)
            })
            .await
    }

    async fn organization(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        let job = move |connection: &Connection| organizations::by_id(connection, id);
        self.0.read(job).await
    }

    async fn organizations(
        &self,
        only: Option<&[OrgId]>,
        page: &PageRequest,
    ) -> Result<Page<Organization>, StoreError> {
        let (only, page) = (only.map(<[OrgId]>::to_vec), page.clone());
        self.0
            .read(move |connection| match only {
                Some(ids) => organizations::page_of(connection, ids, &page),
                None => organizations::page(connection, &page),
            })
            .await
    }
}

fn insert_session(connection: &Connection, session: &Session) -> Result<(), DbError> {
    let sql = "INSERT INTO auth_sessions (id, user, expires_at) VALUES (?1, ?2, ?3)";
    let user = session.user.0.as_bytes();
    let values = (session.id.0.as_bytes(), user, session.expires_at.0);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
