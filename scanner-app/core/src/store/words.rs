//! The index of words that a search uses: names and order codes. Writing it
//! costs more than the list itself, so it follows behind, in pieces: rows up to
//! a mark are in the index, later ones not yet.
//!
//! Always true: every row with an id up to the mark is in the index with the
//! words that it has now, no other row is; so a search that reads the rows
//! behind the mark one by one finds everything at any time.

use super::search::searchable;
use super::{PIECE, Store, StoreError, int};
use rusqlite::{Connection, OptionalExtension, params};

/// Rows up to this id are in the index.
pub(super) fn mark(db: &Connection) -> Result<i64, StoreError> {
    let mark = db
        .prepare_cached("SELECT upto FROM words_indexed")?
        .query_row([], |row| row.get(0))?;
    Ok(mark)
}

/// The words of the row `id` changed from `before`, which is empty for a new row.
pub(super) fn changed(
    db: &Connection,
    mark: i64,
    id: i64,
    before: &str,
    after: &str,
) -> Result<(), StoreError> {
    if id > mark || before == after {
        return Ok(());
    }
    if !before.is_empty() {
        forget(db, id)?;
    }
    add(db, id, after)
}

/// The row `id` goes.
pub(super) fn forget(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM ticket_words WHERE rowid = ?")?
        .execute([id])?;
    Ok(())
}

/// Rows went: ids behind the last one are given out anew.
pub(super) fn rows_went(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE words_indexed SET upto = min(upto, (SELECT coalesce(max(id), 0) FROM tickets))",
    )?
    .execute([])?;
    Ok(())
}

fn add(db: &Connection, id: i64, words: &str) -> Result<(), StoreError> {
    if !words.is_empty() {
        db.prepare_cached("INSERT INTO ticket_words (rowid, words) VALUES (?, ?)")?
            .execute(params![id, words])?;
    }
    Ok(())
}

/// Writes the words of every row anew; none of them is in the index.
pub(super) fn write_anew(db: &Connection) -> Result<(), StoreError> {
    let mut select = db.prepare(
        "SELECT id, coalesce(name, ''), coalesce(order_code, '') FROM tickets \
         WHERE id > ? AND ticket_type IS NOT NULL ORDER BY id LIMIT ?",
    )?;
    let mut update = db.prepare("UPDATE tickets SET words = ? WHERE id = ?")?;
    let mut after = 0;
    loop {
        let rows = select.query_map(params![after, int(PIECE as u64)], |row| {
            let (name, code): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, i64>(0)?, searchable(&name, &code)))
        })?;
        let rows: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        after = *last;
        for (id, words) in rows {
            update.execute(params![words, id])?;
        }
    }
}

impl Store {
    /// Takes the next rows into the index of the search: at most one piece.
    /// Answers whether there is more to do.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn index_words(&mut self) -> Result<bool, StoreError> {
        let behind = self
            .db
            .prepare_cached("SELECT 1 FROM tickets WHERE id > (SELECT upto FROM words_indexed)")?
            .query_row([], |_| Ok(()))
            .optional()?;
        if behind.is_none() {
            return Ok(false);
        }
        self.write(index_piece)
    }
}

fn index_piece(db: &rusqlite::Transaction<'_>) -> Result<bool, StoreError> {
    let mut select =
        db.prepare_cached("SELECT id, words FROM tickets WHERE id > ? ORDER BY id LIMIT ?")?;
    let mut rows = select.query(params![mark(db)?, int(PIECE as u64)])?;
    let (mut last, mut taken) = (None, 0);
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        add(
            db,
            id,
            row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?,
        )?;
        (last, taken) = (Some(id), taken + 1);
    }
    if let Some(last) = last {
        db.prepare_cached("UPDATE words_indexed SET upto = ?")?
            .execute([last])?;
    }
    Ok(taken == PIECE)
}

#[cfg(test)]
mod tests {
    use super::super::{Identity, PageFate};
    use super::*;
    use gateline_common::Timestamp;
    use gateline_common::ids::{
        DeviceId, Epoch, EventId, FeedGeneration, OrgId, Serial, TicketTypeId,
    };
    use gateline_common::sync::{Cursor, FeedEntry, FeedPage, ListedTicket, TicketStatus};
    use ticket_crypto::SigningKey;
    use uuid::Uuid;

    const EVENT: EventId = EventId(1);
    const TICKETS: u64 = 1_000;

    fn entry(n: u64, name: &str) -> FeedEntry {
        FeedEntry {
            serial: Serial::truncate(n),
            ticket: Some(ListedTicket {
                ticket_type: TicketTypeId(1),
                epoch: Epoch(1),
                status: TicketStatus::Valid,
                name: Some(name.to_owned()),
                seat: None,
                order_code: format!("CODE{n}"),
                note: None,
            }),
            passages: vec![],
        }
    }

    fn apply(store: &mut Store, entries: Vec<FeedEntry>) {
        let asked = store.feed(EVENT).unwrap().map(|feed| feed.cursor);
        let page = FeedPage {
            event: EVENT,
            generation: FeedGeneration(Uuid::nil()),
            next: asked.map_or(0, |asked: Cursor| asked.position) + entries.len() as u64,
            entries,
            more: false,
            reset: false,
        };
        let fate = store.apply_pages(asked, &[page], Timestamp(0)).unwrap();
        assert_eq!(fate, PageFate::Applied);
    }

    fn found(store: &Store, text: &str) -> Vec<u64> {
        let found = store.search_list(EVENT, text).unwrap();
        found.iter().map(|(serial, _)| serial.get()).collect()
    }

    /// With a list whose rows 1 to 1000 are called "Guest".
    fn store(folder: &std::path::Path) -> Store {
        let mut store = Store::open(folder).unwrap();
        let key = || SigningKey::from_seed([1; 32]);
        let who = Identity {
            device: DeviceId(Uuid::from_u128(1)),
            org: OrgId(Uuid::from_u128(1)),
            name: "gate".into(),
            server: "http://127.0.0.1:9".into(),
            certificate: None,
            root_key: key().public_key(),
            credential: "none".into(),
            signing_key: key(),
            revoked_at: None,
        };
        store.enrol(&who).unwrap();
        apply(
            &mut store,
            (1..=TICKETS).map(|n| entry(n, "Guest")).collect(),
        );
        store
    }

    #[test]
    fn a_search_finds_the_same_however_far_the_index_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        apply(
            &mut store,
            vec![entry(3, "Ada Byron"), entry(999, "Ada Wu")],
        );
        let mut pieces = 0;
        loop {
            assert_eq!(found(&store, "ada"), [3, 999], "after {pieces} pieces");
            assert_eq!(found(&store, "ada wu"), [999], "after {pieces} pieces");
            assert_eq!(found(&store, "code777"), [777], "after {pieces} pieces");
            assert_eq!(found(&store, "guest").len(), 50);
            if !store.index_words().unwrap() {
                break;
            }
            pieces += 1;
        }
        assert_eq!(mark(store.db()).unwrap(), 1_000);
        assert!(pieces >= 2, "one piece at a time");
    }

    #[test]
    fn names_that_change_before_and_behind_the_mark_are_found_as_they_are_now() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        assert!(store.index_words().unwrap());
        assert_eq!(mark(store.db()).unwrap(), PIECE as i64);
        apply(&mut store, vec![entry(1, "Ada"), entry(900, "Ada")]);
        assert_eq!(found(&store, "ada"), [1, 900]);
        while store.index_words().unwrap() {}
        assert_eq!(found(&store, "ada"), [1, 900]);
        apply(&mut store, vec![entry(900, "Wanda"), entry(5_000, "Ada")]);
        assert_eq!(found(&store, "ada"), [1, 5_000]);
    }

    #[test]
    fn a_list_that_is_wiped_leaves_nothing_and_the_next_one_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        assert!(store.index_words().unwrap());
        let mut after = None;
        loop {
            after = store.wipe_list(EVENT, after).unwrap();
            if after.is_none() {
                break;
            }
        }
        assert_eq!(
            (found(&store, "guest"), mark(store.db()).unwrap()),
            (vec![], 0)
        );
        apply(&mut store, vec![entry(1, "Olga"), entry(2, "Nia")]);
        assert_eq!(found(&store, "olga"), [1]);
        while store.index_words().unwrap() {}
        assert_eq!(found(&store, "nia"), [2]);
        assert_eq!(found(&store, "guest"), Vec::<u64>::new());
    }
}
