//! `gateline-bench`: runs measurements and writes down what came out.
#![expect(
    clippy::print_stdout,
    reason = "a command line tool speaks to its terminal"
)]

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use gateline_bench::context::Context;
use gateline_bench::report::{Book, Taken, page, plots, table};
use gateline_bench::{MEASUREMENTS, Measurement, machine};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Measure what Gateline costs.
#[derive(Parser)]
#[command(name = "gateline-bench")]
struct Args {
    /// Which measurements; all of them when none is named.
    names: Vec<String>,
    /// Small sizes: shows that everything runs; its figures are not kept.
    #[arg(long)]
    quick: bool,
    /// Write the page `docs/performance.md` and its plots too.
    #[arg(long, conflicts_with = "quick")]
    write_docs: bool,
    /// The folder for figures and temporary stores.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// The project's documentation.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"))]
    docs: PathBuf,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let chosen = chosen(&args.names)?;
    let context = Context::new(&args.out.join("scratch"), args.quick)?;
    let file = args.out.join(match args.quick {
        true => "figures-quick.json",
        false => "figures.json",
    });
    let mut book = Book::open(&file);
    for measurement in chosen {
        println!("{}: {}", measurement.name, measurement.about);
        let (load_before, started) = (machine::load(), Instant::now());
        let figures = (measurement.run)(&context)
            .with_context(|| format!("the measurement `{}`", measurement.name))?;
        println!("\n{}", table(&figures));
        let taken = Taken {
            figures,
            load_before,
            seconds: started.elapsed().as_secs_f64(),
        };
        book.measurements.insert(measurement.name.into(), taken);
        book.save(&file)?;
    }
    plots(&book, &args.out)?;
    println!("figures and plots: {}", args.out.display());
    if args.write_docs {
        write_docs(&book, &args.docs)?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Measurement>> {
    if names.is_empty() {
        return Ok(MEASUREMENTS.iter().collect());
    }
    let find = |name: &String| MEASUREMENTS.iter().find(|it| it.name == name);
    names
        .iter()
        .map(|name| match find(name) {
            Some(measurement) => Ok(measurement),
            None => {
                let known: Vec<&str> = MEASUREMENTS.iter().map(|it| it.name).collect();
                bail!(
                    "there is no measurement `{name}`, only {}",
                    known.join(", ")
                )
            }
        })
        .collect()
}

fn write_docs(book: &Book, docs: &Path) -> Result<()> {
    let plots = plots(book, &docs.join("performance"))?;
    // Written by people; missing means that there is nothing to say.
    let notes = std::fs::read_to_string(docs.join("performance/bounds.md")).unwrap_or_default();
    let file = docs.join("performance.md");
    std::fs::write(&file, page(book, &plots, &notes))
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("written: {}", file.display());
    Ok(())
}
