//! `gateline pricing-simulation`: shows an organizer what a policy would make of
//! a sale, by the very functions that price a real one. The demand is made up
//! from a seed, or recorded in a file; so the same question gets the same answer.

mod buyers;
mod plot;
mod scenario;

use anyhow::{Context as _, Result};
use buyers::Buyers;
use gateline_common::{Money, Timestamp};
use gateline_core::pricing::{Policy, Run, Trial, play};
use scenario::Scenario;
use std::fmt::Write as _;
use std::path::Path;

const MINUTE_MS: i64 = 60_000;

/// Plays a sale and writes `<sale>.csv` (price and sold count by minute),
/// `<sale>-changes.csv` (each change with its reason) and `<sale>.svg` into
/// `out`. Answers a summary for people.
///
/// # Errors
/// When a file cannot be read or written, or the policy makes no sense.
pub fn simulate_pricing(policy: &Path, sales: &str, out: &Path) -> Result<String> {
    let scenario = Scenario::read(policy)?;
    let trial = scenario.trial();
    let buyers = Buyers::named(sales, &scenario)?;
    let run = sold(&trial, buyers.clone())?;
    let unpriced = Trial {
        policy: Policy::Fixed {},
        ..trial.clone()
    };
    let plain = sold(&unpriced, buyers)?;
    let name = Path::new(sales).file_stem().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let write = |file: String, text: String| {
        let path = out.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write(format!("{name}.csv"), points(&run))?;
    write(format!("{name}-changes.csv"), changes(&run))?;
    let plot = out.join(format!("{name}.svg"));
    plot::draw(&plot, &name, &trial, &run)?;
    Ok(summary(&name, &trial, &run, &plain))
}

fn sold(trial: &Trial, mut buyers: Buyers) -> Result<Run> {
    let wanted = |at: Timestamp, price| buyers.wanted(at, price);
    play(trial, wanted).map_err(|error| match error {
        gateline_core::pricing::PricingError::Invalid { field, message } => {
            anyhow::anyhow!("policy.{field}: {message}")
        }
        other => other.into(),
    })
}

const fn minute(at: Timestamp) -> i64 {
    at.0 / MINUTE_MS
}

/// An amount without its currency, as a spreadsheet reads it.
fn amount(money: Money) -> String {
    let text = money.to_string();
    let number = text.split(' ').next().unwrap_or_default();
    number.to_owned()
}

fn points(run: &Run) -> String {
    let mut text = String::from("minute,price,sold\n");
    for point in &run.points {
        let (at, price) = (minute(point.at), amount(point.price));
        let _ = writeln!(text, "{at},{price},{}", point.sold);
    }
    text
}

fn changes(run: &Run) -> String {
    use gateline_common::pricing::PriceReason as Reason;
    let mut text = String::from("minute,before,after,rule,ordered,expected\n");
    for entry in &run.changes {
        let (rule, ordered, expected) = match entry.reason {
            Reason::ListPrice => ("list_price", None, None),
            Reason::OtherCurrency => ("other_currency", None, None),
            Reason::DateStep { .. } => ("date_step", None, None),
            Reason::CountStep { ordered, .. } => ("count_step", Some(i64::from(ordered)), None),
            Reason::DemandBegins => ("demand_begins", None, None),
            Reason::Demand {
                ordered,
                expected_hundredths,
                ..
            } => ("demand", Some(ordered), Some(expected_hundredths)),
        };
        let ordered = ordered.map(|ordered| ordered.to_string());
        let expected = expected.map(|it| format!("{}.{:02}", it / 100, it % 100));
        let _ = writeln!(
            text,
            "{},{},{},{rule},{},{}",
            minute(entry.at),
            amount(entry.before),
            amount(entry.after),
            ordered.unwrap_or_default(),
            expected.unwrap_or_default(),
        );
    }
    text
}

fn summary(name: &str, trial: &Trial, run: &Run, plain: &Run) -> String {
    let sold = |run: &Run| run.points.last().map_or(0, |point| point.sold);
    let prices = || run.points.iter().map(|point| point.price);
    let least = prices().min_by_key(|price| price.minor);
    let most = prices().max_by_key(|price| price.minor);
    let takings = |run: &Run| Money::new(run.takings_minor, trial.list.currency);
    let (least, most) = (least.unwrap_or(trial.list), most.unwrap_or(trial.list));
    format!(
        "{name}: sold {} of {} for {}, at {} to {}, {} changes\n\
         at the list price of {}: sold {} for {}",
        sold(run),
        trial.limit,
        takings(run),
        amount(least),
        most,
        run.changes.len(),
        trial.list,
        sold(plain),
        takings(plain),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        list_price = { minor = 4000, currency = "EUR" }
        limit = 300
        sale_minutes = 2880
        [policy]
        kind = "demand"
        floor = { minor = 3000, currency = "EUR" }
        ceiling = { minor = 6000, currency = "EUR" }
        step = { minor = 250, currency = "EUR" }
        window_minutes = 120
        target = { sell_through_percent = 95 }
    "#;

    fn folder_with(policy: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
        folder
    }

    #[test]
    fn a_simulation_writes_its_figures_and_its_plot_and_does_so_again() {
        let folder = folder_with(POLICY);
        let policy = folder.path().join("policy.toml");
        let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
        let said = simulate_pricing(&policy, "fast", folder.path()).unwrap();
        assert!(said.starts_with("fast: sold 300 of 300"), "{said}");
        let (points, changes) = (read("fast.csv"), read("fast-changes.csv"));
        assert!(points.starts_with("minute,price,sold\n0,40.00,"));
        assert!(changes.contains(",40.00,42.50,demand,"), "{changes}");
        assert!(read("fast.svg").contains("</svg>"));
        simulate_pricing(&policy, "fast", folder.path()).unwrap();
        assert_eq!(
            (read("fast.csv"), read("fast-changes.csv")),
            (points, changes)
        );
    }

    #[test]
    fn recorded_sales_are_played_as_they_were() {
        let folder = folder_with(POLICY);
        let policy = folder.path().join("policy.toml");
        let sales = folder.path().join("spring.csv");
        std::fs::write(&sales, "minute,tickets\n5,2\n5,1\n700,4\n").unwrap();
        let sales = sales.to_str().unwrap();
        let said = simulate_pricing(&policy, sales, folder.path()).unwrap();
        assert!(said.starts_with("spring: sold 7 of 300"), "{said}");
        std::fs::write(sales, "minute,tickets\nfive,2\n").unwrap();
        let error = simulate_pricing(&policy, sales, folder.path()).unwrap_err();
        assert!(format!("{error:#}").contains("line 2"), "{error:#}");
    }

    #[test]
    fn what_is_wrong_with_a_scenario_is_named() {
        let wrong = |from: &str, to: &str| {
            let folder = folder_with(&POLICY.replace(from, to));
            let policy = folder.path().join("policy.toml");
            let error = simulate_pricing(&policy, "fast", folder.path()).unwrap_err();
            format!("{error:#}")
        };
        assert!(wrong("95", "0").contains("target.sell_through_percent"));
        assert!(wrong("limit", "limitt").contains("limitt"));
        let folder = folder_with(POLICY);
        let policy = folder.path().join("policy.toml");
        let error = simulate_pricing(&policy, "brisk", folder.path()).unwrap_err();
        assert!(format!("{error:#}").contains("brisk"), "{error:#}");
    }
}
