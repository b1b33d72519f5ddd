//! Programs of the system that tests run.

use std::path::{Path, PathBuf};

/// A program of the system. Servers are beside the search path of ordinary accounts.
#[must_use]
pub fn installed(name: &str) -> PathBuf {
    let servers = ["/usr/sbin", "/usr/local/sbin"].map(|folder| Path::new(folder).join(name));
    let server = servers.into_iter().find(|server| server.is_file());
    server.unwrap_or_else(|| name.into())
}
