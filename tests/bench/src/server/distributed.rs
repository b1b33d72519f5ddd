//! The same load before both forms of the backend: one process on its embedded store,
//! and every service twice behind NGINX, on MongoDB, RabbitMQ and Redis, all on this
//! machine.

use super::closed_loop::{Client, Run, closed_loop};
use super::issue::{Desk, Payer};
use super::on_one_thread;
use super::orders::{BUYERS, Later};
use super::read::Reader;
use super::shop::Shop;
use super::usage::Usage;
use crate::context::Context;
use crate::figure::Figure;
use crate::latency::Unit;
use anyhow::Result;
use gateline_servers::{Keep, Servers};
use gateline_tests::system::{Engines, Form, Shop as Backend, mongodb_program, wait_until};
use std::path::Path;
use std::time::{Duration, Instant};

const MANY: usize = 50;
const DEADLINE: Duration = Duration::from_secs(60);

/// How much is measured: small, as the database of the distributed form is slow here.
#[derive(Clone, Copy)]
struct Size {
    warm_up: u64,
    reads: u64,
    orders: u64,
    issued: u64,
}

/// Measures.
///
/// # Errors
/// When a server does not start, or an order is refused.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let full = Size {
        warm_up: 256,
        reads: 20_000,
        orders: 2_000,
        issued: 500,
    };
    let small = Size {
        warm_up: 64,
        reads: 256,
        orders: 64,
        issued: 64,
    };
    let size = context.pick(full, small);
    let folder = context.folder()?;
    let servers = Servers::start(
        &folder.path().join("servers"),
        &mongodb_program()?,
        Keep::UntilDropped,
    )?;
    let mut figures = Vec::new();
    for types in [1, MANY] {
        for distributed in [false, true] {
            let name = format!("{types}-{distributed}");
            let data = folder.path().join(&name);
            std::fs::create_dir_all(&data)?;
            let form = match distributed {
                true => Form::Distributed(Engines::on(&servers, &name)),
                false => Form::Embedded,
            };
            figures.extend(one(context, &data, form, &servers, types, size)?);
        }
    }
    Ok(figures)
}

fn one(
    context: &Context,
    data: &Path,
    form: Form,
    servers: &Servers,
    types: usize,
    size: Size,
) -> Result<Vec<Figure>> {
    let words = match form {
        Form::Embedded => "one process",
        Form::Distributed(_) => "services apart",
    };
    let over = match types {
        1 => format!("one hot ticket type, {words}"),
        many => format!("{many} ticket types, {words}"),
    };
    on_one_thread(async {
        let backend = Backend::open(&context.binaries, data, form).await?;
        let shop = Shop::of(backend, types, BUYERS).await?;
        let machine = Machine::of(&shop, servers);
        let mut figures = Vec::new();
        if types == 1 {
            let mut readers = Reader::of(&shop, BUYERS).await?;
            let run = machine
                .loaded(&mut readers, size.warm_up, size.reads)
                .await?;
            let name = format!("event reads, {words}");
            figures.extend(run.figures(&name, "event read", &over)?);
        }
        let mut buyers = later(&shop, 0).await?;
        let run = machine
            .loaded(&mut buyers, size.warm_up, size.orders)
            .await?;
        let name = format!("orders placed, {over}");
        figures.extend(run.figures(&name, "order", &over)?);
        // Who asks what is on sale hears of the last orders a moment later.
        wait_until("the stock to have all orders", DEADLINE, async || {
            let taken = shop.taken().await?;
            Ok((taken == size.warm_up + size.orders).then_some(()))
        })
        .await?;
        figures.extend(issued(&shop, &machine, size, &over).await?);
        Ok(figures)
    })
}

/// The buyers, who number their orders from `first` on.
async fn later(shop: &Shop, first: u64) -> Result<Vec<Later>> {
    let buyers = shop.buyers().await?.into_iter();
    Ok(buyers.map(|buyer| Later(buyer, first)).collect())
}

/// From the order to the ticket on the gates' list.
async fn issued(shop: &Shop, machine: &Machine, size: Size, over: &str) -> Result<Vec<Figure>> {
    let mut payers: Vec<Payer> = Vec::new();
    for buyer in shop.buyers().await? {
        payers.push(Payer(buyer, size.warm_up + size.orders));
    }
    let mut desk = Desk::of(shop).await?;
    let (before, started) = (machine.usage()?, Instant::now());
    let mut run = closed_loop(&mut payers, size.issued, &shop.processes()).await?;
    desk.wait_for(size.issued).await?;
    run.took = started.elapsed();
    let run = Loaded {
        run,
        used: machine.usage()?.since(&before),
    };
    let name = format!("orders to issued tickets, {over}");
    Ok(vec![run.rate(&name)?])
}

/// What works on this machine, by name.
struct Machine(Vec<(&'static str, Vec<u32>)>);

/// Processor time of each of it so far.
struct Used(Vec<(&'static str, Usage)>);

/// Processor time of each of it in a run.
type Shares = Vec<(&'static str, Duration)>;

impl Used {
    fn since(&self, before: &Self) -> Shares {
        let pairs = self.0.iter().zip(&before.0);
        pairs
            .map(|((name, now), (_, then))| (*name, now.since(*then)))
            .collect()
    }
}

/// A run, and who used the processor in it.
struct Loaded {
    run: Run,
    used: Shares,
}

impl Machine {
    fn of(shop: &Shop, servers: &Servers) -> Self {
        let mut all = vec![("services", shop.processes())];
        if let Some(nginx) = shop.proxy() {
            all.push(("NGINX", vec![nginx]));
            all.push(("MongoDB", servers.mongodb.groups()));
            all.push(("RabbitMQ", servers.rabbitmq.groups()));
            all.push(("Redis", servers.redis.groups()));
        }
        Self(all)
    }

    fn usage(&self) -> Result<Used> {
        let mut used = vec![("client", Usage::own()?)];
        for (name, heads) in &self.0 {
            used.push((*name, Usage::of_families(heads)?));
        }
        Ok(Used(used))
    }

    async fn loaded<C: Client>(
        &self,
        clients: &mut [C],
        warm_up: u64,
        pieces: u64,
    ) -> Result<Loaded> {
        let services = &self.0[0].1;
        closed_loop(clients, warm_up, services).await?;
        let before = self.usage()?;
        let run = closed_loop(clients, pieces, services).await?;
        Ok(Loaded {
            run,
            used: self.usage()?.since(&before),
        })
    }
}

impl Loaded {
    fn rate(&self, name: &str) -> Result<Figure> {
        let all: Duration = self.used.iter().map(|(_, used)| *used).sum();
        let share = |used: &Duration| 100.0 * used.as_secs_f64() / all.as_secs_f64().max(1e-9);
        let shares = self.used.iter();
        let shares: Vec<String> = shares
            .map(|(name, used)| format!("{name} {:.0} %", share(used)))
            .collect();
        let how = format!(
            "{BUYERS} clients in a closed loop, {} pieces; processor time: {}",
            self.run.operations,
            shares.join(", ")
        );
        Ok(Figure::new(name, self.run.rate(), "/s", &how))
    }

    fn figures(&self, name: &str, piece: &str, over: &str) -> Result<Vec<Figure>> {
        let rate = self.rate(name)?;
        let how = rate.how.clone();
        let wanted = [(0.5, None), (0.99, None)];
        let of = format!("{piece}, {over}");
        let latencies = self.run.latencies.figures(&of, Unit::Ms, &wanted, &how);
        Ok([vec![rate], latencies].concat())
    }
}
