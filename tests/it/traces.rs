//! Traces of the shipped server, as a collector gets them.

use anyhow::{Context, Result, ensure};
use gateline_tests::story::{Festival, set_up};
use gateline_tests::system::{
    Api, Backend, BackendOptions, Binaries, Cluster, Collector, Engines, PASSWORD, Step, wait_until,
};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(60);
const BUYER: &str = "grete.guest@mail.example";
/// What the buyer's browser says of its own trace.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const BROWSER: &str = "b7ad6b7169203331";

/// Payments asks orders to hold what an order costs.
const HOLD: &str = "POST /internal/orders/{order}/hold";

fn place() -> String {
    format!("00-{TRACE}-{BROWSER}-01")
}

fn traced_to(url: &str) -> BackendOptions {
    BackendOptions {
        arguments: ["--otlp-url", url].map(str::to_owned).to_vec(),
        ..BackendOptions::default()
    }
}

/// Buys one ticket within the browser's trace.
async fn buys(mut buyer: Api, festival: &Festival) -> Result<Bought> {
    buyer.sign_up("Grete Guest", BUYER).await?;
    let lines = json!([{"ticket_type": festival.standard, "quantity": 1}]);
    let order = json!({"event": festival.event, "lines": lines});
    let traced = buyer.within(&place());
    let order = wait_until("the sale to open", DEADLINE, async || {
        Ok(traced.post("/api/orders", &order).await.ok())
    });
    let order = order.await?;
    let payment = json!({"order": order["id"], "method": {"test": "pays"}});
    wait_until("the payment", DEADLINE, async || {
        Ok(traced.post("/api/payments", &payment).await.ok())
    })
    .await?;
    let ticket = wait_until("the ticket", DEADLINE, async || {
        let page = buyer.get("/api/tickets").await?;
        Ok(page["items"].get(0).cloned())
    });
    Ok(Bought {
        token: buyer.token().context("a token")?.to_owned(),
        ticket: ticket.await?,
    })
}

/// What nobody else may know.
struct Bought {
    token: String,
    ticket: Value,
}

/// The steps of the browser's trace, once the letter is sent and so many of each of
/// these are there.
async fn steps_of(collector: &Collector, each: &[(&str, usize)]) -> Result<Vec<Step>> {
    wait_until("the whole trace", DEADLINE, async || {
        let mut steps = collector.steps()?;
        steps.retain(|step| step.trace == TRACE);
        let is_whole = letters_way(&steps).is_ok()
            && each
                .iter()
                .all(|(name, count)| named(&steps, name).len() >= *count);
        Ok(is_whole.then_some(steps))
    })
    .await
}

/// The steps from what the browser asked down to `last`, if all of them are there.
fn way_to<'a>(last: &'a Step, steps: &'a [Step]) -> Option<Vec<&'a Step>> {
    let mut way = vec![last];
    loop {
        let above = &way.last()?.parent;
        if above == BROWSER {
            way.reverse();
            return Some(way);
        }
        way.push(steps.iter().find(|step| step.id == *above)?);
    }
}

fn named<'a>(steps: &'a [Step], name: &str) -> Vec<&'a Step> {
    steps.iter().filter(|step| step.name == name).collect()
}

/// Is this said of any of them?
fn is_said(steps: &[&Step], key: &str, value: &str) -> bool {
    let mut said = steps.iter().filter_map(|step| step.attributes.get(key));
    said.any(|said| said == value)
}

/// The way to the letter, as (service, step).
fn letters_way(steps: &[Step]) -> Result<Vec<(&str, &str)>> {
    let letters = named(steps, "send letter");
    let way = letters.first().and_then(|letter| way_to(letter, steps));
    let way = way.context("no letter")?;
    Ok(way
        .iter()
        .map(|step| (step.service.as_str(), step.name.as_str()))
        .collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_follows_an_order_from_its_payment_to_the_letter_and_tells_no_secret()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = Collector::start().await?;
    let binaries = Binaries::of_this_build()?;
    let options = traced_to(collector.url());
    let backend = Backend::start(&binaries, folder.path(), options).await?;
    let festival = set_up(backend.api()?).await?;
    let bought = buys(backend.api()?, &festival).await?;

    let each = [("process OrderCreated", 5), ("process TicketIssued", 1)];
    let steps = steps_of(&collector, &each).await?;
    let expected = [
        "POST /api/payments",
        "process PaymentSucceeded",
        "process OrderCompleted",
        "process OrderFulfilled",
        "send letter",
    ];
    let way = letters_way(&steps)?;
    assert_eq!(way, expected.map(|step| ("gateline", step)));
    let placing = named(&steps, "POST /api/orders");
    assert!(is_said(&placing, "http.response.status_code", "201"));
    assert!(is_said(&placing, "http.route", "/api/orders"));
    let hearing = named(&steps, "process OrderCreated");
    assert!(is_said(&hearing, "messaging.system", "in_process"));
    for consumer in ["payments", "expiration"] {
        let key = "messaging.consumer.group.name";
        assert!(is_said(&hearing, key, consumer), "{consumer}");
    }
    let issued = named(&steps, "process TicketIssued");
    assert!(issued.iter().any(|step| way_to(step, &steps).is_some()));
    assert!(is_said(
        &named(&steps, "gateway charge"),
        "gateline.gateway",
        "test"
    ));

    let log = std::fs::read_to_string(backend.log_file())?;
    let mut lines = log.lines().filter(|line| line.contains("/api/payments"));
    assert!(lines.any(|line| line.contains(TRACE)), "{log}");
    tells_nothing(&collector.text(), &bought)
}

/// No name, address, token, password or code is in what a collector got.
fn tells_nothing(text: &str, bought: &Bought) -> Result<()> {
    ensure!(text.contains("/api/payments"), "nothing was traced");
    let code = bought.ticket["code"].as_str().context("a code")?;
    for (what, secret) in [
        ("the buyer's address", BUYER),
        ("the buyer's name", "Grete"),
        ("the organizer's address", "olga@harbour.example"),
        ("a password", PASSWORD),
        ("a token", bought.token.as_str()),
        ("a ticket code", code),
    ] {
        ensure!(!text.contains(secret), "{what} is in a trace");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_follows_an_order_through_services_apart_from_each_other() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = Collector::start().await?;
    let binaries = Binaries::of_this_build()?;
    let arguments = ["--otlp-url", collector.url()];
    let engines = Engines::of_this_run()?;
    let cluster = Cluster::start(&binaries, folder.path(), engines, 1, &arguments).await?;
    let festival = set_up(cluster.api()?).await?;
    let bought = buys(cluster.api()?, &festival).await?;

    let each = [("process OrderCreated", 5), (HOLD, 2)];
    let steps = steps_of(&collector, &each).await?;
    let expected = [
        ("gateline-payments", "POST /api/payments"),
        ("gateline-payments", "send PaymentSucceeded"),
        ("gateline-orders", "process PaymentSucceeded"),
        ("gateline-orders", "send OrderCompleted"),
        ("gateline-tickets", "process OrderCompleted"),
        ("gateline-tickets", "send OrderFulfilled"),
        ("gateline-mail", "process OrderFulfilled"),
        ("gateline-mail", "send letter"),
    ];
    assert_eq!(letters_way(&steps)?, expected);
    let hearing = named(&steps, "process OrderCreated");
    assert!(is_said(&hearing, "messaging.system", "rabbitmq"));
    assert!(
        hearing
            .iter()
            .any(|step| step.service == "gateline-payments")
    );
    let holding = named(&steps, HOLD);
    let [first, second] = ["gateline-payments", "gateline-orders"].map(|service| {
        let mut holding = holding.iter();
        holding.find(|step| step.service == service)
    });
    let (asked, answered) = (first.context("asked")?, second.context("answered")?);
    assert_eq!(
        answered.parent, asked.id,
        "orders answers within payments' question"
    );
    tells_nothing(&collector.text(), &bought)
}

/// How many spans the server says that it lost.
async fn lost(api: &Api) -> Result<f64> {
    let figures = String::from_utf8(api.get_bytes("/metrics").await?)?;
    let mut lines = figures.lines();
    let count = lines.find_map(|line| {
        let value = line.strip_prefix("gateline_spans_lost_total")?;
        value.rsplit_once(' ')?.1.parse().ok()
    });
    Ok(count.unwrap_or(0.0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_keeps_nobody_waiting_and_is_named_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let binaries = Binaries::of_this_build()?;
    let options = traced_to(&format!("http://{address}"));
    let backend = Backend::start(&binaries, folder.path(), options).await?;
    let api = backend.api()?;
    let mut before = 0.0;
    for _ in 0..3 {
        api.get("/api/events").await?;
        before = wait_until("traces to be lost", DEADLINE, async || {
            let lost = lost(&api).await?;
            Ok((lost > before).then_some(lost))
        })
        .await?;
    }
    let festival = set_up(backend.api()?).await?;
    buys(backend.api()?, &festival).await?;
    let said = |words: &str| -> Result<usize> {
        let log = std::fs::read_to_string(backend.log_file())?;
        Ok(log.lines().filter(|line| line.contains(words)).count())
    };
    assert_eq!(said("traces do not reach the collector")?, 1);

    let collector = Collector::start_at(address).await?;
    wait_until("traces to arrive", DEADLINE, async || {
        api.get("/api/events").await?;
        let steps = collector.steps()?;
        Ok((!named(&steps, "GET /api/events").is_empty()).then_some(()))
    })
    .await?;
    wait_until("the word of it", DEADLINE, async || {
        Ok((said("traces reach the collector again")? == 1).then_some(()))
    })
    .await
}

/// Asks the server to end, and waits until it has; how long that took.
async fn ends(backend: &mut Backend) -> Result<Duration> {
    let process = backend.process().context("it does not run")?.to_string();
    let asked = Command::new("kill").args(["-TERM", &process]).status()?;
    ensure!(asked.success(), "nobody to end");
    let begun = Instant::now();
    let ended = wait_until("the end", DEADLINE, || {
        let ended = backend.ended();
        async move { ended }
    });
    let status = ended.await?;
    ensure!(status.success(), "{status}");
    Ok(begun.elapsed())
}

async fn asked_once(folder: &Path, url: &str) -> Result<Backend> {
    let binaries = Binaries::of_this_build()?;
    let backend = Backend::start(&binaries, folder, traced_to(url)).await?;
    backend.api()?.get("/api/events").await?;
    Ok(backend)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_traced_last_is_sent_before_the_end() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let collector = Collector::start().await?;
    let mut backend = asked_once(folder.path(), collector.url()).await?;
    ends(&mut backend).await?;
    assert_eq!(named(&collector.steps()?, "GET /api/events").len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_never_answers_does_not_hold_up_the_end() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // It is connected to, and nobody reads what comes.
    let silent = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let url = format!("http://{}", silent.local_addr()?);
    let mut backend = asked_once(folder.path(), &url).await?;
    let took = ends(&mut backend).await?;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let log = std::fs::read_to_string(backend.log_file())?;
    assert!(log.contains("did not reach the collector in time"), "{log}");
    Ok(())
}
