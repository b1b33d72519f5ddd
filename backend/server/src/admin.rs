//! What the operator does to the store from the command line.

use crate::claim::claim;
use crate::config::{Config, Settings};
use crate::wiring;
use anyhow::{Context as _, bail, ensure};
use gateline_adapters::mongo::{
    MongoCheckIn, MongoServer, MongoTicketStore, reseal_checkin, reseal_tickets,
};
use gateline_adapters::seal::KeyFile;
use gateline_adapters::sqlite::Db;
use gateline_core::auth::AuthError;
use gateline_core::shared::SystemClock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Where a store is.
#[derive(Debug, Clone, Default)]
pub struct StorePlace {
    /// Its folder.
    pub data: PathBuf,
    /// The file of its keys, unless it is `store-key` in that folder.
    pub store_key_file: Option<PathBuf>,
}

impl StorePlace {
    /// The configuration of the server whose store is there.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        ensure!(
            self.data.join("gateline.db").exists(),
            "{} is not the data folder of a server: name the one that `gateline serve` has, with \
             --data",
            self.data.display()
        );
        self.config_of_any()
    }

    /// The same, whether there is a store or not.
    ///
    /// # Errors
    /// When it makes no sense.
    pub(crate) fn config_of_any(&self) -> anyhow::Result<Config> {
        let settings = Settings {
            data: Some(self.data.clone()),
            store_key_file: self.store_key_file.clone(),
            ..Settings::default()
        };
        Config::load(settings, None)
    }
}

/// Seals everything in the store with a new key, and forgets those before. Says
/// so in words. A crash in between loses nothing: then the file has both keys.
///
/// # Errors
/// When a server runs over the store, or there is none.
pub fn rotate_store_key(place: &StorePlace) -> anyhow::Result<String> {
    let config = place.config()?;
    let _claim = claim(&config.data).context("stop the server first")?;
    let (file, store) = (config.store_key_file(), config.data.join("gateline.db"));
    // It may be a store of before there were keys.
    drop(Db::open_with(&store, &file)?);
    let keys = file.read()?.context("the store has no key")?;
    let keys = keys.with_a_new_one();
    file.write(&keys)?;
    drop(Db::open_with(&store, &file)?);
    file.write(&keys.newest_alone())?;
    Ok(format!(
        "the store is sealed with a new key: keep a new copy of {}, and the old one only as long \
         as copies of the store from before",
        file.path().display()
    ))
}

/// Makes the file of the keys that all instances of an installation share. Says so in
/// words.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn make_store_key(path: &Path) -> anyhow::Result<String> {
    ensure!(
        !path.exists(),
        "{} is there already: what is sealed with it could never be opened again",
        path.display()
    );
    KeyFile::at(path).make()?;
    Ok(format!(
        "{} is made: keep a copy of it, apart from copies of the databases",
        path.display()
    ))
}

/// Seals every signing key in MongoDB with the newest key of the file, while
/// services run that have the same file. Says so in words.
///
/// # Errors
/// When a setting is missing, a seed cannot be opened, or MongoDB cannot be reached:
/// then the keys before the newest are still needed.
pub async fn reseal(given: Settings) -> anyhow::Result<String> {
    let url = given.mongodb_url.context("mongodb_url is not set")?;
    let path = given.store_key_file.context("store_key_file is not set")?;
    let prefix = given.name_prefix.unwrap_or_else(|| "gateline".to_owned());
    let keys = KeyFile::at(&path).read()?;
    let keys = keys.with_context(|| format!("{} is not there", path.display()))?;
    let server = MongoServer::at(&url, &prefix).await?;
    let events = reseal_tickets(&MongoTicketStore::open(&server).await?, &keys).await?;
    let organizations = reseal_checkin(&MongoCheckIn::open(&server).await?, &keys).await?;
    Ok(format!(
        "the keys of {events} events and {organizations} organizations are sealed with the first \
         key of {}: the others are needed only for backups from before",
        path.display()
    ))
}

/// Makes the account with the address an admin, or no longer. Says so in words.
///
/// # Errors
/// When there is no store in `data` or no such account.
pub async fn set(place: &StorePlace, email: &str, admin: bool) -> anyhow::Result<String> {
    let config = place.config()?;
    let (clock, stopping) = (Arc::new(SystemClock), CancellationToken::new());
    let foundation = wiring::open(config, clock, stopping).await?;
    let (auth, _) = foundation.auth.context("accounts are not kept here")?;
    match auth.grant_admin(email, admin).await {
        Ok(user) if admin => Ok(format!("{} is an admin now", user.email)),
        Ok(user) => Ok(format!("{} is no admin now", user.email)),
        Err(AuthError::Invalid { message, .. }) => {
            bail!("`{email}` is no e-mail address: {message}")
        }
        Err(AuthError::NotFound) if admin => bail!(
            "nobody has signed up as {email} yet: let them sign up (POST /api/users/signup) and \
             repeat this, or name the address when you start the server (--admin-emails {email}), \
             and the account is an admin from the beginning"
        ),
        Err(AuthError::NotFound) => bail!("there is no account {email}"),
        Err(error) => Err(error.into()),
    }
}
