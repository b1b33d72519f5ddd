//! What people may type as a name.

/// Characters that a line of text must not have: controls, and those that turn
/// the direction of what follows (a name could be made to read as another).
#[must_use]
pub fn is_forbidden_in_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::is_forbidden_in_line;

    #[test]
    fn names_of_all_scripts_pass_and_what_hides_or_turns_them_does_not() {
        let good = "Zoë 山田 محمد 👩‍🎤 O'Neill";
        assert!(!good.chars().any(is_forbidden_in_line));
        for bad in [
            '\n', '\u{7f}', '\u{85}', '\u{202A}', '\u{202E}', '\u{2066}', '\u{2069}',
        ] {
            assert!(is_forbidden_in_line(bad), "{bad:?}");
        }
    }
}
