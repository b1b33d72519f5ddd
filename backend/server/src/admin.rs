//! What the operator does to the store from the command line.

use crate::config::{Config, Settings};
use crate::wiring;
use anyhow::ensure;
use gateline_core::shared::SystemClock;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Makes the account with the address an admin, or no longer.
///
/// # Errors
/// When there is no store in `data` or no such account.
pub async fn set(data: &Path, email: &str, admin: bool) -> anyhow::Result<()> {
    let store = data.join("gateline.db");
    ensure!(store.exists(), "there is no store at {}", store.display());
    let settings = Settings {
        data: Some(data.to_owned()),
        ..Settings::default()
    };
    let config = Config::load(settings, None)?;
    let context = wiring::open(config, Arc::new(SystemClock), CancellationToken::new())?;
    context.auth.grant_admin(email, admin).await?;
    Ok(())
}
