//! WebKitWebDriver: the WebDriver server of the system's WebView. It starts the
//! app itself and ends it with the session.

use super::Display;
use crate::system::wait_until;
use anyhow::{Context, Result};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const START_DEADLINE: Duration = Duration::from_secs(30);

/// A running WebDriver server. Dropping it ends it.
#[derive(Debug)]
pub struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// Starts one whose windows open on `display`.
    ///
    /// # Errors
    /// When WebKitWebDriver is not there or does not start.
    pub async fn start(display: &Display) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            // A virtual display has no graphics card. WebKit's own switches for
            // that (no compositing, no DMA buffers) make screenshots hang.
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WEBKIT_DISABLE_COMPOSITING_MODE")
            .env_remove("WEBKIT_DISABLE_DMABUF_RENDERER")
            // Tauri lets a WebDriver in only when it is told to.
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start WebKitWebDriver: run `cargo xtask setup`")?;
        let driver = Self { process, port };
        wait_until("WebKitWebDriver", START_DEADLINE, async || {
            Ok(TcpStream::connect(("127.0.0.1", port)).ok())
        })
        .await?;
        Ok(driver)
    }

    /// Its process, whose children are the app and its WebView.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Nothing is left to do when it has ended by itself.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
