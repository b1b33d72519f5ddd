//! Reading an event over the API, as everybody does who looks what is on.

use super::closed_loop::{Client, closed_loop};
use super::connection::{Connection, request};
use super::shop::Shop;
use super::{memory, on_one_thread};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::Unit;
use anyhow::Result;

const READERS: usize = 64;
const RATE: f64 = 10_000.0;

pub(super) struct Reader {
    connection: Connection,
    asked: Vec<u8>,
}

impl Reader {
    /// So many, who read the event of `shop`.
    pub(super) async fn of(shop: &Shop, count: usize) -> Result<Vec<Self>> {
        let path = format!("/api/events/{}", shop.event);
        let mut readers = Vec::new();
        for _ in 0..count {
            readers.push(Self {
                connection: Connection::to(shop.address()?).await?,
                asked: request("GET", &path, None, &[], b""),
            });
        }
        Ok(readers)
    }
}

impl Client for Reader {
    async fn once(&mut self, _: u64) -> Result<Option<u64>> {
        self.connection.succeed(&self.asked).await?;
        Ok(Some(1))
    }
}

/// Measures.
///
/// # Errors
/// When the event cannot be read.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    let (warm_up, reads) = context.pick((10_000, 200_000), (64, 512));
    on_one_thread(async {
        let shop = Shop::open(context, folder.path(), 3, 0).await?;
        let mut readers = Reader::of(&shop, READERS).await?;
        closed_loop(&mut readers, warm_up, &[shop.process()?]).await?;
        let run = closed_loop(&mut readers, reads, &[shop.process()?]).await?;
        let how = format!(
            "`GET /api/events/{{event}}`, an event with 3 ticket types; {READERS} readers in a \
             closed loop on kept connections, {reads} reads after {warm_up} that warm up; {}",
            run.shares()
        );
        let mut figures =
            vec![Figure::new("event reads", run.rate(), "/s", &how).with_goal(Goal::AtLeast(RATE))];
        let wanted = [(0.5, None), (0.99, None)];
        figures.extend(run.latencies.figures("event read", Unit::Ms, &wanted, &how));
        figures.push(run.server_time("server's processor time per read", &how));
        figures.push(memory(shop.process()?, "memory of the server after reads")?);
        Ok(figures)
    })
}
