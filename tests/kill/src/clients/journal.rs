//! What a client was told, as lines of JSON that are only ever appended.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An order.
    Place,
    /// A payment.
    Pay,
    /// To give an unpaid order up.
    Cancel,
    /// To pay a completed order back.
    Refund,
    /// A ticket type's limit.
    Limit,
    /// How a ticket type is priced.
    Policy,
    /// To block, unblock or cancel a ticket.
    Ticket,
    /// The tickets of an order.
    Tickets,
    /// To become a device.
    Enrol,
    /// What a code at a gate is worth.
    Scan,
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Asked { n: u64, kind: Kind, asked: Value },
    Said { n: u64, said: Value },
    Refused { n: u64, status: u16, code: String },
    Lost { n: u64 },
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nobody knows.
    None,
    /// It was done.
    Said(Value),
    /// It was not done.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's code.
        code: String,
    },
}

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Told {
    /// Whose journal it stands in.
    pub who: String,
    /// What was asked.
    pub kind: Kind,
    /// In detail.
    pub asked: Value,
    /// What was answered, last.
    pub answer: Answer,
    /// How often the answer was lost before.
    pub lost: u64,
}

/// One client's journal. Clones share it.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    who: String,
    file: File,
    next: u64,
    open: BTreeMap<u64, Told>,
    fresh: Vec<Told>,
}

impl Journal {
    /// The journal of `who` in this folder.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(folder: &Path, who: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{who}.jsonl"));
        let next = read_one(&path).map_or(0, |told| told.len() as u64);
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self(Arc::new(Mutex::new(Inner {
            who: who.to_owned(),
            file,
            next,
            open: BTreeMap::new(),
            fresh: Vec::new(),
        }))))
    }

    /// A request is about to be sent; its number.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn asked(&self, kind: Kind, asked: &Value) -> Result<u64> {
        let mut inner = self.lock();
        let n = inner.next;
        inner.next += 1;
        inner.write(&Line::Asked {
            n,
            kind,
            asked: asked.clone(),
        })?;
        let told = Told {
            who: inner.who.clone(),
            kind,
            asked: asked.clone(),
            answer: Answer::None,
            lost: 0,
        };
        inner.open.insert(n, told);
        Ok(n)
    }

    /// It was done.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn said(&self, n: u64, said: &Value) -> Result<()> {
        let mut inner = self.lock();
        inner.write(&Line::Said {
            n,
            said: said.clone(),
        })?;
        inner.close(n, Answer::Said(said.clone()));
        Ok(())
    }

    /// It was refused.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn refused(&self, n: u64, status: u16, code: &str) -> Result<()> {
        let (mut inner, code) = (self.lock(), code.to_owned());
        inner.write(&Line::Refused {
            n,
            status,
            code: code.clone(),
        })?;
        inner.close(n, Answer::Refused { status, code });
        Ok(())
    }

    /// The answer was lost.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn lost(&self, n: u64) -> Result<()> {
        let mut inner = self.lock();
        if let Some(told) = inner.open.get_mut(&n) {
            told.lost += 1;
        }
        inner.write(&Line::Lost { n })
    }

    /// What was answered since this was asked last.
    #[must_use]
    pub fn fresh(&self) -> Vec<Told> {
        std::mem::take(&mut self.lock().fresh)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn write(&mut self, line: &Line) -> Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        Ok(self.file.write_all(&text)?)
    }

    fn close(&mut self, n: u64, answer: Answer) {
        if let Some(mut told) = self.open.remove(&n) {
            told.answer = answer;
            self.fresh.push(told);
        }
    }
}

/// Everything that anybody was told, from the journals of this folder.
///
/// # Errors
/// When one cannot be read.
pub fn read(folder: &Path) -> Result<Vec<Told>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    let mut told = Vec::new();
    for file in files {
        told.extend(read_one(&file)?);
    }
    Ok(told)
}

fn read_one(path: &Path) -> Result<Vec<Told>> {
    let who = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path)?;
    let mut all: BTreeMap<u64, Told> = BTreeMap::new();
    for line in text.lines() {
        let line: Line =
            serde_json::from_str(line).with_context(|| format!("{}: {line}", path.display()))?;
        match line {
            Line::Asked { n, kind, asked } => {
                let told = Told {
                    who: who.clone().into_owned(),
                    kind,
                    asked,
                    answer: Answer::None,
                    lost: 0,
                };
                all.insert(n, told);
            }
            Line::Said { n, said } => answer(&mut all, n, Answer::Said(said)),
            Line::Refused { n, status, code } => {
                answer(&mut all, n, Answer::Refused { status, code });
            }
            Line::Lost { n } => {
                if let Some(told) = all.get_mut(&n) {
                    told.lost += 1;
                }
            }
        }
    }
    Ok(all.into_values().collect())
}

fn answer(all: &mut BTreeMap<u64, Told>, n: u64, answer: Answer) {
    if let Some(told) = all.get_mut(&n) {
        told.answer = answer;
    }
}
