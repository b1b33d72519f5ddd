//! The table of scenarios and drivers.

use super::{Driver, Scenario};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// What one driver made of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Every answer was the expected one.
    Matched,
    /// The scenario cannot apply to this driver, for this reason.
    CannotApply(String),
    /// Something else was shown.
    Wrong(String),
}

/// One cell per scenario and driver.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<(String, String)>,
    columns: Vec<&'static str>,
    cells: BTreeMap<(usize, &'static str), Cell>,
}

impl Table {
    /// An empty table over these scenarios, with a column for each of `drivers`.
    #[must_use]
    pub fn new(scenarios: &[Scenario], drivers: &[&'static str]) -> Self {
        Self {
            rows: scenarios
                .iter()
                .map(|one| (one.group.clone(), one.name.clone()))
                .collect(),
            columns: drivers.to_vec(),
            cells: BTreeMap::new(),
        }
    }

    /// Fills the column of `driver`.
    pub fn fill(&mut self, scenarios: &[Scenario], driver: &mut dyn Driver) {
        for (row, scenario) in scenarios.iter().enumerate() {
            let cell = driver.run(scenario);
            self.cells.insert((row, driver.name()), cell);
        }
    }

    /// The cells that are empty or wrong, each in a line.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for (row, (group, name)) in self.rows.iter().enumerate() {
            for driver in &self.columns {
                match self.cells.get(&(row, *driver)) {
                    Some(Cell::Matched | Cell::CannotApply(_)) => {}
                    Some(Cell::Wrong(why)) => {
                        failures.push(format!("{group}: {name} [{driver}]: {why}"));
                    }
                    None => failures.push(format!("{group}: {name} [{driver}]: empty")),
                }
            }
        }
        failures
    }

    /// How many cells of a driver matched and how many cannot apply.
    #[must_use]
    pub fn counts(&self, driver: &str) -> (usize, usize) {
        let of = |wanted: fn(&Cell) -> bool| {
            let cells = self.cells.iter().filter(|((_, name), _)| *name == driver);
            cells.filter(|(_, cell)| wanted(cell)).count()
        };
        (
            of(|cell| *cell == Cell::Matched),
            of(|cell| matches!(cell, Cell::CannotApply(_))),
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notes: Vec<&str> = Vec::new();
        let mut group = "";
        write!(f, "{:82}", "scenario")?;
        for driver in &self.columns {
            write!(f, " {driver:10}")?;
        }
        for (row, (of, name)) in self.rows.iter().enumerate() {
            if of != group {
                group = of;
                write!(f, "\n\n{group}")?;
            }
            write!(f, "\n  {name:80}")?;
            for driver in &self.columns {
                let mut mark = String::new();
                match self.cells.get(&(row, *driver)) {
                    None => mark.push_str("EMPTY"),
                    Some(Cell::Matched) => mark.push_str("ok"),
                    Some(Cell::Wrong(_)) => mark.push_str("WRONG"),
                    Some(Cell::CannotApply(why)) => {
                        let known = notes.iter().position(|note| note == why);
                        let at = known.unwrap_or_else(|| {
                            notes.push(why);
                            notes.len() - 1
                        });
                        write!(mark, "n/a ({})", at + 1)?;
                    }
                }
                write!(f, " {mark:10}")?;
            }
        }
        writeln!(f, "\n")?;
        for (at, note) in notes.iter().enumerate() {
            writeln!(f, "({}) {note}", at + 1)?;
        }
        Ok(())
    }
}
