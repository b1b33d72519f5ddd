//! What the operator does to the store from the command line.

use crate::config::{Config, Settings};
use crate::wiring;
use anyhow::{bail, ensure};
use gateline_core::auth::AuthError;
use gateline_core::shared::SystemClock;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Makes the account with the address an admin, or no longer. Says so in words.
///
/// # Errors
/// When there is no store in `data` or no such account.
pub async fn set(data: &Path, email: &str, admin: bool) -> anyhow::Result<String> {
    ensure!(
        data.join("gateline.db").exists(),
        "{} is not the data folder of a server: name the one that `gateline serve` has, with --data",
        data.display()
    );
    let settings = Settings {
        data: Some(data.to_owned()),
        ..Settings::default()
    };
    let config = Config::load(settings, None)?;
    let context = wiring::open(config, Arc::new(SystemClock), CancellationToken::new())?;
    match context.auth.grant_admin(email, admin).await {
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
