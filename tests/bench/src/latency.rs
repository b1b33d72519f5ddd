//! Latencies as a histogram: nothing is averaged away.

use crate::figure::{Figure, Goal};
use hdrhistogram::Histogram;
use std::time::Duration;

/// Ten minutes, in nanoseconds: whatever takes longer counts as this.
const LONGEST: u64 = 600_000_000_000;

/// Latencies, kept in nanoseconds to three digits.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

/// What a latency is shown in.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
}

impl Unit {
    const fn text(self) -> &'static str {
        match self {
            Self::Us => "µs",
            Self::Ms => "ms",
        }
    }

    const fn nanoseconds(self) -> f64 {
        match self {
            Self::Us => 1e3,
            Self::Ms => 1e6,
        }
    }
}

impl Latencies {
    /// None yet.
    ///
    /// # Errors
    /// When the histogram cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST, 3)?))
    }

    /// Takes one.
    pub fn take(&mut self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record(nanoseconds);
    }

    /// Runs `work` and takes how long it took.
    pub fn time<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let started = std::time::Instant::now();
        let result = work();
        self.take(started.elapsed());
        result
    }

    /// How many were taken.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Was none taken?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The quantile `q` (0 to 1), in `unit`.
    #[must_use]
    pub fn at(&self, q: f64, unit: Unit) -> f64 {
        self.0.value_at_quantile(q) as f64 / unit.nanoseconds()
    }

    /// A figure per wanted quantile (0.5 is called the median).
    #[must_use]
    pub fn figures(
        &self,
        name: &str,
        unit: Unit,
        wanted: &[(f64, Option<Goal>)],
        how: &str,
    ) -> Vec<Figure> {
        let figure = |&(q, goal): &(f64, Option<Goal>)| {
            let which = match q {
                0.5 => "median".to_owned(),
                q if q >= 1.0 => "worst".to_owned(),
                q => format!("p{}", q * 100.0),
            };
            Figure::new(
                &format!("{name}, {which}"),
                self.at(q, unit),
                unit.text(),
                how,
            )
            .with_goal(goal)
        };
        wanted.iter().map(figure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_come_out_in_the_unit_that_was_asked_for() {
        let mut latencies = Latencies::new().unwrap();
        for us in 1..=100 {
            latencies.take(Duration::from_micros(us));
        }
        assert!((latencies.at(0.5, Unit::Us) - 50.0).abs() < 0.1);
        assert!((latencies.at(0.99, Unit::Ms) - 0.099).abs() < 0.001);
        let figures = latencies.figures("x", Unit::Us, &[(0.5, None), (0.99, None)], "");
        assert_eq!(figures[0].name, "x, median");
        assert_eq!(figures[1].name, "x, p99");
    }
}
