//! The collections of check-in.

use crate::mongo::people;
use crate::mongo::schema::{Index, Kept, Schema};

pub(super) const SCHEMA: Schema = Schema {
    service: "checkin",
    version: 1,
    collections: &[
        Kept {
            name: "organizations",
            indexes: &[],
        },
        Kept {
            name: "events",
            indexes: &[Index::of(&["org"])],
        },
        Kept {
            name: "rules",
            indexes: &[Index::of(&["event"])],
        },
        Kept {
            name: "feeds",
            indexes: &[],
        },
        Kept {
            name: "enrolments",
            indexes: &[],
        },
        Kept {
            name: "devices",
            indexes: &[
                Index::unique(&["credential"]),
                Index::of(&["org"]),
                Index::of(&["events"]),
            ],
        },
        Kept {
            name: "records",
            indexes: &[
                Index::of(&["event", "serial"]).where_set("serial"),
                Index::of(&["device", "target"]).where_set("target"),
                Index::of(&["device", "pending"]).where_set("pending"),
                Index::of(&["device", "set_aside"]).where_set("set_aside"),
            ],
        },
        Kept {
            name: "batches",
            indexes: &[],
        },
        Kept {
            name: "tickets",
            indexes: &[
                Index::unique(&["event", "position"]),
                Index::of(&["event", "in_question"]).where_set("in_question"),
            ],
        },
        Kept {
            name: "contacts",
            indexes: &[Index::of(&["event"])],
        },
        Kept {
            name: "marks",
            indexes: &[],
        },
        people::KEPT,
    ],
    steps: &[],
};
