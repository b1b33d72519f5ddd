//! Waiting for a condition, with a deadline, and for the end of a program.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Asks `condition` until it yields a value.
///
/// # Errors
/// When it has not by `deadline`; `what` says what was waited for.
pub async fn wait_until<T, F>(
    what: &str,
    deadline: Duration,
    mut condition: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(value) = condition().await? {
            return Ok(value);
        }
        if start.elapsed() > deadline {
            bail!("waited {deadline:?} in vain for {what}");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Returns when this process is asked to end.
///
/// # Errors
/// When it cannot hear of it.
#[cfg(unix)]
pub async fn until_stopped() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// Returns when this process is asked to end.
///
/// # Errors
/// When it cannot hear of it.
#[cfg(not(unix))]
pub async fn until_stopped() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
