//! What a visitor of the screens does with a window: its theme, its keys, pictures.

use super::AppWindow;
use anyhow::Result;
use fantoccini::key::Key;
use serde_json::json;

/// The themes that every screen has.
pub const THEMES: [&str; 2] = ["light", "dark"];

impl AppWindow {
    /// Shows the screens in this theme until they are loaded anew.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn set_theme(&self, theme: &str) -> Result<()> {
        let script = "document.documentElement.dataset.theme = arguments[0];";
        self.client.execute(script, vec![json!(theme)]).await?;
        Ok(())
    }

    /// What the window shows, as PNG, once it is drawn.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        // A screenshot is the last frame that was drawn, not the page as it is.
        let drawn = "const done = arguments[0]; \
            Promise.all(document.getAnimations().map((one) => one.finished)).then(() => \
                requestAnimationFrame(() => requestAnimationFrame(() => done())));";
        self.client.execute_async(drawn, vec![]).await?;
        Ok(self.client.screenshot().await?)
    }

    /// Types into what has the focus, as a person does.
    ///
    /// # Errors
    /// When nothing has it.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        let focused = self.client.active_element().await?;
        Ok(focused.send_keys(text).await?)
    }

    /// Presses a key by its name: `Tab`, `Enter`, `Escape`, `F2`, …
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn press(&self, name: &str) -> Result<()> {
        let key = match name {
            "Tab" => Key::Tab,
            "Enter" => Key::Enter,
            "Escape" => Key::Escape,
            "F2" => Key::F2,
            "F3" => Key::F3,
            "F4" => Key::F4,
            "F6" => Key::F6,
            "F9" => Key::F9,
            other => anyhow::bail!("no key {other}"),
        };
        self.type_text(&String::from(char::from(key))).await
    }

    /// Makes the window this large, pixels.
    ///
    /// # Errors
    /// When the system does not let it.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        Ok(self.client.set_window_rect(0, 0, width, height).await?)
    }
}
