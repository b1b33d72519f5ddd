//! Prices: pricing has counted every order, its price is the one that the policy
//! which was set last gives for that count, and whoever keeps a copy has the same.

use super::orders::{Order, counted};
use super::{Backend, Checked, Fault};
use crate::clients::journal::{Answer, Kind, Told};
use crate::world::Facts;
use anyhow::Result;
use rusqlite::OptionalExtension;
use serde_json::Value;

pub(super) fn check(
    backend: &Backend,
    orders: &[Order],
    facts: &Facts,
    told: &[Told],
    checked: &mut Checked,
) -> Result<()> {
    let all = counted(orders);
    for (ticket_type, _) in &facts.list_prices {
        let ticket_type = i64::try_from(*ticket_type)?;
        let Some(policy) = last_policy(told, ticket_type) else {
            continue;
        };
        let counted = all.get(&ticket_type).copied().unwrap_or_default();
        let Some(priced) = priced(backend, facts.event, ticket_type)? else {
            let what = format!("type {ticket_type}: pricing knows nothing of it");
            checked.found(Fault::AnswerLost, what);
            continue;
        };
        let counts = (&priced["held"], &priced["sold"]);
        let known = (counts.0.as_i64(), counts.1.as_i64());
        if known != (Some(counted.0), Some(counted.1)) {
            let what = format!(
                "type {ticket_type}: pricing counts {counts:?}, the orders have {counted:?}"
            );
            checked.found(Fault::Disagreement, what);
        }
        let due = due(policy, counted.0 + counted.1);
        let own = priced["own"]["minor"].as_i64();
        if !due.contains(&own) {
            let what = format!("type {ticket_type}: the price is {own:?}, by {policy} {due:?}");
            checked.found(Fault::AnswerLost, what);
        }
        copies(backend, ticket_type, own, checked)?;
    }
    Ok(())
}

/// The policy that was set last, by the one who sets them one after another.
fn last_policy(told: &[Told], ticket_type: i64) -> Option<&Value> {
    let last = told.iter().rfind(|told| {
        told.kind == Kind::Policy
            && told.asked["ticket_type"] == ticket_type
            && matches!(told.answer, Answer::Said(_))
    });
    last.map(|told| &told.asked["policy"])
}

/// What may stand in the place of the list price (`None`). A step that was reached is
/// kept until the count is more than one ticket, or a twentieth, below it.
fn due(policy: &Value, ordered: i64) -> Vec<Option<i64>> {
    let steps = policy["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let from = |step: &Value| step["from"].as_i64().unwrap_or(i64::MAX);
    let price = |step: &Value| step["price"]["minor"].as_i64();
    let reached = steps.iter().rfind(|step| from(step) <= ordered);
    let kept = steps.iter().filter(|step| {
        let slack = (from(step) / 20).max(1);
        from(step) > ordered && from(step) <= ordered + slack
    });
    let mut due = vec![reached.and_then(price)];
    due.extend(kept.map(price));
    due
}

fn priced(backend: &Backend, event: u64, ticket_type: i64) -> Result<Option<Value>> {
    let sql = "SELECT doc FROM pricing_types WHERE event = ?1 AND ticket_type = ?2";
    let row = backend
        .0
        .prepare_cached(sql)?
        .query_row((i64::try_from(event)?, ticket_type), |row| {
            row.get::<_, String>(0)
        });
    let text = row.optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// What those who sell and show the type take it to cost.
fn copies(
    backend: &Backend,
    ticket_type: i64,
    own: Option<i64>,
    checked: &mut Checked,
) -> Result<()> {
    for table in ["orders_prices", "events_prices"] {
        let sql = format!("SELECT price FROM {table} WHERE ticket_type = ?1");
        let row = backend
            .0
            .prepare_cached(&sql)?
            .query_row([ticket_type], |row| row.get::<_, Option<String>>(0));
        let copy: Option<Value> = match row.optional()?.flatten() {
            Some(text) => serde_json::from_str(&text)?,
            None => None,
        };
        let copy = copy.and_then(|price| price["minor"].as_i64());
        if copy != own {
            let what = format!("type {ticket_type}: pricing says {own:?}, {table} {copy:?}");
            checked.found(Fault::Disagreement, what);
        }
    }
    Ok(())
}
