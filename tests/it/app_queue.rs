//! A queue of 200 at the scanner's window while the backend dies and comes back.

use anyhow::{Result, ensure};
use gateline_tests::app::{TimedScan, Venue};
use gateline_tests::system::wait_until;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

const GUESTS: usize = 160;
/// Every so many guests the first of them tries again.
const PARTY: usize = 4;
const QUEUE: usize = GUESTS / PARTY * (PARTY + 1);
const KILLED_AT: usize = 70;
const BACK_AT: usize = 130;
const CONFIRM_MS: u64 = 250;
const DEADLINE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_killed_in_a_queue_of_200_takes_no_scan_with_it() -> Result<()> {
    let mut venue = Venue::open(GUESTS).await?;
    let scanner = venue.scanner("Tablet 1", 1, None, CONFIRM_MS).await?;
    let online = |line: &Value| line["confirming"] == true;
    scanner.await_status("the server's word", online).await?;

    let codes = venue.codes.clone();
    let queue = codes
        .chunks(PARTY)
        .flat_map(|party| party.iter().chain(&party[..1]));
    let mut shown = Vec::new();
    for (at, code) in queue.enumerate() {
        let scan = if at == KILLED_AT {
            // The code is typed, and the server dies before it can answer twice.
            let kill = async { venue.backend.kill() };
            let (scan, killed) = tokio::join!(scanner.scan(code), kill);
            killed?;
            scan?
        } else {
            scanner.scan(code).await?
        };
        if at == BACK_AT {
            venue.backend.begin()?;
        }
        let again = at % (PARTY + 1) == PARTY;
        ensure!(scan.admitted != again, "guest {at}: {scan:?}");
        ensure!(!again || scan.reason == "already_admitted", "{scan:?}");
        shown.push(scan);
    }
    venue.backend.ready().await?;
    assert_eq!(shown.len(), QUEUE);
    print_times(&shown)?;

    let sent = |line: &Value| line["scans_waiting"] == 0 && line["link"] == "online";
    scanner.await_status("everything to be sent", sent).await?;
    let report = venue.report(QUEUE).await?;
    assert_eq!(report["totals"]["admitted"], GUESTS, "{}", report["totals"]);
    assert_eq!(report["conflicts"].as_array().map(Vec::len), Some(0));

    // Each answer is a record of its own, and the server misses none of them.
    let seqs: BTreeSet<u64> = shown.iter().map(|scan| scan.seq).collect();
    assert_eq!(seqs.len(), QUEUE);
    let path = format!("/api/checkin/devices?org={}", venue.festival.org);
    wait_until("the whole log", DEADLINE, async || {
        let devices = venue.festival.organizer.get(&path).await?;
        let device = &devices["items"][0];
        let whole = device["highest_seq"] == device["unbroken_seq"];
        let last = device["unbroken_seq"].as_u64() >= seqs.last().copied();
        Ok((whole && last).then_some(()))
    })
    .await?;
    scanner.close().await
}

/// The times of all answers, and of those that the server confirmed.
fn print_times(shown: &[TimedScan]) -> Result<()> {
    let confirmed = shown.iter().filter(|scan| scan.confirmation == "confirmed");
    let mut times: Vec<f64> = shown.iter().map(|scan| scan.shown_ms).collect();
    let mut decided: Vec<f64> = shown.iter().map(|scan| scan.decided_ms).collect();
    let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
    let (d50, d99) = (percentile(&mut decided, 50), percentile(&mut decided, 99));
    writeln!(
        std::io::stdout(),
        "{} answers, {} confirmed: last digit to screen p50 {p50:.1} ms, p99 {p99:.1} ms; \
         decided and on disk p50 {d50:.1} ms, p99 {d99:.1} ms",
        shown.len(),
        confirmed.count(),
    )?;
    Ok(())
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent).div_ceil(100).max(1);
    values.get(at - 1).copied().unwrap_or(f64::NAN)
}
