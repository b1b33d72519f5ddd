//! One window of the scanner app, and what staff do with it.

use super::Driver;
use crate::system::{Binaries, wait_until};
use anyhow::{Context, Result, anyhow, bail};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Far above what a screen takes, for a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);
/// There once the screens are.
const STARTED: &str = "[data-screen]:not([data-screen=starting])";

/// How to open a window.
#[derive(Debug, Clone)]
pub struct WindowOptions {
    /// The folder of its store.
    pub store: PathBuf,
    /// The folder that it takes frames from; without it there is no camera.
    pub frames: Option<PathBuf>,
    /// How long an admission waits for the server, milliseconds.
    pub confirm_ms: u64,
}

/// How long a script of a test may take, on a machine with other things to do.
const LONGEST_SCRIPT_MS: u64 = 180_000;

/// An open window.
#[derive(Debug)]
pub struct AppWindow {
    pub(super) client: Client,
    screenshots: PathBuf,
}

impl AppWindow {
    /// Starts the app and waits for its first screen.
    ///
    /// # Errors
    /// When the app is not built or shows nothing.
    pub async fn open(
        binaries: &Binaries,
        driver: &Driver,
        options: &WindowOptions,
    ) -> Result<Self> {
        let store = options.store.to_string_lossy();
        let mut arguments = vec!["--store".to_owned(), store.into_owned()];
        arguments.push(format!("--confirm-ms={}", options.confirm_ms));
        // The keyring of whoever runs the tests is their own.
        arguments.extend(["--store-key", "file"].map(str::to_owned));
        match &options.frames {
            Some(folder) => {
                arguments.push("--frames".to_owned());
                arguments.push(folder.to_string_lossy().into_owned());
            }
            None => arguments.push("--no-camera".to_owned()),
        }
        Self::start(&binaries.path("gateline-scanner")?, &arguments, driver).await
    }

    /// Starts `program`, which opens the app's window, and waits for its first
    /// screen.
    ///
    /// # Errors
    /// When it shows nothing.
    pub async fn start(program: &Path, arguments: &[String], driver: &Driver) -> Result<Self> {
        let browser = json!({"binary": program, "args": arguments});
        let capabilities = json!({
            "webkitgtk:browserOptions": browser,
            "timeouts": {"script": LONGEST_SCRIPT_MS},
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url())
            .await
            .context("the app did not open")?;
        let screenshots = program
            .ancestors()
            .nth(2)
            .context("no target folder")?
            .join("screenshots");
        let window = Self {
            client,
            screenshots,
        };
        window.see(STARTED).await?;
        Ok(window)
    }

    /// Loads the screens anew, as if the app had been started again.
    ///
    /// # Errors
    /// When they show nothing.
    pub async fn reload(&self) -> Result<()> {
        self.client.refresh().await?;
        self.see(STARTED).await?;
        Ok(())
    }

    /// Runs a script in the page, which calls the last of its arguments with
    /// what it has to say.
    ///
    /// # Errors
    /// When it throws, or says nothing within [`LONGEST_SCRIPT_MS`].
    pub async fn ask(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute_async(script, arguments).await?)
    }

    /// Waits until something that fits the CSS selector is on the screen.
    ///
    /// # Errors
    /// When it is not by the deadline; says what is on the screen instead.
    pub async fn see(&self, css: &str) -> Result<Element> {
        let seen = wait_until(css, DEADLINE, async || {
            Ok(self.client.find(Locator::Css(css)).await.ok())
        });
        match seen.await {
            Ok(element) => Ok(element),
            Err(error) => {
                let screen = self.text("body").await.unwrap_or_default();
                Err(error.context(format!("the screen says: {screen}")))
            }
        }
    }

    /// Waits until nothing fits the CSS selector.
    ///
    /// # Errors
    /// When something still does by the deadline.
    pub async fn gone(&self, css: &str) -> Result<()> {
        wait_until(&format!("the end of {css}"), DEADLINE, async || {
            let there = self.client.find_all(Locator::Css(css)).await?;
            Ok(there.is_empty().then_some(()))
        })
        .await
    }

    /// One of the app's own commands, for what no screen says.
    ///
    /// # Errors
    /// What the gate refuses, in its words, and as [`AppWindow::ask`].
    pub async fn command(&self, name: &str, arguments: Value) -> Result<Value> {
        let script = "const [name, given, done] = arguments; \
            window.__TAURI_INTERNALS__.invoke(name, given).then( \
                (ok) => done({ok: ok ?? null}), (error) => done({error}));";
        let mut said = self.ask(script, vec![json!(name), arguments]).await?;
        match said.get_mut("ok") {
            Some(ok) => Ok(ok.take()),
            None => bail!("{name}: {}", said["error"]),
        }
    }

    /// The text of what fits the selector.
    ///
    /// # Errors
    /// When there is nothing.
    pub async fn text(&self, css: &str) -> Result<String> {
        let element = self.client.find(Locator::Css(css)).await?;
        Ok(element.text().await?)
    }

    /// Clicks on what fits the selector, once it is there.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn click(&self, css: &str) -> Result<()> {
        let clicked = self.see(css).await?.click().await;
        clicked.map_err(|error| anyhow!("{css} cannot be pressed: {error:?}"))
    }

    /// Pastes `text` into a field.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn paste(&self, css: &str, text: &str) -> Result<()> {
        self.see(css).await?;
        let script = "const [css, text] = arguments; \
            const field = document.querySelector(css); field.focus(); field.value = text; \
            field.dispatchEvent(new Event('input', {bubbles: true}));";
        self.client
            .execute(script, vec![json!(css), json!(text)])
            .await?;
        Ok(())
    }

    /// Types `text` as a hand scanner does: key after key without a pause, then
    /// Enter, into whatever has the focus.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn hand_scan(&self, text: &str) -> Result<()> {
        let script = concat!(
            include_str!("staff.js"),
            "for (const key of [...arguments[0], 'Enter']) pressKey(key);"
        );
        self.client.execute(script, vec![json!(text)]).await?;
        Ok(())
    }

    /// Keeps a picture of the window under `target/screenshots`.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let picture = self.picture().await?;
        std::fs::create_dir_all(&self.screenshots)?;
        let file = self.screenshots.join(Path::new(name).with_extension("png"));
        std::fs::write(&file, picture)?;
        Ok(file)
    }

    /// Closes the window.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}
