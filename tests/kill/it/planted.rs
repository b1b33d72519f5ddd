//! The checker finds what is wrong: each fault is planted into a copy of a sound
//! world, and must be named.

use anyhow::{Context, Result, ensure};
use gateline_kill::campaign::{self, Size};
use gateline_kill::checker::{Checked, Fault, check};
use gateline_kill::world::{Folders, older};
use rusqlite::Connection;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do to a world, and what must be found in it.
struct Plant {
    name: &'static str,
    fault: Fault,
    plant: fn(&Folders) -> Result<()>,
}

const PLANTS: &[Plant] = &[
    Plant {
        name: "an order's row is removed",
        fault: Fault::AnswerLost,
        plant: |world| {
            let one = "id = (SELECT id FROM orders_orders WHERE status = 'completed' LIMIT 1)";
            backend(world, &format!("DELETE FROM orders_orders WHERE {one}"))
        },
    },
    Plant {
        name: "an order is there that nobody was told of",
        fault: Fault::DoneTwice,
        plant: |world| {
            let copied = "'X' || code, event, buyer, status, version,
                          replace(document, lower(hex(substr(id, 1, 4))), '00000000')";
            backend(
                world,
                &format!(
                    "INSERT INTO orders_orders SELECT zeroblob(16), {copied}
                     FROM orders_orders WHERE status = 'expired' LIMIT 1"
                ),
            )
        },
    },
    Plant {
        name: "the stock is one off",
        fault: Fault::StockWrong,
        plant: |world| {
            let one =
                "WHERE sold > 0 AND ticket_type = (SELECT max(ticket_type) FROM orders_stock)";
            backend(
                world,
                &format!("UPDATE orders_stock SET sold = sold - 1 {one}"),
            )
        },
    },
    Plant {
        name: "more is sold than the limit",
        fault: Fault::Oversold,
        plant: |world| {
            let facts = std::fs::read_to_string(world.facts())?;
            let facts: serde_json::Value = serde_json::from_str(&facts)?;
            let rising = &facts["rising_type"];
            let one = format!("WHERE ticket_type = {rising} AND sold > 0");
            backend(
                world,
                &format!("UPDATE orders_stock SET most = sold - 1 {one}"),
            )
        },
    },
    Plant {
        name: "a paid order lacks a ticket",
        fault: Fault::TicketMissing,
        plant: |world| {
            backend(
                world,
                "DELETE FROM tickets_tickets WHERE place = (SELECT place FROM tickets_tickets
                 JOIN orders_orders ON order_id = id AND orders_orders.status = 'completed'
                 LIMIT 1)",
            )
        },
    },
    Plant {
        name: "a unit has two tickets",
        fault: Fault::TicketTwice,
        plant: |world| {
            backend(
                world,
                "INSERT INTO tickets_tickets SELECT NULL, event, serial + 1, org, owner, order_id,
                 status, issued_at, search, version, doc FROM tickets_tickets LIMIT 1",
            )
        },
    },
    Plant {
        name: "money was taken for a cancelled order",
        fault: Fault::PaidForNothing,
        plant: |world| {
            backend(
                world,
                "UPDATE orders_orders SET status = 'cancelled',
                 document = replace(document, '\"status\":\"completed\"', '\"status\":\"cancelled\"')
                 WHERE id = (SELECT id FROM orders_orders WHERE status = 'completed'
                     AND document NOT LIKE '%\"total\":{\"minor\":0%' LIMIT 1)",
            )
        },
    },
    Plant {
        name: "a refund was never made",
        fault: Fault::RefundMissing,
        plant: |world| {
            backend(
                world,
                "DELETE FROM payments_test_refunds WHERE key =
                 (SELECT key FROM payments_test_refunds WHERE minor > 0 LIMIT 1)",
            )
        },
    },
    Plant {
        name: "a refund was made twice",
        fault: Fault::RefundTwice,
        plant: |world| {
            backend(
                world,
                "INSERT INTO payments_test_refunds SELECT zeroblob(16), reference, minor
                 FROM payments_test_refunds WHERE minor > 0 LIMIT 1",
            )
        },
    },
    Plant {
        name: "a payment that was said to have succeeded has not",
        fault: Fault::AnswerLost,
        plant: |world| {
            backend(
                world,
                "UPDATE payments_payments SET document =
                 replace(document, '\"status\":\"succeeded\"', '\"status\":\"failed\"')
                 WHERE status = 'succeeded'",
            )
        },
    },
    Plant {
        name: "an event waits in the outbox",
        fault: Fault::LeftOver,
        plant: |world| {
            backend(
                world,
                "INSERT INTO outbox VALUES (zeroblob(16), '{}', 0, 0, 0)",
            )
        },
    },
    Plant {
        name: "the gates' list says otherwise than the ticket",
        fault: Fault::Disagreement,
        plant: |world| {
            backend(
                world,
                "UPDATE checkin_tickets SET doc =
                 replace(doc, '\"status\":\"valid\"', '\"status\":\"blocked\"')",
            )
        },
    },
    Plant {
        name: "an answer stands in a journal and nowhere else",
        fault: Fault::AnswerLost,
        plant: |world| {
            let said = json!({"id": "01890000-0000-7000-8000-000000000001", "code": "NONE"});
            let asked = json!({"asked": {"n": 900_000, "kind": "place", "asked": {}}});
            let said = json!({"said": {"n": 900_000, "said": said}});
            journal(world, "buyer-0", &[asked, said])
        },
    },
    Plant {
        name: "a scan is gone from a gate's log",
        fault: Fault::ScanLost,
        plant: |world| {
            gate(
                world,
                "DELETE FROM log WHERE seq = (SELECT max(seq) FROM log WHERE receipt = 0)",
            )
        },
    },
    Plant {
        name: "a byte of a gate's log is another",
        fault: Fault::ChainBroken,
        plant: |world| {
            gate(
                world,
                "UPDATE log SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || X'7F' AS BLOB)
                 WHERE seq = (SELECT min(seq) + 3 FROM log)",
            )
        },
    },
    Plant {
        name: "a scan is not at the server",
        fault: Fault::ScanNotAtServer,
        plant: |world| {
            backend(
                world,
                "DELETE FROM checkin_records WHERE (device, seq) IN
                 (SELECT device, max(seq) FROM checkin_records WHERE is_scan = 1 GROUP BY device)",
            )
        },
    },
    Plant {
        name: "a scan is at the server twice",
        fault: Fault::ScanTwice,
        plant: |world| {
            backend(
                world,
                "INSERT INTO checkin_records SELECT device, seq, zeroblob(32), bytes, is_scan,
                 quarantine, event, serial, target, at, not_before, received_at, confirmed, pending
                 FROM checkin_records WHERE is_scan = 1 LIMIT 1",
            )
        },
    },
    Plant {
        name: "two gates were told to let one ticket in",
        fault: Fault::AdmittedTwice,
        plant: |world| {
            let line = |n: u64| {
                let shown = json!({
                    "seq": 800_000 + n, "answer": {"admit": "entry"},
                    "confirmation": "confirmed", "ticket": {"serial": "0000000001"},
                });
                let asked = json!({"asked": {"n": 800_000 + n, "kind": "scan", "asked": {}}});
                [asked, json!({"said": {"n": 800_000 + n, "said": shown}})]
            };
            journal(world, "gate-001", &line(1))?;
            journal(world, "gate-002", &line(2))
        },
    },
];

fn change(db: &Connection, sql: &str) -> Result<()> {
    let changed = db.execute(sql, []).with_context(|| sql.to_owned())?;
    ensure!(changed > 0, "nothing to plant this on: {sql}");
    Ok(())
}

fn backend(world: &Folders, sql: &str) -> Result<()> {
    change(&Connection::open(world.backend().join("gateline.db"))?, sql)
}

/// The first gate that has logged enough.
fn gate(world: &Folders, sql: &str) -> Result<()> {
    let db = older::open_gate(&world.gates().join("gate-001"))?;
    db.execute_batch("DROP TRIGGER log_is_never_changed; DROP TRIGGER log_is_never_shortened")?;
    change(&db, sql)
}

fn journal(world: &Folders, who: &str, lines: &[serde_json::Value]) -> Result<()> {
    let path = world.journals().join(format!("{who}.jsonl"));
    let mut file = std::fs::File::options().append(true).open(path)?;
    for line in lines {
        writeln!(file, "{line}")?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (from, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        // Letters and what was cut off are not looked at.
        let ignored = from.ends_with("mail") || from.ends_with("sidecars");
        if from.is_dir() && !ignored {
            copy(&from, &to)?;
        } else if from.is_file() {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

fn planted(sound: &Path, plant: &Plant) -> Result<Checked> {
    let folder = tempfile::tempdir()?;
    let world: PathBuf = folder.path().join("world");
    copy(sound, &world)?;
    let folders = Folders::of(&world);
    (plant.plant)(&folders)?;
    check(&folders)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_fault_is_found_and_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let size = Size {
        rounds: 12,
        full_check_every: 12,
    };
    let report = campaign::run(folder.path(), 5, size, |_| {}).await?;
    campaign::sound(&report)?;
    for plant in PLANTS {
        let name = plant.name;
        let checked = planted(folder.path(), plant).with_context(|| name.to_owned())?;
        let named = checked.findings.iter().any(|it| it.fault == plant.fault);
        assert!(named, "{name}: found only {:?}", checked.findings);
    }
    Ok(())
}
