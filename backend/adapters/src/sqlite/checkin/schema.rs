//! The tables of check-in.

use crate::sqlite::migrate::Component;

pub(in crate::sqlite) const SCHEMA: Component = Component {
    name: "checkin",
    steps: &[
        "
        CREATE TABLE checkin_organizations (
            org BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            name_version INTEGER NOT NULL,
            root_seed BLOB NOT NULL,
            manifest_version INTEGER NOT NULL,
            manifest_at INTEGER NOT NULL) STRICT;

        CREATE TABLE checkin_events (
            event INTEGER PRIMARY KEY,
            org BLOB,
            doc TEXT NOT NULL,
            version INTEGER NOT NULL,
            generation BLOB NOT NULL,
            position INTEGER NOT NULL,
            changes INTEGER NOT NULL) STRICT;
        CREATE INDEX checkin_events_org ON checkin_events (org);
        CREATE TABLE checkin_rules (
            event INTEGER NOT NULL,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL,
            PRIMARY KEY (event, version)) STRICT, WITHOUT ROWID;

        CREATE TABLE checkin_enrolments (
            secret BLOB PRIMARY KEY,
            org BLOB NOT NULL,
            name TEXT,
            made_by BLOB NOT NULL,
            expires_at INTEGER NOT NULL) STRICT;
        CREATE TABLE checkin_devices (
            device BLOB PRIMARY KEY,
            org BLOB NOT NULL,
            credential BLOB NOT NULL UNIQUE,
            doc TEXT NOT NULL,
            unbroken INTEGER NOT NULL DEFAULT 0,
            highest INTEGER NOT NULL DEFAULT 0,
            last_scan INTEGER NOT NULL DEFAULT 0,
            log_version INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE INDEX checkin_devices_org ON checkin_devices (org);

        CREATE TABLE checkin_records (
            device BLOB NOT NULL,
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL,
            bytes BLOB NOT NULL,
            is_scan INTEGER NOT NULL,
            quarantine TEXT,
            event INTEGER,
            serial INTEGER,
            target INTEGER,
            at INTEGER NOT NULL,
            not_before INTEGER,
            received_at INTEGER NOT NULL,
            confirmed TEXT,
            pending INTEGER NOT NULL,
            PRIMARY KEY (device, seq, hash)) STRICT, WITHOUT ROWID;
        CREATE INDEX checkin_records_ticket ON checkin_records (event, serial)
            WHERE serial IS NOT NULL;
        CREATE INDEX checkin_records_target ON checkin_records (device, target)
            WHERE target IS NOT NULL;
        CREATE INDEX checkin_records_pending ON checkin_records (device)
            WHERE pending = 1;
        CREATE INDEX checkin_records_set_aside ON checkin_records (device, quarantine, seq)
            WHERE quarantine IS NOT NULL;
        CREATE TABLE checkin_batches (
            device BLOB NOT NULL,
            first_seq INTEGER NOT NULL,
            last_seq INTEGER NOT NULL,
            last_hash BLOB NOT NULL,
            signature BLOB NOT NULL,
            received_at INTEGER NOT NULL,
            receipt BLOB NOT NULL,
            PRIMARY KEY (device, first_seq, last_seq, last_hash)) STRICT, WITHOUT ROWID;
        CREATE TABLE checkin_event_devices (
            event INTEGER NOT NULL,
            device BLOB NOT NULL,
            PRIMARY KEY (event, device)) STRICT, WITHOUT ROWID;

        -- Serials are random: rows in order of arrival keep a large import from
        -- touching pages all over the file.
        CREATE TABLE checkin_tickets (
            event INTEGER NOT NULL,
            serial INTEGER NOT NULL,
            doc TEXT NOT NULL,
            position INTEGER NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY (event, serial)) STRICT;
        CREATE UNIQUE INDEX checkin_tickets_position ON checkin_tickets (event, position);
        CREATE TABLE checkin_figures (
            event INTEGER NOT NULL,
            figure TEXT NOT NULL,
            value INTEGER NOT NULL,
            PRIMARY KEY (event, figure)) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE checkin_contacts (
            event INTEGER NOT NULL,
            device BLOB NOT NULL,
            at INTEGER NOT NULL,
            gate INTEGER,
            open TEXT NOT NULL,
            PRIMARY KEY (event, device)) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE checkin_past_generations (
            id INTEGER PRIMARY KEY,
            event INTEGER NOT NULL,
            generation BLOB NOT NULL,
            upto INTEGER NOT NULL) STRICT;
        CREATE UNIQUE INDEX checkin_past_generations_event
            ON checkin_past_generations (event, generation);
    ",
        // Of tickets that were counted before, nobody knows: all of them are.
        "
        ALTER TABLE checkin_tickets ADD COLUMN in_question INTEGER NOT NULL DEFAULT 0;
        UPDATE checkin_tickets SET in_question = 1 WHERE EXISTS
            (SELECT 1 FROM checkin_records
             WHERE event = checkin_tickets.event AND serial = checkin_tickets.serial);
        CREATE INDEX checkin_tickets_in_question ON checkin_tickets (event, serial)
            WHERE in_question = 1;
    ",
    ],
};

/// At each start every feed gets a new generation, and remembers how far the last one
/// went. A reader that stands further, or in a generation that nobody remembers, read
/// from a store that was put back to a copy since. After so many starts a reader
/// begins anew in any case.
///
/// Manifests get a version that no manifest had before, also not in what was lost:
/// gates refuse an older one. The milliseconds since 1970 serve as a number that has risen
/// by more than any changes since a copy was made; nobody reads a time from it.
pub(in crate::sqlite) const AT_START: &str = "
    INSERT OR REPLACE INTO checkin_past_generations (event, generation, upto)
        SELECT event, generation, position FROM checkin_events;
    UPDATE checkin_events SET generation = randomblob(16);
    DELETE FROM checkin_past_generations AS old WHERE
        (SELECT count(*) FROM checkin_past_generations AS newer
         WHERE newer.event = old.event AND newer.id > old.id) >= 50;
    UPDATE checkin_organizations
        SET manifest_version = max(manifest_version + 1,
                                   CAST(unixepoch('subsec') * 1000 AS INTEGER));
";

/// Codes that made a device since a backup would make another one after it is
/// restored.
pub(in crate::sqlite) const AT_RESTORE: &str = "DELETE FROM checkin_enrolments";
