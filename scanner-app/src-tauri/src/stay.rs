//! The window shows its own screens and nothing else: a file or a link that is dropped
//! on it, or a script, takes it nowhere.

use tauri::plugin::{Builder, TauriPlugin};
use tauri::{Url, Wry};

/// Keeps the window where it is.
pub(crate) fn guard() -> TauriPlugin<Wry> {
    Builder::new("stay")
        .on_navigation(|_, to| {
            let own = is_own(to);
            if !own {
                tracing::warn!(scheme = to.scheme(), "the window stays where it is");
            }
            own
        })
        .build()
}

/// Where the screens are: `tauri://localhost`, on Windows `http://tauri.localhost`.
fn is_own(to: &Url) -> bool {
    match to.scheme() {
        "tauri" => to.host_str() == Some("localhost"),
        "http" | "https" => to.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_screens_are_the_windows_own() {
        let own = |text: &str| is_own(&text.parse().unwrap());
        for screens in [
            "tauri://localhost",
            "tauri://localhost/index.html",
            "http://tauri.localhost/",
        ] {
            assert!(own(screens), "{screens}");
        }
        for foreign in [
            "file:///tmp/ticket.png",
            "file:///tmp/page.html",
            "https://example.org/",
            "http://localhost/",
            "http://tauri.localhost.example.org/",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!own(foreign), "{foreign}");
        }
    }
}
