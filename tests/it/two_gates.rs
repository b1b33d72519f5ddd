//! Two gates online: one code shown at both at the same moment.

use anyhow::{Context, Result, ensure};
use gateline_tests::story::set_up;
use gateline_tests::system::{
    Api, Binaries, Engines, Form, Gate, Lane, ScanLine, Shop, wait_until,
};
use serde_json::json;
use std::sync::{Arc, Barrier};
use std::time::Duration;

const ORDERS: usize = 4;
const DEADLINE: Duration = Duration::from_secs(120);
/// Far above what an answer takes, so that a busy machine changes nothing.
const CONFIRM_MS: u64 = 30_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_at_two_online_gates_at_once_is_admitted_once_a_thousand_times() -> Result<()> {
    is_admitted_once(Form::Embedded, 1_000).await
}

/// Fewer of them: the database that stands in for MongoDB is slow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_code_at_two_gates_of_services_apart_is_admitted_once_a_hundred_times() -> Result<()> {
    is_admitted_once(Form::Distributed(Engines::of_this_run()?), 100).await
}

async fn is_admitted_once(form: Form, count: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::of_this_build()?;
    let backend = Shop::open(&binaries, &folder.path().join("backend"), form).await?;
    let festival = set_up(backend.api()?).await?;
    let codes = buy(&festival.organizer, backend.api()?, festival.event, count).await?;

    let mut lanes = Vec::new();
    for (gate, name) in [(1, "North"), (2, "South")] {
        let body = json!({"org": festival.org, "name": name});
        let code = festival
            .organizer
            .post("/api/checkin/enrolment-codes", &body)
            .await?;
        let scanner = Gate::new(&binaries, &folder.path().join(name), name)?;
        scanner.enrol(code["code"].as_str().context("an enrolment code")?)?;
        wait_until("the list", DEADLINE, async || {
            scanner.sync()?;
            let tickets = scanner.status()?["events"].as_array().and_then(|events| {
                events
                    .iter()
                    .find(|e| e["event"] == festival.event)
                    .cloned()
            });
            let tickets = tickets.and_then(|event| event["tickets"].as_u64());
            Ok((tickets == Some(count as u64)).then_some(()))
        })
        .await?;
        lanes.push(scanner.open_lane(festival.event, gate, CONFIRM_MS)?);
    }
    let (north, south) = show_at_both(lanes, codes)?;
    let mut confirmed = 0;
    for (index, (north, south)) in north.iter().zip(&south).enumerate() {
        let admitted = [north, south].iter().filter(|line| line.admitted()).count();
        assert_eq!(admitted, 1, "code {index}: {north:?} {south:?}");
        let red = if north.admitted() { south } else { north };
        assert_eq!(red.reason(), Some("already_admitted"), "code {index}");
        let green = if north.admitted() { north } else { south };
        confirmed += usize::from(green.0["confirmation"] == "confirmed");
    }
    assert_eq!(confirmed, count, "every admission was the server's word");
    Ok(())
}

async fn buy(organizer: &Api, mut buyer: Api, event: u64, count: usize) -> Result<Vec<String>> {
    let per_order = count / ORDERS;
    let free = json!({
        "name": "Crew", "price": {"minor": 0, "currency": "EUR"},
        "limit": count, "max_per_order": per_order,
    });
    let free = organizer
        .post(&format!("/api/events/{event}/ticket-types"), &free)
        .await?;
    buyer.sign_up("Crew Chief", "crew@harbour.example").await?;
    let order = json!({
        "event": event, "lines": [{"ticket_type": free["id"], "quantity": per_order}],
    });
    for index in 0..ORDERS {
        wait_until("the sale to open", DEADLINE, async || {
            match buyer
                .post_once("/api/orders", &format!("crew-{index}"), &order)
                .await
            {
                Ok(_) => Ok(Some(())),
                Err(error) if error.to_string().contains("not_found") => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await?;
    }
    wait_until("the tickets", DEADLINE, async || {
        let mut codes = Vec::new();
        let mut path = "/api/tickets?limit=200".to_owned();
        loop {
            let page = buyer.get(&path).await?;
            let items = page["items"].as_array().context("a list of tickets")?;
            codes.extend(
                items
                    .iter()
                    .filter_map(|t| t["code"].as_str().map(str::to_owned)),
            );
            match page["next"].as_str() {
                Some(next) => path = format!("/api/tickets?limit=200&after={next}"),
                None => return Ok((codes.len() == count).then_some(codes)),
            }
        }
    })
    .await
}

/// Each lane has a thread; a barrier lets both show the next code at once.
fn show_at_both(lanes: Vec<Lane>, codes: Vec<String>) -> Result<(Vec<ScanLine>, Vec<ScanLine>)> {
    let barrier = Arc::new(Barrier::new(lanes.len()));
    let codes = Arc::new(codes);
    let threads: Vec<_> = lanes
        .into_iter()
        .map(|mut lane| {
            let (barrier, codes) = (Arc::clone(&barrier), Arc::clone(&codes));
            std::thread::spawn(move || -> Result<Vec<ScanLine>> {
                let shown = codes.iter().map(|code| {
                    barrier.wait();
                    lane.show(code)
                });
                // Both lanes go through all codes, so that neither waits in vain.
                let shown: Vec<Result<ScanLine>> = shown.collect();
                lane.close()?;
                shown.into_iter().collect()
            })
        })
        .collect();
    let mut shown = Vec::new();
    for thread in threads {
        shown.push(
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a lane panicked"))??,
        );
    }
    let (south, north) = (shown.pop(), shown.pop());
    ensure!(shown.is_empty(), "two lanes");
    Ok((
        north.context("the North lane")?,
        south.context("the South lane")?,
    ))
}
