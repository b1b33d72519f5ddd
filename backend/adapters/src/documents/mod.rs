//! Pictures of tickets: QR codes as PNG and SVG, and pages to print.

mod font;
mod line;
mod page;
mod qr;

pub use qr::{Matrix, QrError};

use font::Fonts;
use gateline_core::shared::printing::{PrintError, PrintedTicket, TicketPrinter};
use std::path::Path;
use std::sync::Arc;

/// Draws tickets. Cheap to clone.
#[derive(Clone)]
pub struct Printer {
    fonts: Arc<Fonts>,
}

/// Pixels per module of a PNG: sharp on a phone, and printable.
const PNG_MODULE_PX: u32 = 12;

impl Printer {
    /// Draws with the fonts that are compiled in and, for characters that they
    /// lack, those of a folder (TTF, OTF, TTC).
    ///
    /// # Errors
    /// When the folder or a font of it cannot be used, or it holds none.
    pub fn new(more_fonts: Option<&Path>) -> Result<Self, PrintError> {
        let mut fonts = Fonts::load().ok_or_else(|| PrintError("a font is damaged".into()))?;
        if let Some(folder) = more_fonts {
            fonts
                .add_folder(folder)
                .map_err(|error| PrintError(format!("fonts of {}: {error}", folder.display())))?;
        }
        Ok(Self {
            fonts: Arc::new(fonts),
        })
    }
}

impl TicketPrinter for Printer {
    fn qr_png(&self, code: &str) -> Result<Vec<u8>, PrintError> {
        ticket_matrix(code)?
            .png(PNG_MODULE_PX)
            .map_err(|error| PrintError(error.to_string()))
    }

    fn qr_svg(&self, code: &str) -> Result<Vec<u8>, PrintError> {
        Ok(ticket_matrix(code)?.svg().into_bytes())
    }

    fn pdf(&self, tickets: &[PrintedTicket]) -> Result<Vec<u8>, PrintError> {
        page::pdf(tickets, &self.fonts)
    }
}

fn ticket_matrix(code: &str) -> Result<Matrix, PrintError> {
    Matrix::of_ticket(code).map_err(|error| PrintError(error.to_string()))
}
