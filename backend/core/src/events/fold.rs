//! Folding of text for search: case and accents do not matter.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case, without accents, ligatures and special letters spelt out, runs
/// of anything but letters and digits as one space.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        for c in c.to_lowercase().filter(|c| !is_combining_mark(*c)) {
            match c {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' | 'ð' => folded.push('d'),
                'þ' => folded.push_str("th"),
                'ı' => folded.push('i'),
                'ς' => folded.push('σ'),
                c if c.is_alphanumeric() => folded.push(c),
                _ if folded.ends_with(' ') || folded.is_empty() => {}
                _ => folded.push(' '),
            }
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The words of a search, folded; at most eight of them count.
pub(super) fn words(query: &str) -> Vec<String> {
    fold(query)
        .split(' ')
        .filter(|word| !word.is_empty())
        .take(8)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_special_letters_do_not_matter() {
        for (text, folded) in [
            ("  Ärger  im Café — ", "arger im cafe"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("Łódź, Ørsted", "lodz orsted"),
            ("ΟΔΥΣΣΕΎΣ", "οδυσσευσ"),
            ("İstanbul ıspanak", "istanbul ispanak"),
            ("Ёлка", "елка"),
            ("ﬁnale ①", "finale 1"),
            ("!!!", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_search_is_a_few_folded_words() {
        assert_eq!(words(" Jazz &  Soul "), ["jazz", "soul"]);
        assert_eq!(words(&"a ".repeat(100)).len(), 8);
    }
}
