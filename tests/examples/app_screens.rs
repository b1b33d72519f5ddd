//! Takes a picture of every state of the scanner's screens, light and dark, in
//! three sizes, and writes them and a page of them: `cargo xtask screens`. With the
//! names of sizes, only those.

#![expect(
    clippy::print_stderr,
    reason = "a command line tool speaks to its terminal"
)]

use anyhow::{Context, Result};
use gateline_tests::app::tour::{self, Visit};
use gateline_tests::app::{AppWindow, THEMES};
use image_webp::ColorType;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const SIZES: [(&str, u32, u32); 3] = [
    ("desktop", 1280, 800),
    ("small", 1024, 600),
    ("portrait", 800, 1280),
];

const HEAD: &str = "# The scanner's screens\n\n\
    Written by `cargo xtask screens`: the shipped app with a real backend, walked through by\n\
    WebDriver. Each state light and dark, at 1280×800, 1024×600 and on a portrait tablet\n\
    (800×1280).\n";

#[tokio::main]
async fn main() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let folder = docs.join("screens");
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if folder.exists() && wanted.is_empty() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut names = Vec::new();
    let is_wanted = |size: &str| wanted.is_empty() || wanted.iter().any(|one| one == size);
    for (size, width, height) in SIZES.into_iter().filter(|(size, ..)| is_wanted(size)) {
        let mut camera = Pictures {
            folder: &folder,
            size,
            names: Vec::new(),
        };
        tour::walk(width, height, &mut camera).await?;
        names = camera.names;
    }
    Ok(std::fs::write(docs.join("screens.md"), page(&names))?)
}

struct Pictures<'a> {
    folder: &'a Path,
    size: &'a str,
    names: Vec<&'static str>,
}

impl Visit for Pictures<'_> {
    async fn visit(&mut self, window: &AppWindow, name: &'static str) -> Result<()> {
        self.names.push(name);
        for theme in THEMES {
            window.set_theme(theme).await?;
            let picture = window.picture().await?;
            let file = self
                .folder
                .join(format!("{name}-{}-{theme}.webp", self.size));
            keep(&picture, &file)?;
        }
        eprintln!("{} {name}", self.size);
        Ok(())
    }
}

fn keep(png: &[u8], file: &PathBuf) -> Result<()> {
    let mut picture = image::load_from_memory(png)?.to_rgb8();
    // Shades that no eye tells apart are half of the bytes.
    picture
        .iter_mut()
        .for_each(|shade| *shade = *shade & 0xf8 | *shade >> 5);
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    image_webp::WebPEncoder::new(&mut bytes).encode(&picture, width, height, ColorType::Rgb8)?;
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn page(names: &[&str]) -> String {
    let mut page = HEAD.to_owned();
    for name in names {
        let _ = write!(page, "\n## {}\n\n", name.replace('-', " "));
        for (size, ..) in SIZES {
            for theme in THEMES {
                let file = format!("screens/{name}-{size}-{theme}.webp");
                let width = if size == "portrait" { 180 } else { 300 };
                let _ = writeln!(
                    page,
                    "<img src=\"{file}\" alt=\"{name}, {size}, {theme}\" width=\"{width}\">"
                );
            }
        }
    }
    page
}
