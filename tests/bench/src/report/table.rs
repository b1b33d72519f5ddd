//! The table of figures, in Markdown that reads well on a terminal too.

use crate::figure::{Figure, Goal};
use std::fmt::Write;

/// A number with three figures, and thousands set apart.
#[must_use]
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        it if it >= 0.1 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && digit.is_ascii_digit() && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// One line per figure.
#[must_use]
pub fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| figure | at | measured | goal | |\n|---|--:|--:|--:|---|\n");
    for figure in figures {
        let at = figure.size.map(|size| number(size as f64));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} {} | {} | {} |",
            figure.name,
            at.unwrap_or_default(),
            number(figure.value),
            figure.unit,
            goal(figure),
            verdict(figure),
        );
    }
    text
}

fn goal(figure: &Figure) -> String {
    match figure.goal {
        None => String::new(),
        Some(Goal::AtMost(limit)) => format!("≤ {} {}", number(limit), figure.unit),
        Some(Goal::AtLeast(limit)) => format!("≥ {} {}", number(limit), figure.unit),
    }
}

fn verdict(figure: &Figure) -> String {
    match figure.goal {
        None => String::new(),
        Some(goal) if goal.is_met(figure.value) => "met".into(),
        Some(goal) => format!("**missed**, by {} ×", number(goal.factor(figure.value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_figures_and_group_their_thousands() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(123.4), "123");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.5), "0.50");
        assert_eq!(number(0.001_23), "0.0012");
    }

    #[test]
    fn a_missed_goal_is_said_with_its_factor() {
        let figure = Figure::new("x", 3.0, "s", "").with_goal(Goal::AtMost(2.0));
        assert!(table(&[figure]).contains("**missed**, by 1.50 ×"));
    }
}
