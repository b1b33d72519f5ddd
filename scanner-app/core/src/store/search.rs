//! Search of the attendee list by part of a name, by serial or by order code,
//! ignoring case and accents. Runs beside scans, on a connection of its own.
//!
//! The index holds runs of three letters. Two marks stand before each word, so that
//! the first letter or two of a word are such a run too: as staff type, the first
//! two letters find words that begin with them, and from the third on they find any
//! part of a word. Of a great many finds the first ones of the list are sorted and
//! shown: whoever sees that many types another letter.
//!
//! While the index follows behind a long list, what it lacks is read row by row:
//! a search is slower then, and finds the same.

use super::{Store, StoreError, int, list, uint};
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::ListedTicket;
use rusqlite::{ToSql, params_from_iter};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Results at most.
const MOST_FOUND: usize = 50;
/// Finds that are looked up and sorted at most.
const MOST_SORTED: usize = 500;

/// The index holds runs of so many letters.
const RUN: usize = 3;
/// Stands twice before each word.
const START: char = '\u{2}';

impl Store {
    /// Tickets of `event` that hold every word of `text`.
    ///
    /// # Errors
    /// When the store cannot be read; `Superseded` when a newer search interrupted
    /// this one.
    pub fn search_list(
        &self,
        event: EventId,
        text: &str,
    ) -> Result<Vec<(Serial, ListedTicket)>, StoreError> {
        if let Ok(serial) = text.trim().parse::<Serial>()
            && let Some(ticket) = list::listed(&self.db, event, serial)?
        {
            return Ok(vec![(serial, ticket)]);
        }
        let needles: Vec<String> = fold(text).split_whitespace().map(needle).collect();
        if needles.is_empty() {
            return Ok(Vec::new());
        }
        let mut values: Vec<Box<dyn ToSql>> = vec![
            Box::new(phrases(&needles)),
            Box::new(event.0),
            Box::new(int(MOST_SORTED as u64)),
            Box::new(int(MOST_FOUND as u64)),
        ];
        let mut holds = String::new();
        for needle in needles {
            values.push(Box::new(needle));
            let place = values.len();
            holds.push_str(&format!(" AND instr(words, ?{place}) > 0"));
        }
        let sql = format!(
            "SELECT * FROM (SELECT {ROW} FROM ticket_words CROSS JOIN tickets \
             ON tickets.id = ticket_words.rowid WHERE ticket_words MATCH ?1 \
             AND event = ?2 AND ticket_type IS NOT NULL LIMIT ?3) \
             UNION ALL SELECT * FROM (SELECT {ROW} FROM tickets \
             WHERE id > (SELECT upto FROM words_indexed) AND +event = ?2 \
             AND ticket_type IS NOT NULL{holds} LIMIT ?3) \
             ORDER BY 9, 1 LIMIT ?4"
        );
        let mut select = self.db.prepare_cached(&sql)?;
        let rows = select.query_map(params_from_iter(values), |row| {
            let serial = Serial::truncate(uint(row.get(0)?));
            Ok((serial, list::read_listed(row, 1)?))
        })?;
        rows.collect::<Result<_, _>>().map_err(StoreError::from)
    }
}

const ROW: &str = "serial, ticket_type, epoch, status, name, seat, order_code, note, tickets.words";

/// What a folded word is looked for as: the beginning of a word while it is shorter
/// than a run, then any part of one.
fn needle(word: &str) -> String {
    let letters = word.chars().count();
    let marks = RUN.saturating_sub(letters);
    START.to_string().repeat(marks) + word
}

fn phrases(needles: &[String]) -> String {
    let quoted: Vec<String> = needles
        .iter()
        .map(|needle| format!("\"{}\"", needle.replace('"', "\"\"")))
        .collect();
    quoted.join(" AND ")
}

/// What is searched of a ticket: the words of its name, of its order code, and then
/// the parts of composed words, each with its marks.
pub(super) fn searchable(name: &str, order_code: &str) -> String {
    let (name, order_code) = (fold(name), fold(order_code));
    let mut words = marked(name.split_whitespace());
    words.push('\n');
    words.push_str(&marked(order_code.split_whitespace()));
    let parts = marked(name.split_whitespace().flat_map(later_parts));
    if !parts.is_empty() {
        words.push('\n');
        words.push_str(&parts);
    }
    words
}

fn marked<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let marked: Vec<String> = words.map(|word| format!("{START}{START}{word}")).collect();
    marked.join(" ")
}

/// What a word holds behind a hyphen or the like, and behind each letter of a script
/// that writes no spaces.
fn later_parts(word: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    word.char_indices().filter_map(move |(place, letter)| {
        let behind = before.replace(letter)?;
        let begins = letter.is_alphanumeric() && (!behind.is_alphanumeric() || is_whole(letter));
        begins.then(|| &word[place..])
    })
}

/// Is it a letter that is a syllable or a word (Chinese, Japanese, Korean)?
const fn is_whole(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Lower case without accents; letters that do not decompose become their
/// usual plain spelling.
#[must_use]
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
    {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            START => {}
            other if is_combining_mark(other) => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::{fold, needle, searchable};

    #[test]
    fn case_accents_and_special_letters_fold_away() {
        assert_eq!(fold("Ångström ÇELİK"), "angstrom celik");
        assert_eq!(fold("Weiß Łukasz Sørensen"), "weiss lukasz sorensen");
        assert_eq!(fold("re\u{301}ne\u{301}e"), fold("RÉNÉE"));
    }

    #[test]
    fn words_are_found_by_their_first_letters_and_by_any_three() {
        let words = searchable("Zoë Müller-Lüdenscheidt 王小明", "QX7R2");
        for part in [
            "z", "zo", "oe", "m", "mu", "l", "lu", "ule", "q", "7r2", "王", "小明", "明",
        ] {
            let found = words.contains(&needle(part));
            assert_eq!(found, !["oe", "ule"].contains(&part), "{part}");
        }
        for part in ["muller-lud", "ler", "enscheidt", "王小明"] {
            assert!(words.contains(&needle(part)), "{part}");
        }
    }
}
