//! A ticket as a page of A4: what, when, where, who, and the code, large.

use super::font::{Fonts, Style};
use super::line::Line;
use super::qr::{Matrix, QUIET_ZONE};
use gateline_core::shared::printing::{PrintError, PrintedTicket};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;

// Points: 1/72 inch.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 45.0;
const RIGHT: f32 = PAGE.0 - MARGIN;
const WIDTH: f32 = RIGHT - MARGIN;
/// The code with its quiet zone: 100 mm, more than 2 mm a module.
const QR_SIDE: f32 = 283.5;
const COLUMN: f32 = WIDTH - QR_SIDE - 6.0;

/// What text that is too long is set in, as shares of its usual size.
const SMALLER: [f32; 3] = [1.0, 0.8, SMALLEST];
const SMALLEST: f32 = 0.65;

/// Red, green, blue.
#[derive(Clone, Copy)]
struct Ink(u8, u8, u8);

const BLACK: Ink = Ink(0, 0, 0);
const GREY: Ink = Ink(95, 95, 95);
const RULE: Ink = Ink(170, 170, 170);
const AMBER: Ink = Ink(255, 214, 92);

/// Height of the bar that marks a test.
const TEST_BAR: f32 = 44.0;
const TEST_MARK: &str = "TEST – NOT A PAID TICKET";
const TEST_WORDS: &str = "Paid through the test gateway: no money was taken. For trying out only.";

/// One page per ticket.
pub(super) fn pdf(tickets: &[PrintedTicket], fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    let mut document = Document::new();
    for ticket in tickets {
        let matrix = Matrix::of_ticket(&ticket.code).map_err(|e| PrintError(e.to_string()))?;
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1);
        let settings = settings.ok_or_else(|| PrintError("no such page size".into()))?;
        let mut page = document.start_page_with(settings);
        Sheet {
            surface: page.surface(),
            fonts,
        }
        .ticket(ticket, &matrix);
        page.finish();
    }
    let title = tickets
        .first()
        .map_or("", |ticket| ticket.event_title.as_str());
    document.set_metadata(
        Metadata::new()
            .title(title.to_owned())
            .creator("Gateline".to_owned())
            .language("en".to_owned()),
    );
    document
        .finish()
        .map_err(|error| PrintError(format!("{error:?}")))
}

/// How text is set.
#[derive(Clone, Copy)]
struct Type {
    style: Style,
    size: f32,
    /// Thickness of an outline around the light letters, in ems: their weight.
    weight: f32,
    color: Ink,
}

const fn words(size: f32, weight: f32, color: Ink) -> Type {
    Type {
        style: Style::Text,
        size,
        weight,
        color,
    }
}

struct Sheet<'a, 'f> {
    surface: Surface<'a>,
    fonts: &'f Fonts,
}

impl Sheet<'_, '_> {
    fn ticket(&mut self, ticket: &PrintedTicket, matrix: &Matrix) {
        let mut y = MARGIN;
        if ticket.test {
            y = self.test_bar(y) + 18.0;
        }
        y = self.lines(
            &ticket.event_title,
            MARGIN,
            y,
            WIDTH,
            3,
            words(28.0, 0.035, BLACK),
        );
        y = self.lines(
            &ticket.when,
            MARGIN,
            y + 8.0,
            WIDTH,
            2,
            words(14.0, 0.02, BLACK),
        );
        y = self.lines(
            &ticket.place,
            MARGIN,
            y + 3.0,
            WIDTH,
            2,
            words(14.0, 0.02, BLACK),
        );
        y += 16.0;
        self.rule(y);
        y += 28.0;
        // The quiet zone is white already: let the code's own edge meet the margin,
        // and keep everything else out of the zone.
        let quiet = QR_SIDE * QUIET_ZONE as f32 / (matrix.width() + 2 * QUIET_ZONE) as f32;
        self.code(matrix, RIGHT - QR_SIDE + quiet, y - quiet);
        if ticket.test {
            let under = y + QR_SIDE - quiet + 2.0;
            self.test_stamp(RIGHT - QR_SIDE + 2.0 * quiet, under);
        }
        let left = self.details(ticket, y);
        let edge = y + QR_SIDE - 2.0 * quiet;
        let bottom = left.max(edge + quiet + if ticket.test { 30.0 } else { 0.0 });
        self.rule(bottom + 14.0);
        let end = self.advice(bottom + 26.0);
        // A full page has no room for the third mark.
        let foot = PAGE.1 - MARGIN - TEST_BAR;
        if ticket.test && end + 8.0 <= foot {
            self.test_bar(foot);
        }
    }

    fn details(&mut self, ticket: &PrintedTicket, top: f32) -> f32 {
        let price = ticket.price.map(|price| match price.minor {
            0 => "Free".to_owned(),
            _ => price.to_string(),
        });
        let serial = ticket.serial.to_string();
        let mono = Type {
            style: Style::Mono,
            ..words(16.0, 0.0, BLACK)
        };
        let rows: [(&str, Option<&str>, Type); 6] = [
            ("Ticket", Some(&ticket.type_name), words(20.0, 0.03, BLACK)),
            (
                "Name",
                ticket.attendee_name.as_deref(),
                words(16.0, 0.02, BLACK),
            ),
            ("Seat", ticket.seat.as_deref(), words(16.0, 0.02, BLACK)),
            ("Price", price.as_deref(), words(13.0, 0.02, BLACK)),
            ("Order", Some(&ticket.order_code), mono),
            ("Serial", Some(&serial), mono),
        ];
        let mut y = top;
        for (label, value, set) in rows {
            let Some(value) = value else { continue };
            y = self.lines(label, MARGIN, y, COLUMN, 1, words(9.5, 0.015, GREY));
            y = self.lines(value, MARGIN, y + 1.0, COLUMN, 3, set) + 12.0;
        }
        y
    }

    /// Where it ends.
    fn advice(&mut self, top: f32) -> f32 {
        let set = words(10.5, 0.015, GREY);
        let first = "Show this code at the entrance, on paper or on your phone, flat and uncovered. \
                     It lets one person in: whoever has a copy of it may come in instead of you, \
                     so do not post a picture of it.";
        self.lines(first, MARGIN, top, WIDTH, 4, set)
    }

    /// A bar across the page; where it ends.
    fn test_bar(&mut self, top: f32) -> f32 {
        let bottom = top + TEST_BAR;
        if let Some(bar) = Rect::from_ltrb(MARGIN, top, RIGHT, bottom) {
            self.rect(bar, Some(AMBER), Some((BLACK, 1.5)));
        }
        self.lines(
            TEST_MARK,
            MARGIN + 12.0,
            top + 6.0,
            WIDTH - 24.0,
            1,
            words(16.0, 0.05, BLACK),
        );
        self.lines(
            TEST_WORDS,
            MARGIN + 12.0,
            top + 26.0,
            WIDTH - 24.0,
            1,
            words(10.5, 0.02, BLACK),
        );
        bottom
    }

    fn test_stamp(&mut self, x: f32, y: f32) {
        let width = RIGHT - x;
        if let Some(stamp) = Rect::from_xywh(x, y, width, 28.0) {
            self.rect(stamp, Some(AMBER), Some((BLACK, 1.5)));
        }
        self.lines(
            TEST_MARK,
            x + 10.0,
            y + 6.0,
            width - 20.0,
            1,
            words(14.0, 0.05, BLACK),
        );
    }

    fn code(&mut self, matrix: &Matrix, x: f32, y: f32) {
        let module = QR_SIDE / (matrix.width() + 2 * QUIET_ZONE) as f32;
        let at = |n: usize| (n + QUIET_ZONE) as f32 * module;
        let mut path = PathBuilder::new();
        for (row, column, length) in matrix.runs() {
            let (left, top) = (x + at(column), y + at(row));
            // A trace of overlap, so that no viewer draws hairlines between rows.
            let (width, height) = (length as f32 * module, module * 1.01);
            if let Some(rect) = Rect::from_xywh(left, top, width, height) {
                path.push_rect(rect);
            }
        }
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(BLACK)));
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    fn rule(&mut self, y: f32) {
        if let Some(rect) = Rect::from_xywh(MARGIN, y, WIDTH, 0.75) {
            self.rect(rect, Some(RULE), None);
        }
    }

    fn rect(&mut self, rect: Rect, inside: Option<Ink>, edge: Option<(Ink, f32)>) {
        let mut path = PathBuilder::new();
        path.push_rect(rect);
        self.surface.set_fill(inside.map(fill));
        self.surface
            .set_stroke(edge.map(|(color, width)| stroke(color, width)));
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
    }

    /// Sets text in lines, smaller before it is cut; `top` and the answer are
    /// edges, not baselines.
    fn lines(&mut self, text: &str, x: f32, top: f32, width: f32, most: usize, set: Type) -> f32 {
        let fits = |size: &f32| self.fonts.rows(text, set.style, width / size).len() <= most;
        let mut sizes = SMALLER.iter().map(|smaller| set.size * smaller);
        let size = sizes.find(fits).unwrap_or(set.size * SMALLEST);
        let set = Type { size, ..set };
        let lines = self.fonts.wrap(text, set.style, width / set.size, most);
        let height = set.size * 1.25;
        let mut y = top;
        for line in &lines {
            self.line(line, x, y + set.size * 0.95, set);
            y += height;
        }
        y
    }

    fn line(&mut self, line: &Line, x: f32, baseline: f32, set: Type) {
        self.surface.set_fill(Some(fill(set.color)));
        let mut x = x;
        for run in &line.runs {
            let edge =
                (run.light && set.weight > 0.0).then(|| stroke(set.color, set.weight * set.size));
            self.surface.set_stroke(edge);
            let start = Point::from_xy(x, baseline);
            let (glyphs, font) = (&run.glyphs, run.font.clone());
            self.surface
                .draw_glyphs(start, glyphs, font, &line.text, set.size, false);
            x += run.width * set.size;
        }
    }
}

fn fill(color: Ink) -> Fill {
    Fill {
        paint: rgb::Color::new(color.0, color.1, color.2).into(),
        opacity: NormalizedF32::ONE,
        rule: Default::default(),
    }
}

fn stroke(color: Ink, width: f32) -> Stroke {
    Stroke {
        paint: rgb::Color::new(color.0, color.1, color.2).into(),
        width,
        ..Stroke::default()
    }
}
