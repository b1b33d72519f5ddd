//! The plot: the price above, what was sold below, over the same time.

use super::MINUTE_MS;
use anyhow::{Result, anyhow};
use gateline_common::Money;
use gateline_core::pricing::{Point, Policy, Run, Target, Trial};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (860, 620);
const HALF: i32 = 310;
const PRICE: RGBColor = RGBColor(31, 88, 168);
const SOLD: RGBColor = RGBColor(190, 84, 24);
const GREY: RGBColor = RGBColor(120, 120, 120);
const LABELS: i32 = 64;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A line that does not move, with its name.
struct Mark {
    name: String,
    ends: [(f64, f64); 2],
}

/// One of the two pictures.
struct Panel<'a> {
    title: String,
    unit: &'a str,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
    marks: Vec<Mark>,
    low: f64,
    high: f64,
    decimals: usize,
}

pub(super) fn draw(file: &Path, name: &str, trial: &Trial, run: &Run) -> Result<()> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    let days = f64::from(trial.minutes) / (24.0 * 60.0);
    let above = price(name, trial, run, days);
    let below = sold(trial, run, days);
    let drawn = both(&area, days, &above, &below);
    drawn.map_err(|error| anyhow!("{}: {error}", file.display()))
}

fn both(
    area: &Area<'_>,
    days: f64,
    above: &Panel<'_>,
    below: &Panel<'_>,
) -> Result<(), DrawingError> {
    area.fill(&WHITE)?;
    let (upper, lower) = area.split_vertically(HALF);
    panel(&upper, days, above)?;
    panel(&lower, days, below)?;
    area.present()
}

fn number(value: i64) -> f64 {
    value as f64
}

fn day(point: &Point) -> f64 {
    number(point.at.0 / MINUTE_MS) / (24.0 * 60.0)
}

fn units(price: Money) -> f64 {
    number(price.minor) / number(10_i64.pow(price.currency.exponent()))
}

fn price<'a>(name: &str, trial: &'a Trial, run: &Run, days: f64) -> Panel<'a> {
    let mut marks = vec![level("list price", units(trial.list), days)];
    if let Policy::Demand(policy) = &trial.policy {
        marks.push(level("floor", units(policy.floor), days));
        marks.push(level("ceiling", units(policy.ceiling), days));
    }
    let points = steps(run, |point| units(point.price));
    let values = || {
        let of_marks = marks.iter().map(|mark| mark.ends[0].1);
        points.iter().map(|point| point.1).chain(of_marks)
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(0.0, f64::max);
    let margin = ((high - low) * 0.15).max(high * 0.05);
    Panel {
        title: format!("A sale that goes {name}: the price of one ticket"),
        unit: trial.list.currency.as_str(),
        colour: PRICE,
        low: (low - margin).max(0.0),
        high: high + margin,
        decimals: usize::from(high - low < 5.0),
        points,
        marks,
    }
}

fn sold(trial: &Trial, run: &Run, days: f64) -> Panel<'static> {
    let limit = f64::from(trial.limit);
    let mut marks = vec![level("all of them", limit, days)];
    if let Policy::Demand(policy) = &trial.policy
        && let Target::SellThroughPercent(percent) = policy.target
    {
        marks.push(Mark {
            name: format!("even pace to {percent} %"),
            ends: [(0.0, 0.0), (days, limit * f64::from(percent) / 100.0)],
        });
    }
    Panel {
        title: "Tickets sold".to_owned(),
        unit: "tickets",
        colour: SOLD,
        points: steps(run, |point| f64::from(point.sold)),
        marks,
        low: 0.0,
        high: limit * 1.15,
        decimals: 0,
    }
}

fn level(name: &str, value: f64, days: f64) -> Mark {
    Mark {
        name: name.to_owned(),
        ends: [(0.0, value), (days, value)],
    }
}

/// The corners of a line that stays until it jumps.
fn steps(run: &Run, value: impl Fn(&Point) -> f64) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (index, point) in run.points.iter().enumerate() {
        let (x, y) = (day(point), value(point));
        let last = corners.last().map(|corner| corner.1);
        let is_end = index + 1 == run.points.len();
        if last != Some(y) || is_end {
            corners.extend(last.map(|last| (x, last)));
            corners.push((x, y));
        }
    }
    corners
}

fn panel(area: &Area<'_>, days: f64, panel: &Panel<'_>) -> Result<(), DrawingError> {
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, ("sans-serif", 19))
        .margin(10)
        // Room for the names of the marks.
        .margin_right(130)
        .x_label_area_size(44)
        .y_label_area_size(LABELS)
        .build_cartesian_2d(0.0..days, panel.low..panel.high)?;
    let decimals = panel.decimals;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(232, 232, 232))
        .x_desc("days since the sale began")
        .y_desc(panel.unit)
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.decimals$}"))
        .draw()?;
    for mark in &panel.marks {
        let line = DashedLineSeries::new(mark.ends, 6, 5, GREY.stroke_width(1));
        chart.draw_series(line)?;
        let (x, y) = chart.backend_coord(&mark.ends[1]);
        let (left, top) = area.get_base_pixel();
        let style = ("sans-serif", 13).into_font().color(&GREY);
        let place = (x - left + 6, y - top - 6);
        area.draw(&Text::new(mark.name.clone(), place, style))?;
    }
    let line = LineSeries::new(panel.points.iter().copied(), panel.colour.stroke_width(2));
    chart.draw_series(line)?;
    Ok(())
}

type DrawingError = DrawingAreaErrorKind<std::io::Error>;
