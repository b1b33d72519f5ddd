//! Plots of cost against size, as SVG: both axes logarithmic, one line a figure.

use super::Book;
use super::table::number;
use crate::figure::Figure;
use anyhow::{Result, anyhow};
use plotters::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

const SIZE: (u32, u32) = (760, 460);

/// Draws a plot per measurement and unit into `folder`, of the figures that were
/// taken at two sizes or more. Answers the files' names.
///
/// # Errors
/// When a file cannot be written.
pub fn plots(book: &Book, folder: &Path) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let mut files = Vec::new();
    for (measurement, taken) in &book.measurements {
        for (unit, lines) in lines(&taken.figures) {
            let file = format!("{measurement}-{}.svg", plain(&unit));
            draw(&folder.join(&file), measurement, &unit, &lines)?;
            files.push(file);
        }
    }
    Ok(files)
}

type Line = (String, Vec<(f64, f64)>);

fn lines(figures: &[Figure]) -> BTreeMap<String, Vec<Line>> {
    let mut by_unit: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for figure in figures {
        let Some(size) = figure.size else { continue };
        let lines = by_unit.entry(figure.unit.clone()).or_default();
        let point = (size as f64, figure.value);
        match lines.iter_mut().find(|(name, _)| *name == figure.name) {
            Some((_, points)) => points.push(point),
            None => lines.push((figure.name.clone(), vec![point])),
        }
    }
    for lines in by_unit.values_mut() {
        lines.retain(|(_, points)| points.len() > 1);
    }
    by_unit.retain(|_, lines| !lines.is_empty());
    by_unit
}

fn plain(unit: &str) -> String {
    let unit = unit.replace('µ', "u");
    unit.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn draw(file: &Path, measurement: &str, unit: &str, lines: &[Line]) -> Result<()> {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let span = |of: fn(&(f64, f64)) -> f64| {
        let least = points().map(of).fold(f64::INFINITY, f64::min);
        let most = points().map(of).fold(0.0, f64::max);
        (least.max(1e-6), most.max(1e-6))
    };
    let ((left, right), (low, high)) = (span(|it| it.0), span(|it| it.1));
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| anyhow!("{}: {error}", file.display());
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            format!("{measurement}, {unit} against size"),
            ("sans-serif", 18),
        )
        .margin(12)
        // Half of the last label stands beyond the axis.
        .margin_right(48)
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (left..right).log_scale(),
            (low / 2.0..high * 4.0).log_scale(),
        )
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(225, 225, 225))
        .x_desc("size")
        .y_desc(unit)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .draw()
        .map_err(|error| failed(&error))?;
    for (index, (name, points)) in lines.iter().enumerate() {
        let colour = Palette99::pick(index).to_rgba();
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(4);
        chart
            .draw_series(line)
            .map_err(|error| failed(&error))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()
        .map_err(|error| failed(&error))?;
    area.present().map_err(|error| failed(&error))
}
