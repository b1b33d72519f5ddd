//! A figure: one number with its unit, its goal, and how it was measured.

use serde::{Deserialize, Serialize};

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is of.
    pub name: String,
    /// At how many tickets, records or clients, where it grows with that.
    pub size: Option<u64>,
    /// Its unit: `µs`, `ms`, `s`, `MB`, `/s`, `×`.
    pub unit: String,
    /// The number.
    pub value: f64,
    /// What it should be.
    pub goal: Option<Goal>,
    /// How it was measured.
    pub how: String,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Not above.
    AtMost(f64),
    /// Not below.
    AtLeast(f64),
}

impl Goal {
    /// Does `value` reach it?
    #[must_use]
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    /// By which factor `value` misses it; 1 and less is met.
    #[must_use]
    pub fn factor(self, value: f64) -> f64 {
        match self {
            Self::AtMost(limit) => value / limit,
            Self::AtLeast(limit) => limit / value,
        }
    }
}

impl Figure {
    /// A figure without size and goal.
    #[must_use]
    pub fn new(name: &str, value: f64, unit: &str, how: &str) -> Self {
        Self {
            name: name.to_owned(),
            size: None,
            unit: unit.to_owned(),
            value,
            goal: None,
            how: how.to_owned(),
        }
    }

    /// At this size.
    #[must_use]
    pub fn at(self, size: u64) -> Self {
        Self {
            size: Some(size),
            ..self
        }
    }

    /// With a goal, where there is one.
    #[must_use]
    pub fn with_goal(self, goal: impl Into<Option<Goal>>) -> Self {
        Self {
            goal: goal.into(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Goal;

    #[test]
    fn a_goal_is_met_at_its_limit_and_missed_by_a_factor_beyond_it() {
        assert!(Goal::AtMost(5.0).is_met(5.0));
        assert!(!Goal::AtMost(5.0).is_met(5.1));
        assert!(Goal::AtLeast(5.0).is_met(5.0));
        assert!(!Goal::AtLeast(5.0).is_met(4.9));
        assert!((Goal::AtMost(4.0).factor(8.0) - 2.0).abs() < 1e-9);
        assert!((Goal::AtLeast(4.0).factor(2.0) - 2.0).abs() < 1e-9);
    }
}
