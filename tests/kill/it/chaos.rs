//! The distributed form: strikes under load, more and fewer processes, and a checker
//! that sees what is wrong in MongoDB.

use anyhow::{Context, Result, ensure};
use gateline_kill::chaos::{self, ChaosWorld, Size, Victim};
use gateline_kill::checker::Fault;
use gateline_tests::system::{Api, mongodb_program, wait_until};
use mongodb::bson::{Document, doc};
use std::path::Path;
use std::time::Duration;

const SEED: u64 = 390;
const LONG: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strikes_at_services_and_at_what_they_stand_on_lose_and_double_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let size = Size {
        strikes: 10,
        time: Duration::MAX,
        check_every: 100,
        each: 1,
    };
    let ran = chaos::run(folder.path(), &mongodb_program()?, SEED, size, |_| {}).await;
    let sound = ran.and_then(|report| {
        chaos::sound(&report)?;
        for victim in [Victim::Broker, Victim::Database, Victim::Cache] {
            ensure!(
                report.times(victim) > 0,
                "{victim:?} was not struck\n{report}"
            );
        }
        let counts = report.counts;
        let busy = [
            counts.orders,
            counts.tickets,
            counts.scans_shown,
            report.prices,
        ];
        ensure!(busy.iter().all(|count| *count >= 3), "{report}");
        Ok(())
    });
    kept_if_wrong(folder, sound)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_more_takes_its_share_and_one_less_loses_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let shared = share(folder.path()).await;
    kept_if_wrong(folder, shared)
}

async fn share(folder: &Path) -> Result<()> {
    let mut world = ChaosWorld::open(folder, &mongodb_program()?, 1, SEED).await?;
    world.crowd.go();
    let orders = world.cluster.running("orders")[0];
    let tickets = world.cluster.running("tickets")[0];
    has_worked(&world, orders, "gateline_orders_total", 4.0).await?;
    has_worked(&world, tickets, "gateline_bus_delivered_total", 4.0).await?;
    let more_orders = world.cluster.add("orders").await?;
    let more_tickets = world.cluster.add("tickets").await?;
    // Requests come by NGINX, events by the broker.
    has_worked(&world, more_orders, "gateline_orders_total", 4.0).await?;
    has_worked(&world, more_tickets, "gateline_bus_delivered_total", 4.0).await?;
    // The later one first: what is removed moves those behind it.
    for gone in [tickets.max(orders), tickets.min(orders)] {
        world.cluster.remove(gone).await?;
    }
    let left = world.cluster.running("orders")[0];
    let placed = worked(&world, left, "gateline_orders_total").await?;
    has_worked(&world, left, "gateline_orders_total", placed + 4.0).await?;
    let checked = world.come_to_rest().await?;
    ensure!(checked.findings.is_empty(), "{:#?}", checked.findings);
    ensure!(checked.counts.orders >= 12, "{:?}", checked.counts);
    planted_faults_are_found(&world).await?;
    world.crowd.end().await
}

/// The checker reads MongoDB: what is wrong there, it finds.
async fn planted_faults_are_found(world: &ChaosWorld) -> Result<()> {
    let client = mongodb::Client::with_uri_str(&world.engines.mongodb).await?;
    let collection = |service: &str, name: &str| {
        let database = client.database(&format!("{}_{service}", world.engines.prefix));
        database.collection::<Document>(name)
    };
    let sold = doc! {"sold": {"$gt": 0}};
    let one_less = doc! {"$inc": {"sold": -1_i64}};
    collection("orders", "stock")
        .update_one(sold, one_less)
        .await?;
    collection("checkin", "records").delete_one(doc! {}).await?;
    collection("tickets", "tickets")
        .delete_one(doc! {"doc.status": "valid"})
        .await?;
    let checked = world.check().await?;
    for fault in [
        Fault::StockWrong,
        Fault::ScanNotAtServer,
        Fault::TicketMissing,
    ] {
        let found = checked
            .findings
            .iter()
            .any(|finding| finding.fault == fault);
        ensure!(found, "{fault:?} was not found: {:#?}", checked.findings);
    }
    Ok(())
}

/// Waits until this instance's counter is that high.
async fn has_worked(world: &ChaosWorld, at: usize, counter: &str, least: f64) -> Result<()> {
    let what = format!(
        "{counter} of {} to be {least}",
        world.cluster.instances[at].service
    );
    wait_until(&what, LONG, async || {
        Ok((worked(world, at, counter).await? >= least).then_some(()))
    })
    .await
}

/// The sum of a counter of this instance.
async fn worked(world: &ChaosWorld, at: usize, counter: &str) -> Result<f64> {
    let port = world.cluster.instances[at].port;
    let api = Api::new(&format!("http://127.0.0.1:{port}"))?;
    let text = String::from_utf8(api.get_bytes("/metrics").await?)?;
    let lines = text.lines().filter(|line| line.starts_with(counter));
    lines
        .map(|line| {
            let value = line.rsplit(' ').next().context("a value")?;
            Ok(value.parse::<f64>()?)
        })
        .sum()
}

/// What shows the fault must not go away with the test.
fn kept_if_wrong(folder: tempfile::TempDir, outcome: Result<()>) -> Result<()> {
    outcome.map_err(|error| {
        let kept = folder.keep();
        error.context(format!("the world is kept in {}", kept.display()))
    })
}
