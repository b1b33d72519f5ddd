//! The closed list of categories that people browse by.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

macro_rules! categories {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// What kind of event it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Category {
            $(
                #[doc = $text]
                #[serde(rename = $text)]
                $name,
            )*
        }

        impl Category {
            /// Every category.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

categories! {
    Concert = "concert",
    Festival = "festival",
    Theatre = "theatre",
    Comedy = "comedy",
    Film = "film",
    Sport = "sport",
    Conference = "conference",
    Workshop = "workshop",
    Exhibition = "exhibition",
    Party = "party",
    Family = "family",
    Community = "community",
    Other = "other",
}

/// A text that is no category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such category")]
pub struct NotACategory;

impl FromStr for Category {
    type Err = NotACategory;
    fn from_str(text: &str) -> Result<Self, NotACategory> {
        Self::ALL
            .iter()
            .copied()
            .find(|category| category.as_str() == text)
            .ok_or(NotACategory)
    }
}
