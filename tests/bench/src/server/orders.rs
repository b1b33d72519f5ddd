//! Placing orders: each is answered when it is on disk with its stock.

use super::closed_loop::{Client, closed_loop};
use super::shop::{Buyer, Shop};
use super::{memory, on_one_thread};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::Unit;
use anyhow::{Result, ensure};

pub(super) const BUYERS: usize = 64;
const RATE: f64 = 2_000.0;
const P99_MS: f64 = 50.0;

impl Client for Buyer {
    async fn once(&mut self, n: u64) -> Result<Option<u64>> {
        self.order(n).await?;
        Ok(Some(1))
    }
}

/// Measures.
///
/// # Errors
/// When an order is refused, or stock and orders do not add up.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let mut figures = one(context, 1, "one hot ticket type", true)?;
    figures.extend(one(context, 50, "50 ticket types", false)?);
    Ok(figures)
}

fn one(context: &Context, types: usize, over: &str, hot: bool) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    let (warm_up, orders) = context.pick((2_000, 20_000), (64, 256));
    on_one_thread(async {
        let shop = Shop::open(context, folder.path(), types, BUYERS).await?;
        let mut buyers = shop.buyers().await?;
        closed_loop(&mut buyers, warm_up, &[shop.process()?]).await?;
        // Keys go on where the warm-up ended.
        let mut buyers: Vec<Later> = buyers
            .into_iter()
            .map(|buyer| Later(buyer, warm_up))
            .collect();
        let run = closed_loop(&mut buyers, orders, &[shop.process()?]).await?;
        let taken = shop.taken().await?;
        ensure!(taken == warm_up + orders, "stock says {taken}");
        let how = format!(
            "`POST /api/orders` with an idempotency key, one ticket each; {BUYERS} buyers in a \
             closed loop on kept connections, {orders} orders after {warm_up} that warm up, each \
             answered when it is on disk; the events that they cause are worked off meanwhile; {}",
            run.shares()
        );
        let goal = |goal| hot.then_some(goal);
        let name = |what: &str| format!("{what}, {over}");
        let mut figures = vec![
            Figure::new(&name("orders placed"), run.rate(), "/s", &how)
                .with_goal(goal(Goal::AtLeast(RATE))),
        ];
        let wanted = [(0.5, None), (0.99, goal(Goal::AtMost(P99_MS)))];
        let latencies = &run.latencies;
        figures.extend(latencies.figures(&name("order"), Unit::Ms, &wanted, &how));
        figures.push(run.server_time(&name("server's processor time per order"), &how));
        figures.push(memory(
            shop.process()?,
            &name("memory of the server after orders"),
        )?);
        Ok(figures)
    })
}

/// A buyer whose orders are numbered from another number on.
pub(super) struct Later(pub(super) Buyer, pub(super) u64);

impl Client for Later {
    async fn once(&mut self, n: u64) -> Result<Option<u64>> {
        self.0.once(self.1 + n).await
    }
}
