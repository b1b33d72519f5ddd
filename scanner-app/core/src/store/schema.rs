//! The tables of the store, as a list of migrations: `PRAGMA user_version`
//! counts those that were applied. A migration that was released never changes.

use super::counts::recount_inside;
use super::{StoreError, manifest, own, words};
use rusqlite::Connection;

/// One step: statements, and what only the program can work out after them.
struct Step {
    sql: &'static str,
    then: fn(&Connection) -> Result<(), StoreError>,
}

const fn sql(sql: &'static str) -> Step {
    Step {
        sql,
        then: |_| Ok(()),
    }
}

const MIGRATIONS: &[Step] = &[
    sql(FIRST),
    sql(ONE_LOG_PER_ENROLMENT),
    sql(WORDS_FOLLOW),
    sql(REBUILDS),
    sql(UNKNOWN_LOSS),
    Step {
        sql: FIGURES,
        then: count_figures,
    },
    Step {
        sql: WORDS_BEGIN,
        then: words::write_anew,
    },
];

/// Brings the store to the newest schema, all steps in one transaction.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let applied = usize::try_from(found).unwrap_or(0);
    for step in &MIGRATIONS[applied..] {
        transaction.execute_batch(step.sql)?;
        (step.then)(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// Who is inside depends on the rules, and what this device did on its log.
fn count_figures(db: &Connection) -> Result<(), StoreError> {
    if let Some(known) = manifest::known_in(db)? {
        for event in &known.manifest.events {
            recount_inside(db, event.event, known.rules(event.event))?;
        }
    }
    own::recount(db)
}

const FIRST: &str = "
CREATE TABLE device (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    device BLOB NOT NULL,
    org BLOB NOT NULL,
    name TEXT NOT NULL,
    server TEXT NOT NULL,
    certificate BLOB,
    root_key BLOB NOT NULL,
    credential TEXT NOT NULL,
    signing_seed BLOB NOT NULL,
    revoked_at INTEGER
);
CREATE TABLE manifest (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE TABLE chosen (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    event INTEGER NOT NULL,
    gate INTEGER,
    outward INTEGER NOT NULL
);
-- Where the device stands with the server.
CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    acknowledged INTEGER NOT NULL DEFAULT 0,
    receipted INTEGER NOT NULL DEFAULT 0,
    scans_logged INTEGER NOT NULL DEFAULT 0,
    clock_offset_ms INTEGER NOT NULL DEFAULT 0,
    clock_uncertainty_ms INTEGER,
    contact_at INTEGER
);
INSERT INTO progress (one) VALUES (1);

-- This device's own log: exact bytes, chained, append only.
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    receipt INTEGER NOT NULL
);
CREATE INDEX log_scans ON log (seq) WHERE receipt = 0;
CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append only'); END;
CREATE TRIGGER log_is_never_shortened BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append only'); END;
-- Records that the server keeps but does not count.
CREATE TABLE set_aside (
    seq INTEGER PRIMARY KEY,
    outcome TEXT NOT NULL
);

-- The attendee list. A reset of the feed begins a new round; rows of older
-- rounds stay in use until the new list is complete.
CREATE TABLE feeds (
    event INTEGER PRIMARY KEY,
    generation BLOB NOT NULL,
    position INTEGER NOT NULL,
    round INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    swept INTEGER NOT NULL,
    as_of INTEGER
);
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    round INTEGER NOT NULL,
    ticket_type INTEGER,
    epoch INTEGER,
    status INTEGER,
    name TEXT,
    seat TEXT,
    order_code TEXT,
    note TEXT,
    words TEXT NOT NULL,
    UNIQUE (event, serial)
);
CREATE VIRTUAL TABLE ticket_words USING fts5(
    words, content='', contentless_delete=1, tokenize='trigram'
);
-- Passages that stand: other devices' from the feed, this device's own from
-- its log.
CREATE TABLE passages (
    event INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    device BLOB NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    gate INTEGER,
    outward INTEGER NOT NULL,
    PRIMARY KEY (event, serial, device, seq)
) WITHOUT ROWID;
-- The highest epoch that a verified code of a serial ever showed here.
CREATE TABLE epochs (
    event INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (event, serial)
) WITHOUT ROWID;
-- Rotating codes that let somebody through.
CREATE TABLE proofs (
    hash BLOB PRIMARY KEY
) WITHOUT ROWID;
-- Sums over tickets and passages, kept with every change.
CREATE TABLE counts (
    event INTEGER NOT NULL,
    what TEXT NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (event, what, a, b)
) WITHOUT ROWID;
";

/// A log goes with its enrolment, and only after it.
const ONE_LOG_PER_ENROLMENT: &str = "
DROP TRIGGER log_is_never_shortened;
CREATE TRIGGER log_is_never_shortened BEFORE DELETE ON log
WHEN EXISTS (SELECT 1 FROM device)
BEGIN SELECT RAISE(ABORT, 'the log is append only'); END;
";

/// The index of words follows behind the list: rows up to this id are in it.
const WORDS_FOLLOW: &str = "
CREATE TABLE words_indexed (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    upto INTEGER NOT NULL
);
INSERT INTO words_indexed SELECT 1, coalesce(max(id), 0) FROM tickets;
";

/// What became of a store that was damaged.
const REBUILDS: &str = "
CREATE TABLE rebuilds (
    id INTEGER PRIMARY KEY,
    kept INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    lost_unsent INTEGER NOT NULL,
    aside TEXT NOT NULL
);
";

const UNKNOWN_LOSS: &str = "ALTER TABLE rebuilds ADD COLUMN at_least INTEGER NOT NULL DEFAULT 0;";

/// The live figures, the history of this device, and what is kept beside the
/// enrolment.
const FIGURES: &str = "
-- Settings and the lock, as JSON.
CREATE TABLE kept (
    what TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
-- Scans of this log that do not stand, and the record that says so.
CREATE TABLE taken_back (
    seq INTEGER PRIMARY KEY,
    by_record INTEGER NOT NULL
);
-- Admissions of this log that the server confirmed in time.
CREATE TABLE confirmed (
    seq INTEGER PRIMARY KEY
);
INSERT INTO counts (event, what, a, b, n)
    SELECT event, 'listed_of', ticket_type, 0, count(*) FROM tickets
    WHERE ticket_type IS NOT NULL GROUP BY event, ticket_type;
INSERT INTO counts (event, what, a, b, n)
    SELECT passages.event, 'entered', coalesce(ticket_type, -1), 0,
        count(DISTINCT passages.serial)
    FROM passages LEFT JOIN tickets
        ON tickets.event = passages.event AND tickets.serial = passages.serial
    WHERE outward = 0 GROUP BY 1, 3;
INSERT INTO counts (event, what, a, b, n)
    SELECT event, 'minute', at / 60000, 0, count(*) FROM passages
    WHERE outward = 0 GROUP BY 1, 3;
";

/// The words of the search are marked where they begin: the index is made anew, in
/// the background.
const WORDS_BEGIN: &str = "
INSERT INTO ticket_words (ticket_words) VALUES ('delete-all');
UPDATE words_indexed SET upto = 0;
";
