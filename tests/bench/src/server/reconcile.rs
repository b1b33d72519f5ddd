//! Reconciling a large event: the pure function, the report as the organizer
//! gets it, and what one more upload costs when so much is held already.

use super::closed_loop::closed_loop;
use super::connection::{Connection, request};
use super::gates::{BATCH, Gate, Log, Place};
use super::{memory, on_one_thread};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::gate::material::{EVENT, TYPE, event, serial};
use crate::gate::server::Server;
use crate::latency::{Latencies, Unit};
use anyhow::{Context as _, Result, ensure};
use gateline_admission::reconcile::{LoggedRecord, reconcile};
use gateline_admission::{EventRules, Facts, TicketState};
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, Epoch};
use gateline_common::sync::TicketStatus;
use gateline_scanner::clock::{Clock, SystemClock};
use serde_json::Value;
use std::hint::black_box;
use std::time::Instant;
use ticket_crypto::SigningKey;
use uuid::Uuid;

const GATES: u32 = 200;
/// Records that are signed before they are sent: they are held in memory.
const STEP: u64 = 100_000;
/// Gates that send at the same time.
const AT_ONCE: usize = 40;
/// Records of one more upload.
const FEW: u64 = 100;
const REPORT_S: f64 = 5.0;
const UPLOAD_MS: f64 = 50.0;

/// Measures.
///
/// # Errors
/// When the server fails, or its report is not of what was sent.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let sizes: &[u64] = context.pick(&[10_000, 100_000, 1_000_000], &[1_000, 4_000]);
    let mut figures = Vec::new();
    for size in sizes {
        context.note(&format!("the pure function over {size} records"));
        figures.push(pure(*size)?);
    }
    figures.extend(on_one_thread(stored(context, sizes))?);
    Ok(figures)
}

fn pure(size: u64) -> Result<Figure> {
    let rules = EventRules::compile(&event(SystemClock::default().now()))?;
    let mut facts = Facts::new(rules);
    let place = Place::of(EVENT, TYPE, 1);
    let log = |n: u32| {
        let device = DeviceId(Uuid::from_u128(u128::from(n) + 1));
        Log::new(device, SigningKey::from_seed([9; 32]))
    };
    let mut logs: Vec<Log> = (0..GATES).map(log).collect();
    let issued = TicketState {
        since: Timestamp(0),
        epoch: Epoch(1),
        ticket_type: TYPE,
        status: TicketStatus::Valid,
    };
    for n in 0..size {
        logs[n as usize % GATES as usize].scan(&place, n)?;
        facts.tickets.insert(serial(n), vec![issued]);
    }
    let mut records = Vec::new();
    for log in &mut logs {
        let batch = log.take();
        let read = (1..).zip(&batch.records);
        records.extend(read.map(|(seq, bytes)| LoggedRecord {
            // As the server has them: it looked at signatures when they came.
            verified: true,
            ..LoggedRecord::read(batch.device, seq, bytes)
        }));
    }
    let started = Instant::now();
    let report = black_box(reconcile(&facts, &records));
    let took = started.elapsed();
    ensure!(report.totals.scans == size, "not all scans were counted");
    let how = "`gateline_admission::reconcile` over records of 200 devices in memory, whose codes \
               were found good when they came in, one core; one ticket in 50 is shown a second time, one in 10,000 was let in twice";
    let figure = Figure::new("reconcile, pure", took.as_secs_f64(), "s", how);
    Ok(figure.at(size).with_goal(goal_at(size, REPORT_S)))
}

fn goal_at(size: u64, limit: f64) -> Option<Goal> {
    (size >= 1_000_000).then_some(Goal::AtMost(limit))
}

async fn stored(context: &Context, sizes: &[u64]) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    let most = sizes.iter().max().copied().unwrap_or(0);
    context.note(&format!("a server with {most} attendees"));
    let server = Server::start(context, folder.path(), most).await?;
    let mut gates = Gates::enrol(&server).await?;
    let mut figures = Vec::new();
    for &size in sizes {
        context.note(&format!("uploads until {size} records are held"));
        let rate = gates.upload_until(context, &server, size).await?;
        let how = "200 gates, 40 at a time, send batches of 400 at most, up to this size, from the \
                   size before";
        figures.push(Figure::new("records uploaded", rate, "/s", how).at(size));
        figures.extend(gates.measure(context, &server, size).await?);
    }
    Ok(figures)
}

struct Gates {
    gates: Vec<Gate>,
    place: Place,
    /// Scans so far.
    scans: u64,
    /// Records that the server holds.
    held: u64,
}

impl Gates {
    async fn enrol(server: &Server) -> Result<Self> {
        let (mut gates, mut rules_version) = (Vec::new(), 0);
        for n in 0..GATES {
            let (gate, version) = Gate::enrol(server, n).await?;
            gates.push(gate);
            rules_version = version;
        }
        Ok(Self {
            gates,
            place: Place::of(server.event, server.ticket_type, rules_version),
            scans: 0,
            held: 0,
        })
    }

    /// Answers the rate of all uploads together, without the time in which they
    /// were made.
    async fn upload_until(&mut self, context: &Context, server: &Server, size: u64) -> Result<f64> {
        let (mut seconds, before) = (0.0, self.held);
        while self.held < size {
            let receipts = self.gates.iter().map(Gate::waiting).sum::<u64>();
            let wanted = (size - self.held).min(STEP).saturating_sub(receipts);
            for _ in 0..wanted {
                let gate = self.scans as usize % self.gates.len();
                self.gates[gate].scan(&self.place, self.scans, BATCH)?;
                self.scans += 1;
            }
            for gate in &mut self.gates {
                gate.seal(&[])?;
            }
            let (held, mut used) = (self.held, 0.0);
            for some in self.gates.chunks_mut(AT_ONCE) {
                for gate in some.iter_mut() {
                    gate.connect(server).await?;
                }
                let run = closed_loop(some, u64::MAX, &[server.process()?]).await?;
                self.held += run.operations;
                seconds += run.took.as_secs_f64();
                used += run.server.as_secs_f64();
            }
            let each = used * 1e6 / (self.held - held) as f64;
            context.note(&format!(
                "{} records are held; {each:.1} µs of the server's time each",
                self.held
            ));
        }
        Ok((self.held - before) as f64 / seconds)
    }

    async fn measure(
        &mut self,
        context: &Context,
        server: &Server,
        size: u64,
    ) -> Result<Vec<Figure>> {
        let mut desk = Desk::of(server).await?;
        let started = Instant::now();
        let scans = desk.scans_reported().await?;
        let first = started.elapsed().as_secs_f64();
        ensure!(scans <= self.scans && scans > 0, "the report says {scans}");
        let how = "`GET …/report` with every proof, from asking to the last byte, the first time \
                   after so many uploads; 200 devices";
        let mut figures = vec![
            Figure::new("report, from the store", first, "s", how)
                .at(size)
                .with_goal(goal_at(size, REPORT_S)),
            memory(server.process()?, "memory of the server with a report")?.at(size),
        ];
        let (mut answered, mut counted, mut reported) =
            (Latencies::new()?, Latencies::new()?, Latencies::new()?);
        for round in 0..context.pick(20, 3) {
            let before = (desk.entered().await?, desk.scans_reported().await?);
            let gate = round % self.gates.len();
            for _ in 0..FEW {
                self.gates[gate].scan(&self.place, self.scans, usize::MAX)?;
                self.scans += 1;
            }
            let gate = &mut self.gates[gate];
            gate.seal(&[])?;
            gate.connect(server).await?;
            let started = Instant::now();
            let (records, _) = gate.upload().await?.context("a batch")?;
            answered.take(started.elapsed());
            self.held += records;
            ensure!(desk.entered().await? > before.0, "figures are behind");
            counted.take(started.elapsed());
            let scans = desk.scans_reported().await?;
            reported.take(started.elapsed());
            ensure!(scans == before.1 + FEW, "the report is behind: {scans}");
        }
        let goal = goal_at(size, UPLOAD_MS);
        let how = "one gate sends 100 more scans; from sending to the upload's answer, to figures \
                   with them, and to the whole report with them, one after the other";
        for (name, latencies) in [
            ("100 records more, answered", answered),
            ("100 records more, in the figures", counted),
            ("100 records more, in the report", reported),
        ] {
            let found = latencies.figures(name, Unit::Ms, &[(0.5, goal)], how);
            figures.extend(found.into_iter().map(|figure| figure.at(size)));
        }
        Ok(figures)
    }
}

/// The organizer, who looks at figures and report.
struct Desk {
    connection: Connection,
    figures: Vec<u8>,
    report: Vec<u8>,
}

impl Desk {
    async fn of(server: &Server) -> Result<Self> {
        let token = server.organizer().token();
        let ask = |what: &str| {
            let path = format!("/api/checkin/events/{}/{what}", server.event);
            request("GET", &path, token, &[], b"")
        };
        Ok(Self {
            connection: Connection::to(server.address()?).await?,
            figures: ask("figures"),
            report: ask("report"),
        })
    }

    async fn entered(&mut self) -> Result<u64> {
        let figures = self.connection.succeed(&self.figures).await?;
        let figures: Value = serde_json::from_slice(figures)?;
        figures["entered"].as_u64().context("tickets that entered")
    }

    /// Asks for the whole report and reads of it how many scans it counts.
    async fn scans_reported(&mut self) -> Result<u64> {
        let report = self.connection.succeed(&self.report).await?;
        let text = std::str::from_utf8(report)?;
        let found = text
            .split_once(r#""totals":{"scans":"#)
            .context("totals")?
            .1;
        let end = found.find(|letter: char| !letter.is_ascii_digit());
        Ok(found[..end.context("a number")?].parse()?)
    }
}
