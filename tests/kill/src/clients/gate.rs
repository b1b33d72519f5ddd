//! A gate's staff: enrol, open a lane, scan what comes, sync, and begin again
//! whenever the program was killed.
//!
//! Always: whatever the program printed was shown, also when it was killed before
//! anybody read the line.

use super::journal::{Journal, Kind};
use super::pool::Pool;
use crate::places::{Here, Place, Places};
use crate::world::Phase;
use anyhow::{Context, Result};
use gateline_common::sync::EnrolmentCode;
use gateline_tests::seed::Rng;
use gateline_tests::system::{Api, Gate};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

/// What a gate is told by whoever kills it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Work.
    Run,
    /// Be dead until told otherwise.
    Down,
}

/// One gate and its staff.
#[derive(Debug)]
pub struct Staff {
    /// The program and its store.
    pub gate: Gate,
    /// Its place among the gates.
    pub slot: usize,
    /// What it was told.
    pub journal: Journal,
    /// What it chooses by.
    pub rng: Rng,
    /// The organizer, for enrolment codes.
    pub organizer: Api,
    /// The organization.
    pub org: String,
    /// The event.
    pub event: u64,
    /// The server's address on the gate's line.
    pub server: String,
    /// The guests.
    pub pool: Pool,
    /// What is going on.
    pub places: Places,
    /// What everybody is to do.
    pub phase: watch::Receiver<Phase>,
    /// What this gate is to do.
    pub order: watch::Receiver<Order>,
    /// Whether a program of it runs.
    pub running: watch::Sender<bool>,
}

enum Ended {
    ByItself,
    Killed,
}

impl Staff {
    /// Works until told to end.
    ///
    /// # Errors
    /// When the program prints what is no answer.
    pub async fn run(mut self) -> Result<()> {
        let mut enrolled = false;
        loop {
            if self
                .order
                .wait_for(|order| *order == Order::Run)
                .await
                .is_err()
            {
                return Ok(());
            }
            tokio::select! {
                biased;
                _ = self.order.wait_for(|order| *order == Order::Down) => continue,
                phase = self.phase.wait_for(|phase| *phase != Phase::Pause) => {
                    if phase.map_or(true, |phase| *phase == Phase::End) {
                        return Ok(());
                    }
                }
            }
            let ended = if enrolled {
                self.session().await?
            } else {
                enrolled = self.enrol().await?;
                Ended::ByItself
            };
            if let Ended::ByItself = ended {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// Becomes a device; true when it is one.
    async fn enrol(&mut self) -> Result<bool> {
        let body = json!({"org": self.org, "name": self.gate.name});
        let Ok(made) = self
            .organizer
            .post("/api/checkin/enrolment-codes", &body)
            .await
        else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Ok(false);
        };
        let code = made["code"].as_str().context("an enrolment code")?;
        let mut code: EnrolmentCode = code.parse()?;
        code.server.clone_from(&self.server);
        let asked = json!({"gate": self.gate.name});
        let n = self.journal.asked(Kind::Enrol, &asked)?;
        let _here = self.places.enter(Place::Enrolling, Some(self.slot));
        let lines = self
            .once(&["enrol", &code.to_string(), "--name", &self.gate.name])
            .await?;
        let Some(line) = lines.last() else {
            self.journal.lost(n)?;
            return Ok(false);
        };
        match line["error"]["code"].as_str() {
            None => self.journal.said(n, line)?,
            // The answer of an earlier try was lost after it was stored.
            Some("already_enrolled") => self.journal.refused(n, 0, "already_enrolled")?,
            Some(_) => {
                self.journal.lost(n)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn session(&mut self) -> Result<Ended> {
        if self.rng.chance(15) {
            self.once(&["sync"]).await?;
            return Ok(Ended::ByItself);
        }
        let event = self.event.to_string();
        let gate = (1 + self.slot % 2).to_string();
        let opening = self.places.enter(Place::StartingUp, Some(self.slot));
        let mut child = self.start(&["scan", "--event", &event, "--gate", &gate, "--stdin"])?;
        let mut input = child.stdin.take().context("standard input")?;
        let output = child.stdout.take().context("standard output")?;
        let mut lines = BufReader::new(output).lines();
        let mut order = self.order.clone();
        let ended = tokio::select! {
            biased;
            _ = order.wait_for(|order| *order == Order::Down) => Ended::Killed,
            shown = self.lane(opening, &mut input, &mut lines) => {
                shown?;
                Ended::ByItself
            }
        };
        if let Ended::ByItself = ended {
            drop(input);
            // The last exchange; it may be killed in it.
            tokio::select! {
                biased;
                _ = order.wait_for(|order| *order == Order::Down) => {}
                ended = child.wait() => drop(ended?),
            }
        }
        self.end(child, &mut lines).await?;
        Ok(ended)
    }

    /// Scans some guests, one after another, as they come.
    async fn lane(
        &mut self,
        opening: Here,
        input: &mut ChildStdin,
        lines: &mut Lines<BufReader<ChildStdout>>,
    ) -> Result<()> {
        let mut opening = Some(opening);
        for _ in 0..20 + self.rng.below(60) {
            if *self.phase.borrow() != Phase::Go {
                return Ok(());
            }
            let Some(ticket) = self.pool.come(&mut self.rng) else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let code = match self.rng.below(20) {
                0 => "0123456789".repeat(20),
                _ => ticket.code,
            };
            let here = self.places.enter(Place::Scanning, Some(self.slot));
            // A program that was killed takes no more codes.
            if input
                .write_all(format!("{code}\n").as_bytes())
                .await
                .is_err()
            {
                return Ok(());
            }
            let Some(line) = lines.next_line().await? else {
                return Ok(());
            };
            self.show(&line)?;
            drop((here, opening.take()));
            let pause = Duration::from_millis(self.rng.below(25) as u64);
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Kills what still runs, and takes what it had printed.
    async fn end(
        &mut self,
        mut child: Child,
        lines: &mut Lines<BufReader<ChildStdout>>,
    ) -> Result<()> {
        drop(child.start_kill());
        child.wait().await?;
        while let Ok(Some(line)) = lines.next_line().await {
            self.show(&line)?;
        }
        self.running.send_replace(false);
        Ok(())
    }

    /// Staff see a line; an error is no answer.
    fn show(&self, line: &str) -> Result<()> {
        let Ok(shown) = serde_json::from_str::<Value>(line) else {
            // Killed in the middle of printing it.
            return Ok(());
        };
        if shown["seq"].is_u64() {
            let asked = json!({"gate": self.gate.name});
            let n = self.journal.asked(Kind::Scan, &asked)?;
            self.journal.said(n, &shown)?;
        }
        Ok(())
    }

    /// Runs the program once, to its end or to its death; what it printed.
    async fn once(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let mut child = self.start(arguments)?;
        drop(child.stdin.take());
        let output = child.stdout.take().context("standard output")?;
        let mut lines = BufReader::new(output).lines();
        let mut order = self.order.clone();
        let mut printed = Vec::new();
        let read = async {
            while let Ok(Some(line)) = lines.next_line().await {
                printed.extend(serde_json::from_str(&line));
            }
        };
        tokio::select! {
            biased;
            _ = order.wait_for(|order| *order == Order::Down) => {}
            () = read => {}
        }
        drop(child.start_kill());
        child.wait().await?;
        while let Ok(Some(line)) = lines.next_line().await {
            printed.extend(serde_json::from_str(&line));
        }
        self.running.send_replace(false);
        Ok(printed)
    }

    fn start(&self, arguments: &[&str]) -> Result<Child> {
        self.running.send_replace(true);
        let mut command = Command::from(self.gate.command(arguments));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the gate")
    }
}
