//! Printed tickets are read back as a scanner would: the code on the PNG, on the
//! SVG and on the PDF's page is the ticket's, large enough and with white around it.
//!
//! The page is drawn here from its filled rectangles alone; the words on it are
//! looked for where a code needs white.

use flate2::read::ZlibDecoder;
use gateline_adapters::documents::Printer;
use gateline_common::ids::Serial;
use gateline_common::{Currency, Money};
use gateline_core::shared::printing::{PrintedTicket, TicketPrinter};
use rxing::{BarcodeFormat, helpers};
use std::io::Read;

const PLAIN_DIGITS: usize = 200;
const HOLDER_BOUND_DIGITS: usize = 442;
/// Pixels per point: 144 dots per inch, less than any printer has.
const SCALE: f32 = 2.0;
const POINTS_PER_MM: f32 = 72.0 / 25.4;

fn printer() -> Printer {
    Printer::new(None).unwrap()
}

fn code(digits: usize) -> String {
    "31415926535897932384"
        .chars()
        .cycle()
        .take(digits)
        .collect()
}

fn ticket(digits: usize, test: bool) -> PrintedTicket {
    PrintedTicket {
        event_title: "A very long evening with everybody who has ever played here ".repeat(3),
        when: "Saturday, 21 November 2026, 19:30 – 23:00 (Europe/Vienna)".into(),
        place: "Stadthalle, Vienna".into(),
        type_name: "Standing ".repeat(13),
        price: Some(Money::new(0, Currency::EUR)),
        attendee_name: Some("Wolfeschlegelsteinhausenbergerdorff ".repeat(5)),
        seat: Some("Row 7 ".repeat(20)),
        serial: Serial::MAX,
        order_code: "K7Q2MZ".into(),
        code: code(digits),
        test,
    }
}

/// Pixels, dark or white.
struct Picture {
    width: usize,
    dark: Vec<bool>,
}

impl Picture {
    fn white(width: usize, height: usize) -> Self {
        let dark = vec![false; width * height];
        Self { width, dark }
    }

    fn darken(&mut self, area: Area, scale: f32) {
        let [left, top, right, bottom] = area.0.map(|edge| (edge * scale).round() as usize);
        for row in self.dark.chunks_mut(self.width).take(bottom).skip(top) {
            row[left..right].fill(true);
        }
    }

    /// What a scanner reads in it.
    fn read(&self) -> String {
        let luma = self.dark.iter().map(|dark| if *dark { 0 } else { 255 });
        let height = self.dark.len() / self.width;
        let kind = Some(BarcodeFormat::QR_CODE);
        let (width, height) = (self.width as u32, height as u32);
        helpers::detect_in_luma(luma.collect(), width, height, kind)
            .unwrap()
            .getText()
            .to_owned()
    }
}

/// Left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area([f32; 4]);

impl Area {
    fn around(areas: &[Self]) -> Self {
        let edge = |at: usize, pick: fn(f32, f32) -> f32| {
            let edges = areas.iter().map(|area| area.0[at]);
            edges.reduce(pick).unwrap()
        };
        Self([
            edge(0, f32::min),
            edge(1, f32::min),
            edge(2, f32::max),
            edge(3, f32::max),
        ])
    }

    fn grown(self, by: f32) -> Self {
        let [left, top, right, bottom] = self.0;
        Self([left - by, top - by, right + by, bottom + by])
    }

    fn meets(self, other: Self) -> bool {
        let (a, b) = (self.0, other.0);
        a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
    }
}

/// A page of a PDF as it is drawn.
struct Page {
    /// The rectangles of each filled path: a code is one path of many.
    paths: Vec<Vec<Area>>,
    /// Where pieces of text begin: left end of the baseline.
    words: Vec<(f32, f32)>,
}

impl Page {
    fn picture(&self) -> Picture {
        let mut picture = Picture::white((596.0 * SCALE) as usize, (842.0 * SCALE) as usize);
        for area in self.paths.iter().flatten() {
            picture.darken(*area, SCALE);
        }
        picture
    }
}

/// The pages of a PDF of ours, read from their drawing operators.
fn pages(pdf: &[u8]) -> Vec<Page> {
    const START: &[u8] = b"stream\n";
    let starts = pdf.windows(START.len()).enumerate();
    let starts = starts.filter(|(at, found)| *found == START && !pdf[..*at].ends_with(b"end"));
    let streams = starts.filter_map(|(at, _)| {
        let mut bytes = Vec::new();
        ZlibDecoder::new(&pdf[at + START.len()..])
            .read_to_end(&mut bytes)
            .ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    });
    streams
        .filter(|text| text.starts_with("q 1 0 0 -1 0 841.89 cm") && text.contains(" Tf "))
        .map(|text| page(&text))
        .collect()
}

fn page(operators: &str) -> Page {
    let mut page = Page {
        paths: Vec::new(),
        words: Vec::new(),
    };
    let mut numbers: Vec<f32> = Vec::new();
    let mut corners: Vec<[f32; 2]> = Vec::new();
    let mut path = Vec::new();
    for word in operators.split_ascii_whitespace() {
        match word.parse() {
            Ok(number) => {
                numbers.push(number);
                continue;
            }
            Err(_) => match (word, &numbers[..]) {
                ("m", [x, y]) => corners = vec![[*x, *y]],
                ("l", [x, y]) => corners.push([*x, *y]),
                ("h", []) => {
                    let dots: Vec<_> = corners
                        .iter()
                        .map(|[x, y]| Area([*x, *y, *x, *y]))
                        .collect();
                    path.push(Area::around(&dots));
                }
                ("f" | "B", []) => page.paths.push(std::mem::take(&mut path)),
                // A matrix, and at once the shown glyphs.
                (shown, [_, _, _, _, x, y]) if shown.starts_with("Tm") => page.words.push((*x, *y)),
                _ => {}
            },
        }
        numbers.clear();
    }
    page
}

#[test]
fn the_png_and_the_svg_read_back_as_the_ticket() {
    for digits in [PLAIN_DIGITS, HOLDER_BOUND_DIGITS] {
        let png = printer().qr_png(&code(digits)).unwrap();
        let image = image::load_from_memory(&png).unwrap().to_luma8();
        let picture = Picture {
            width: image.width() as usize,
            dark: image.pixels().map(|pixel| pixel.0[0] < 128).collect(),
        };
        assert_eq!(picture.read(), code(digits));

        let svg = String::from_utf8(printer().qr_svg(&code(digits)).unwrap()).unwrap();
        assert_eq!(drawn(&svg).read(), code(digits));
    }
}

/// Draws the one path of our SVG: `M{x} {y}h{length}v1h-{length}z` for each run.
fn drawn(svg: &str) -> Picture {
    let between = |from: &str, to: &str| {
        let rest = svg.split_once(from).unwrap().1;
        rest.split_once(to).unwrap().0.to_owned()
    };
    let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
    let mut picture = Picture::white(side * 4, side * 4);
    for run in between("d=\"M", "\"").split('M') {
        let numbers: Vec<f32> = run
            .split(|c: char| c != '-' && !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let [x, y, length, 1.0, back] = numbers[..] else {
            panic!("{run}");
        };
        assert_eq!(back, -length);
        picture.darken(Area([x, y, x + length, y + 1.0]), 4.0);
    }
    picture
}

#[test]
fn the_page_reads_back_as_the_ticket_large_and_with_white_around_the_code() {
    for digits in [PLAIN_DIGITS, HOLDER_BOUND_DIGITS] {
        let modules = if digits == PLAIN_DIGITS { 37.0 } else { 57.0 };
        for test in [false, true] {
            let pdf = printer().pdf(&[ticket(digits, test)]).unwrap();
            let [page] = &pages(&pdf)[..] else {
                panic!("one page per ticket");
            };
            assert_eq!(page.picture().read(), code(digits));

            let is_code = |path: &&Vec<Area>| path.len() > 100;
            let shape = Area::around(page.paths.iter().find(is_code).unwrap());
            let module = (shape.0[2] - shape.0[0]) / modules;
            assert!(module >= 0.5 * POINTS_PER_MM, "a module of {module} points");
            // A trace less, for the overlap of rows.
            let white = shape.grown(module * 3.98);
            let others = page.paths.iter().filter(|path| !is_code(path)).flatten();
            let intruding: Vec<_> = others.filter(|area| area.meets(white)).collect();
            assert!(intruding.is_empty(), "{intruding:?} in {white:?}");
            let on_paper = Area([0.0, 0.0, 595.0, 841.0]);
            assert!(white.0[0] > 0.0 && white.0[1] > 0.0, "{white:?}");
            assert!(white.0[2] < 595.0 && white.0[3] < 841.0, "{white:?}");
            for (x, y) in &page.words {
                let dot = Area([*x, *y, *x + 0.1, *y + 0.1]);
                assert!(!dot.meets(white), "text at {x}, {y} in {white:?}");
                assert!(dot.meets(on_paper), "text at {x}, {y} is off the page");
            }
        }
    }
}

#[test]
fn an_order_of_several_tickets_has_a_page_with_its_own_code_for_each() {
    let mut tickets = vec![ticket(PLAIN_DIGITS, false); 3];
    for (n, ticket) in tickets.iter_mut().enumerate() {
        ticket.code.replace_range(..1, &n.to_string());
    }
    let pdf = printer().pdf(&tickets).unwrap();
    let read: Vec<_> = pages(&pdf)
        .iter()
        .map(|page| page.picture().read())
        .collect();
    let codes: Vec<_> = tickets.into_iter().map(|ticket| ticket.code).collect();
    assert_eq!(read, codes);
}
