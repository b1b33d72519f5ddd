//! How staff set the app on this device. Kept in the encrypted store, also before
//! the enrolment and after a revocation.

use super::{Answered, Controller, ControllerError, ControllerErrorCode, GuiIntegration};
use crate::store::Kept;
use serde::{Deserialize, Serialize};

const DAY_MINUTES: u32 = 24 * 60;
const LONGEST_PORT: usize = 256;
const SLOWEST_BAUD: u32 = 300;
const FASTEST_BAUD: u32 = 4_000_000;

/// How staff set the app. A field that is missing or unknown in JSON is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Preferences {
    /// The language of the screens; `None` is the system's.
    pub language: Option<Language>,
    /// Light or dark.
    pub theme: Theme,
    /// How large texts are.
    pub text: TextSize,
    /// Of sounds, 0 to 100.
    pub volume: u8,
    /// No sounds at all.
    pub muted: bool,
    /// Which camera looks.
    pub camera: CameraPreference,
    /// The hand scanner on a serial line, if there is one.
    pub serial: Option<SerialLine>,
    /// A list that was not brought up to date for longer is told as old, minutes: 1
    /// to a day.
    pub list_old_minutes: u32,
    /// The app locks when nobody touched it for so long, minutes: 1 to a day.
    pub lock_after_minutes: Option<u32>,
}

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// For sunlight.
    Light,
    /// For the night.
    Dark,
}

/// How large texts are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// As designed.
    #[default]
    Normal,
    /// Larger.
    Large,
    /// As large as every screen still holds.
    Largest,
}

/// Which camera looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CameraPreference {
    /// The first one that the system knows.
    #[default]
    First,
    /// A certain one.
    Index {
        /// By the system's number.
        index: u32,
    },
    /// None: a hand scanner and the search only.
    None,
}

/// A hand scanner on a serial line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SerialLine {
    /// The system's name of the port, at most 256 bytes.
    pub port: String,
    /// Bits a second: 300 to 4,000,000.
    pub baud: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::default(),
            text: TextSize::default(),
            volume: 80,
            muted: false,
            camera: CameraPreference::default(),
            serial: None,
            list_old_minutes: 15,
            lock_after_minutes: None,
        }
    }
}

impl Preferences {
    /// The field that is out of its bounds.
    fn out_of_bounds(&self) -> Option<&'static str> {
        let minutes = |minutes: u32| (1..=DAY_MINUTES).contains(&minutes);
        let line = |line: &SerialLine| {
            let port = &line.port;
            !port.trim().is_empty()
                && port.len() <= LONGEST_PORT
                && !port.chars().any(char::is_control)
                && (SLOWEST_BAUD..=FASTEST_BAUD).contains(&line.baud)
        };
        let checks = [
            ("volume", self.volume <= 100),
            ("list_old_minutes", minutes(self.list_old_minutes)),
            (
                "lock_after_minutes",
                self.lock_after_minutes.is_none_or(minutes),
            ),
            ("serial", self.serial.as_ref().is_none_or(line)),
        ];
        let mut wrong = checks.into_iter().filter(|(_, good)| !good);
        wrong.next().map(|(field, _)| field)
    }
}

impl<I: GuiIntegration> Controller<I> {
    /// How staff set the app. Answered also while it is locked.
    ///
    /// # Errors
    /// `Store`.
    pub async fn preferences(&self) -> Answered<Preferences> {
        self.store
            .call(|store| Ok(store.kept(Kept::Preferences)?))
            .await
    }

    /// Sets the app.
    ///
    /// # Errors
    /// `OutOfBounds` naming the field; `Locked`, `Store`.
    pub async fn set_preferences(&self, preferences: Preferences) -> Answered<()> {
        self.unlocked()?;
        if let Some(field) = preferences.out_of_bounds() {
            return Err(ControllerError::new(
                ControllerErrorCode::OutOfBounds,
                format!("`{field}` is out of its bounds"),
            ));
        }
        self.store
            .call(move |store| {
                store.keep(Kept::Preferences, &preferences)?;
                Ok::<_, ControllerError>(())
            })
            .await?;
        self.show_status().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_missing_or_unknown_are_no_error() {
        let text = r#"{"volume": 30, "sparkles": true, "camera": {"kind": "index", "index": 2}}"#;
        let read: Preferences = serde_json::from_str(text).unwrap();
        let wanted = Preferences {
            volume: 30,
            camera: CameraPreference::Index { index: 2 },
            ..Preferences::default()
        };
        assert_eq!(read, wanted);
    }

    #[test]
    fn each_bound_is_checked() {
        let good = Preferences::default();
        assert_eq!(good.out_of_bounds(), None);
        let line = |port: &str, baud| {
            Some(SerialLine {
                port: port.into(),
                baud,
            })
        };
        let is_wrong = |change: &dyn Fn(&mut Preferences)| {
            let mut changed = good.clone();
            change(&mut changed);
            changed.out_of_bounds()
        };
        assert_eq!(is_wrong(&|it| it.volume = 101), Some("volume"));
        for minutes in [0, 1_441] {
            let old = is_wrong(&|it| it.list_old_minutes = minutes);
            assert_eq!(old, Some("list_old_minutes"));
            let lock = is_wrong(&|it| it.lock_after_minutes = Some(minutes));
            assert_eq!(lock, Some("lock_after_minutes"));
        }
        for (port, baud) in [(" ", 9_600), ("a\n", 9_600), ("COM3", 299)] {
            let serial = is_wrong(&|it| it.serial = line(port, baud));
            assert_eq!(serial, Some("serial"), "{port:?} {baud}");
        }
        assert_eq!(is_wrong(&|it| it.serial = line("COM3", 9_600)), None);
    }
}
