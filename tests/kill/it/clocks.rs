//! Clocks that are set hours forth and back, at the server and at a gate.

use crate::venue::Venue;
use anyhow::{Context, Result};
use gateline_kill::checker::Backend;
use gateline_tests::system::wait_until;
use serde_json::json;
use std::time::Duration;

const HOUR_MS: i64 = 3_600_000;
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_unpaid_order_expires_by_the_servers_clock_wherever_that_is_set() -> Result<()> {
    let venue = Venue::open().await?;
    let order = json!({
        "event": venue.festival.event,
        "lines": [{"ticket_type": venue.festival.standard, "quantity": 1}],
    });
    let status = async |id: &str| -> Result<String> {
        let order = venue.buyer.get(&format!("/api/orders/{id}")).await?;
        Ok(order["status"].as_str().context("a status")?.to_owned())
    };
    // Set back: the order lives longer, and can still be paid.
    let first = venue.buyer.post_once("/api/orders", "one", &order).await?;
    let first = first["id"].as_str().context("an id")?;
    venue.disk.controls.shift_clock_ms(-5 * HOUR_MS)?;
    assert_eq!(status(first).await?, "created");
    let second = venue.buyer.post_once("/api/orders", "two", &order).await?;
    let second = second["id"].as_str().context("an id")?;
    let payment = json!({"order": first, "method": {"test": "pays"}});
    wait_until("the payment", DEADLINE, async || {
        let paid = venue
            .buyer
            .post_once("/api/payments", "pay", &payment)
            .await;
        match paid {
            Ok(_) => Ok(Some(())),
            Err(error) if error.to_string().contains("not_found") => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await?;
    // Set forth: the time that an order had is over at once, no earlier.
    assert_eq!(status(second).await?, "created");
    venue.disk.controls.shift_clock_ms(3 * HOUR_MS)?;
    wait_until("the order to expire", DEADLINE, async || {
        Ok((status(second).await? == "expired").then_some(()))
    })
    .await?;
    assert_eq!(status(first).await?, "completed");
    // And right again: everything goes on.
    venue.disk.controls.shift_clock_ms(0)?;
    assert_eq!(venue.tickets("after", 2).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_gate_whose_clock_is_set_forth_and_back_keeps_its_scans_in_order() -> Result<()> {
    let venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 10).await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    let (gate, disk) = venue.gate("north").await?;
    let event = venue.festival.event;
    for (number, hours) in [0, 5, -7, 9, 0].into_iter().enumerate() {
        disk.controls.shift_clock_ms(hours * HOUR_MS)?;
        let lines = gate.scan_codes(event, 1, &codes[number * 2..number * 2 + 2])?;
        assert!(
            lines.iter().all(|line| line.admitted()),
            "{hours} h: {lines:?}"
        );
    }
    venue.synced(&gate).await?;
    let server = Backend::open(&venue.data())?;
    let mut select = server
        .0
        .prepare("SELECT at, received_at FROM checkin_records WHERE is_scan = 1 ORDER BY seq")?;
    let times = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let times: Vec<(i64, i64)> = times.collect::<rusqlite::Result<_>>()?;
    assert_eq!(times.len(), 10);
    assert!(
        times.is_sorted_by_key(|(at, _)| *at),
        "in order of the chain: {times:?}"
    );
    for (at, received_at) in &times {
        assert!(
            (received_at - at).abs() < 10 * 60_000,
            "near when it was sent: {times:?}"
        );
    }
    let twice = gate.scan_codes(event, 1, &codes[..1])?;
    assert_eq!(twice[0].reason(), Some("already_admitted"));
    Ok(())
}

#[tokio::test]
async fn a_gate_whose_clock_runs_days_ahead_keeps_the_list_of_an_event_that_is_not_over()
-> Result<()> {
    let mut venue = Venue::open().await?;
    let tickets = venue.tickets("crew", 4).await?;
    let codes: Vec<String> = tickets.into_iter().map(|(_, code)| code).collect();
    let (north, _disk) = venue.gate("north").await?;
    let (south, disk) = venue.gate("south").await?;
    let event = venue.festival.event;
    disk.controls.shift_clock_ms(30 * 24 * HOUR_MS)?;
    venue.synced(&south).await?;
    north.scan_codes(event, 1, &codes[..2])?;
    venue.synced(&north).await?;
    venue.synced(&south).await?;
    venue.backend.kill()?;
    let lines = south.scan_codes(event, 2, &codes)?;
    let reasons: Vec<_> = lines.iter().map(|line| line.reason()).collect();
    let twice = Some("already_admitted");
    assert_eq!(reasons, [twice, twice, None, None], "{lines:?}");
    Ok(())
}

#[tokio::test]
async fn scans_and_sales_go_on_while_the_servers_clock_jumps() -> Result<()> {
    let mut venue = Venue::open().await?;
    let (gate, _disk) = venue.gate("north").await?;
    for (number, hours) in [0, 6, -6, 0].into_iter().enumerate() {
        venue.disk.controls.shift_clock_ms(hours * HOUR_MS)?;
        let bought = venue.tickets(&format!("jump-{number}"), 2).await?;
        let codes: Vec<String> = bought.into_iter().map(|(_, code)| code).collect();
        let lines = gate.scan_codes(venue.festival.event, 1, &codes)?;
        assert!(
            lines.iter().all(|line| line.admitted()),
            "{hours} h: {lines:?}"
        );
        venue.backend.kill()?;
        venue.backend.start_again().await?;
    }
    venue.synced(&gate).await?;
    let report = venue.report().await?;
    assert!(!report.to_string().contains("\"fork\""), "{report}");
    Ok(())
}
