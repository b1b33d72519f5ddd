//! Search of the attendee list by part of a name, by serial or by order code,
//! ignoring case and accents. Runs beside scans, on a connection of its own.
//! While the index follows behind a long list, what it lacks is read row by row:
//! a search is slower then, and finds the same.

use super::{Store, StoreError, int, list, uint};
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::ListedTicket;
use rusqlite::{ToSql, params_from_iter};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Results at most.
const MOST_FOUND: usize = 50;

/// The index holds runs of three letters; shorter words are looked for in the
/// rows themselves.
const INDEXED: usize = 3;

impl Store {
    /// Tickets of `event` that hold every word of `text`.
    ///
    /// # Errors
    /// When the store cannot be read.
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
        let folded = fold(text);
        let words: Vec<&str> = folded.split_whitespace().collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let (indexed, short): (Vec<&str>, Vec<&str>) = words
            .into_iter()
            .partition(|word| word.chars().count() >= INDEXED);
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut sql = String::new();
        if !indexed.is_empty() {
            sql.push_str(FIND);
            sql.push_str(
                "event = ? AND id IN (SELECT rowid FROM ticket_words WHERE words MATCH ?)",
            );
            values.push(Box::new(event.0));
            values.push(Box::new(phrases(&indexed)));
            holds(&mut sql, &mut values, &short);
            sql.push_str(" UNION ALL ");
        }
        sql.push_str(FIND);
        // Rows that are not in the index yet; without a word for it, all of them.
        sql.push_str(match indexed.is_empty() {
            true => "event = ?",
            false => "+event = ? AND id > (SELECT upto FROM words_indexed)",
        });
        values.push(Box::new(event.0));
        holds(&mut sql, &mut values, &short);
        holds(&mut sql, &mut values, &indexed);
        sql.push_str(" ORDER BY words, serial LIMIT ?");
        values.push(Box::new(int(MOST_FOUND as u64)));
        let mut select = self.db.prepare_cached(&sql)?;
        let rows = select.query_map(params_from_iter(values), |row| {
            let serial = Serial::truncate(uint(row.get(0)?));
            Ok((serial, list::read_listed(row, 1)?))
        })?;
        rows.collect::<Result<_, _>>().map_err(StoreError::from)
    }
}

const FIND: &str = "SELECT serial, ticket_type, epoch, status, name, seat, order_code, note, \
                    words FROM tickets WHERE ticket_type IS NOT NULL AND ";

/// … and holds each of these words.
fn holds(sql: &mut String, values: &mut Vec<Box<dyn ToSql>>, words: &[&str]) {
    for word in words {
        sql.push_str(" AND instr(words, ?) > 0");
        values.push(Box::new((*word).to_owned()));
    }
}

fn phrases(words: &[&str]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    quoted.join(" AND ")
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
            other if is_combining_mark(other) => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_accents_and_special_letters_fold_away() {
        assert_eq!(fold("Ångström ÇELİK"), "angstrom celik");
        assert_eq!(fold("Weiß Łukasz Sørensen"), "weiss lukasz sorensen");
        assert_eq!(fold("re\u{301}ne\u{301}e"), fold("RÉNÉE"));
    }
}
