//! The table of scenarios and drivers.

use super::{Driver, Scenario};
use std::collections::BTreeMap;
use std::fmt;

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

    /// The table of `scenarios` with a column for each of `drivers`, filled.
    #[must_use]
    pub fn of(scenarios: &[Scenario], drivers: Vec<Box<dyn Driver>>) -> Self {
        let names: Vec<_> = drivers.iter().map(|driver| driver.name()).collect();
        let mut table = Self::new(scenarios, &names);
        for mut driver in drivers {
            table.fill(scenarios, &mut *driver);
        }
        table
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

impl Table {
    /// The table as a page of documentation.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut notes: Vec<&str> = Vec::new();
        let mut rows = String::new();
        let mut group = "";
        for (row, (of, name)) in self.rows.iter().enumerate() {
            if of != group {
                group = of;
                rows += &format!("| **{group}** |{}\n", " |".repeat(self.columns.len()));
            }
            rows += &format!("| {name} |");
            for driver in &self.columns {
                rows += &format!(" {} |", self.mark(row, driver, &mut notes));
            }
            rows.push('\n');
        }
        let mut page = String::from(PAGE_HEAD);
        for driver in &self.columns {
            let (matched, not_applicable) = self.counts(driver);
            page += &format!("- `{driver}`: {matched} as written, {not_applicable} cannot apply\n");
        }
        page += &format!("\n| scenario | {} |\n", self.columns.join(" | "));
        page += &format!("|---|{}\n{rows}\n", "---|".repeat(self.columns.len()));
        for (at, note) in notes.iter().enumerate() {
            page += &format!("({}) {note}  \n", at + 1);
        }
        page
    }

    /// What stands in a cell; reasons are numbered in `notes`.
    fn mark<'a>(&'a self, row: usize, driver: &'static str, notes: &mut Vec<&'a str>) -> String {
        match self.cells.get(&(row, driver)) {
            None => "EMPTY".into(),
            Some(Cell::Matched) => "ok".into(),
            Some(Cell::Wrong(_)) => "WRONG".into(),
            Some(Cell::CannotApply(why)) => {
                let known = notes.iter().position(|note| note == why);
                let at = known.unwrap_or_else(|| {
                    notes.push(why);
                    notes.len() - 1
                });
                format!("n/a ({})", at + 1)
            }
        }
    }
}

const PAGE_HEAD: &str = "\
# Check-in scenarios

What a gate must get right (`tests/scenarios/*.toml`), and what each driver answers: \
`admission` is the rules themselves, `gate` the scanner with its store, `server` the \
server that is asked to confirm, `app` the screens that staff see, in a real window. A test fails on an empty or wrong cell. Written by \
`cargo run -p gateline-tests --example scenario_table`.

";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notes: Vec<&str> = Vec::new();
        let mut group = "";
        let longest = self.rows.iter().map(|(_, name)| name.chars().count());
        let wide = longest.max().unwrap_or(0);
        write!(f, "{:1$}", "scenario", wide + 2)?;
        for driver in &self.columns {
            write!(f, " {driver:10}")?;
        }
        for (row, (of, name)) in self.rows.iter().enumerate() {
            if of != group {
                group = of;
                write!(f, "\n\n{group}")?;
            }
            write!(f, "\n  {name:wide$}")?;
            for driver in &self.columns {
                let mark = self.mark(row, driver, &mut notes);
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
