//! E-mail addresses, in the one form that counts as the same account.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An address: trimmed, lower case, of a plausible shape. Whether it reaches
/// anybody only mail can tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address is name@domain, without spaces, up to 254 characters")]
pub struct NotAnEmail;

const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

impl Email {
    /// Reads an address as people type it.
    ///
    /// # Errors
    /// [`NotAnEmail`].
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let plain =
            |c: char| !c.is_whitespace() && !c.is_control() && !"<>(),;:\"[]\\@".contains(c);
        let local_good = (1..=LONGEST_LOCAL).contains(&local.len()) && local.chars().all(plain);
        if !local_good || !is_domain(domain) || text.len() > LONGEST {
            return Err(NotAnEmail);
        }
        Ok(Self(text))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Letters, digits and hyphens in at least two labels (an international name in
/// its `xn--` form): mail reaches no `localhost`.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_in_other_spelling_is_the_same() {
        let typed = Email::parse("  Ada.Lovelace@Example.ORG ").unwrap();
        assert_eq!(typed.as_str(), "ada.lovelace@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@b.org",
            "a b@c.org",
            "a@b..org",
            "a@-b.org",
            "a@b@c.org",
            "a@b.org>",
            "a\u{0}@b.org",
            "a@mün.org",
            "a@b",
            "root@localhost",
        ] {
            assert_eq!(Email::parse(text), Err(NotAnEmail), "{text:?}");
        }
        let long = format!("{}@b.org", "a".repeat(65));
        assert_eq!(Email::parse(&long), Err(NotAnEmail));
    }
}
