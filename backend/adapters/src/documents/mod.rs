//! Pictures of tickets: QR codes as PNG and SVG, and pages to print.

mod font;
mod page;
mod qr;

pub use qr::{Matrix, QrError};

use gateline_core::shared::printing::{PrintError, PrintedTicket, TicketPrinter};

/// Draws tickets with the fonts that are compiled in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Printer;

/// Pixels per module of a PNG: sharp on a phone, and printable.
const PNG_MODULE_PX: u32 = 12;

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
        page::pdf(tickets)
    }
}

fn ticket_matrix(code: &str) -> Result<Matrix, PrintError> {
    Matrix::of_ticket(code).map_err(|error| PrintError(error.to_string()))
}
