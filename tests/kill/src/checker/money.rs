//! The gateway's own books against orders and their refunds.
//!
//! Always: the gateway keeps the price of completed orders, and nothing else.

use super::orders::Order;
use super::{Backend, Checked, Fault};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;

struct Charge {
    reference: String,
    amount_minor: i64,
}

pub(super) fn check(backend: &Backend, orders: &[Order], checked: &mut Checked) -> Result<()> {
    let payments: i64 =
        backend
            .0
            .query_row("SELECT count(*) FROM payments_payments", [], |row| {
                row.get(0)
            })?;
    checked.counts.payments = usize::try_from(payments)?;
    let charges = paid_charges(backend)?;
    let back = paid_back(backend, checked)?;
    let mut known: BTreeMap<&str, &Order> = BTreeMap::new();
    for order in orders {
        known.insert(&order.id, order);
        let none = Vec::new();
        let charges = charges.get(&order.id).unwrap_or(&none);
        of_order(order, charges, &back, checked);
    }
    for (order, charges) in &charges {
        if !known.contains_key(order.as_str()) {
            let count = charges.len();
            checked.found(
                Fault::PaidForNothing,
                format!("order {order} is not there, and {count} charges of it are"),
            );
        }
    }
    Ok(())
}

fn of_order(
    order: &Order,
    charges: &[Charge],
    back: &BTreeMap<String, (i64, u32)>,
    checked: &mut Checked,
) {
    let mut kept = 0;
    let mut returned = 0;
    for charge in charges {
        let (minor, times) = back.get(&charge.reference).copied().unwrap_or_default();
        if minor > charge.amount_minor || times > 1 {
            checked.found(
                Fault::RefundTwice,
                format!(
                    "order {}: {minor} went back in {times} refunds of a charge of {}",
                    order.id, charge.amount_minor
                ),
            );
        }
        kept += charge.amount_minor - minor;
        returned += u32::from(times > 0);
    }
    let (status, total) = (order.status(), order.total_minor());
    let due = if status == "completed" { total } else { 0 };
    if kept > due {
        let fault = if order.refunds().len() > returned as usize {
            Fault::RefundMissing
        } else {
            Fault::PaidForNothing
        };
        checked.found(
            fault,
            format!(
                "order {} is {status}; the gateway keeps {kept} instead of {due}",
                order.id
            ),
        );
    }
    if kept < due {
        checked.found(
            Fault::RefundTwice,
            format!(
                "order {} is {status}; the gateway keeps {kept} instead of {due}",
                order.id
            ),
        );
    }
    for refund in order
        .refunds()
        .iter()
        .filter(|it| it["completed_at"].is_null())
    {
        checked.found(
            Fault::RefundMissing,
            format!("order {}: refund {} was never done", order.id, refund["id"]),
        );
    }
}

/// Charges that were paid, by order.
fn paid_charges(backend: &Backend) -> Result<BTreeMap<String, Vec<Charge>>> {
    let mut charges: BTreeMap<String, Vec<Charge>> = BTreeMap::new();
    let sql = "SELECT order_id, reference, document FROM payments_test_charges";
    let mut statement = backend.0.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let order = uuid::Uuid::from_bytes(row.get(0)?).to_string();
        let document: Value = serde_json::from_str(&row.get::<_, String>(2)?)?;
        // At rest, every late payment has come.
        let paid = document["state"] == "Paid" || document["state"]["PaysAt"].is_number();
        if paid {
            charges.entry(order).or_default().push(Charge {
                reference: row.get(1)?,
                amount_minor: document["amount"]["minor"].as_i64().unwrap_or(0),
            });
        }
    }
    Ok(charges)
}

/// What went back, and in how many refunds, by charge.
fn paid_back(backend: &Backend, checked: &mut Checked) -> Result<BTreeMap<String, (i64, u32)>> {
    let mut back: BTreeMap<String, (i64, u32)> = BTreeMap::new();
    let sql = "SELECT reference, minor FROM payments_test_refunds";
    let mut statement = backend.0.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sum = back.entry(row.get(0)?).or_default();
        sum.0 += row.get::<_, i64>(1)?;
        sum.1 += 1;
        checked.counts.refunds += 1;
    }
    Ok(back)
}
