//! From the order to the ticket: placed, paid at the test gateway, completed,
//! issued, and on the gates' list.

use super::closed_loop::{Client, closed_loop};
use super::connection::{Connection, request};
use super::orders::BUYERS;
use super::shop::{Buyer, Shop};
use super::{memory, on_one_thread};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::{Latencies, Unit};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

const RATE: f64 = 500.0;
const DEADLINE: Duration = Duration::from_secs(300);
const LOOKED_EVERY: Duration = Duration::from_millis(5);

/// Measures.
///
/// # Errors
/// When an order is refused, or its ticket does not come.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let mut figures = one(context, 1, "one hot ticket type")?;
    figures.extend(one(context, 50, "50 ticket types")?);
    Ok(figures)
}

/// Orders, and pays at once; its orders are numbered from a number on.
pub(super) struct Payer(pub(super) Buyer, pub(super) u64);

impl Client for Payer {
    async fn once(&mut self, n: u64) -> Result<Option<u64>> {
        let order = self.0.order(self.1 + n).await?;
        self.0.pay(&order).await?;
        Ok(Some(1))
    }
}

fn one(context: &Context, types: usize, over: &str) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    let orders: u64 = context.pick(5_000, 128);
    on_one_thread(async {
        let shop = Shop::open(context, folder.path(), types, BUYERS + 1).await?;
        let mut buyers: Vec<Payer> = shop
            .buyers()
            .await?
            .into_iter()
            .map(|it| Payer(it, 0))
            .collect();
        let Payer(mut prober, _) = buyers.pop().context("a buyer to look on")?;
        let mut desk = Desk::of(&shop).await?;
        let server = shop.process()?;
        let used = super::usage::Usage::of(server)?;
        let (started, selling) = (Instant::now(), Cell::new(true));
        let buying = async {
            let run = closed_loop(&mut buyers, orders, &[server]).await;
            selling.set(false);
            run
        };
        let (run, probed) = tokio::join!(buying, probe(&mut prober, &selling));
        let (run, (latencies, probes)) = (run?, probed?);
        desk.wait_for(orders + probes).await?;
        let took = started.elapsed();
        let used = super::usage::Usage::of(server)?.since(used);
        let letters = letters(folder.path());
        let all = (orders + probes) as f64;
        let how = format!(
            "{BUYERS} buyers in a closed loop order one ticket and pay it at the test gateway, \
             {orders} orders, until the last ticket is on the gates' list; {} of {} letters with \
             printed tickets were written by then; {}",
            letters,
            orders + probes,
            run.shares()
        );
        let name = |what: &str| format!("{what}, {over}");
        let rate = all / took.as_secs_f64();
        let used = used.as_secs_f64() * 1e6 / all;
        let mut figures = vec![
            Figure::new(&name("orders to issued tickets"), rate, "/s", &how)
                .with_goal(Goal::AtLeast(RATE)),
            Figure::new(
                &name("server's processor time per issued order"),
                used,
                "µs",
                &how,
            ),
        ];
        let how = "one more buyer under the same load: from ordering to the answer of \
                   `GET /api/tickets` that has the ticket, asked every 5 ms";
        let wanted = [(0.5, None), (0.99, None), (1.0, None)];
        let name_of_latency = name("order to issued ticket");
        figures.extend(latencies.figures(&name_of_latency, Unit::Ms, &wanted, how));
        figures.push(memory(server, &name("memory of the server after issuing"))?);
        Ok(figures)
    })
}

/// Buys one ticket after the other and looks when it is there, while the others
/// buy.
async fn probe(buyer: &mut Buyer, selling: &Cell<bool>) -> Result<(Latencies, u64)> {
    let (mut latencies, mut probes) = (Latencies::new()?, 0);
    while selling.get() {
        let asked = Instant::now();
        let order = buyer.order(u64::from(u32::MAX) + probes).await?;
        buyer.pay(&order).await?;
        let mut pace = tokio::time::interval(LOOKED_EVERY);
        while buyer.tickets(&order).await? == 0 {
            pace.tick().await;
            if asked.elapsed() > DEADLINE {
                bail!("a paid order has no ticket");
            }
        }
        latencies.take(asked.elapsed());
        probes += 1;
    }
    Ok((latencies, probes))
}

/// Looks at the list of the gates.
pub(super) struct Desk {
    connection: Connection,
    asked: Vec<u8>,
}

impl Desk {
    pub(super) async fn of(shop: &Shop) -> Result<Self> {
        let path = format!("/api/checkin/events/{}/figures", shop.event);
        Ok(Self {
            connection: Connection::to(shop.address()?).await?,
            asked: request("GET", &path, Some(shop.organizer()?), &[], b""),
        })
    }

    /// Until so many tickets are expected at the gates.
    pub(super) async fn wait_for(&mut self, tickets: u64) -> Result<()> {
        let begun = Instant::now();
        let mut pace = tokio::time::interval(LOOKED_EVERY);
        loop {
            let figures = self.connection.succeed(&self.asked).await?;
            let figures: Value = serde_json::from_slice(figures)?;
            if figures["expected"].as_u64() == Some(tickets) {
                return Ok(());
            }
            if begun.elapsed() > DEADLINE {
                bail!("{} of {tickets} tickets came", figures["expected"]);
            }
            pace.tick().await;
        }
    }
}

/// Letters that were written so far.
fn letters(data: &Path) -> usize {
    let files = std::fs::read_dir(data.join("mail"));
    files.map_or(0, Iterator::count)
}
