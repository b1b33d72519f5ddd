//! What is sold, as a TOML file tells it. Times in a policy count from the
//! beginning of the sale, in milliseconds.

use anyhow::{Context as _, Result, ensure};
use gateline_common::Money;
use gateline_core::pricing::{Policy, Trial};
use serde::Deserialize;
use std::path::Path;

const LONGEST_MINUTES: u32 = 400 * 24 * 60;
const MOST_TICKETS: u32 = 1_000_000;
const MOST_SENSITIVE: f64 = 20.0;

/// A sale and its policy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    list_price: Money,
    limit: u32,
    sale_minutes: u32,
    /// How much made-up buyers mind the price. With 1, a price that is a tenth
    /// above the list price loses about a tenth of them; with 0, none.
    #[serde(default = "usual_sensitivity")]
    price_sensitivity: f64,
    /// Another seed draws other buyers.
    #[serde(default)]
    seed: u64,
    policy: Policy,
}

const fn usual_sensitivity() -> f64 {
    1.0
}

impl Scenario {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let scenario: Self = toml::from_str(&text)
            .with_context(|| format!("{} is no sale to simulate", file.display()))?;
        ensure!(
            (1..=MOST_TICKETS).contains(&scenario.limit),
            "limit: between 1 and {MOST_TICKETS}"
        );
        ensure!(
            (1..=LONGEST_MINUTES).contains(&scenario.sale_minutes),
            "sale_minutes: between 1 and {LONGEST_MINUTES}"
        );
        ensure!(
            (0.0..=MOST_SENSITIVE).contains(&scenario.price_sensitivity),
            "price_sensitivity: between 0 and {MOST_SENSITIVE}"
        );
        ensure!(scenario.list_price.minor > 0, "list_price: above nothing");
        Ok(scenario)
    }

    pub(super) fn trial(&self) -> Trial {
        Trial {
            list: self.list_price,
            limit: self.limit,
            minutes: self.sale_minutes,
            policy: self.policy.clone(),
        }
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Tickets a minute that would sell the limit evenly over the whole sale.
    pub(super) fn even_pace(&self) -> f64 {
        f64::from(self.limit) / f64::from(self.sale_minutes)
    }

    pub(super) const fn minutes(&self) -> u32 {
        self.sale_minutes
    }

    /// The share of those who would buy at the list price that buys at `price`.
    pub(super) fn share(&self, price: Money) -> f64 {
        let ratio = price.minor as f64 / self.list_price.minor as f64;
        (self.price_sensitivity * (1.0 - ratio)).exp()
    }
}
