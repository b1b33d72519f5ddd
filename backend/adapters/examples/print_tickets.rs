//! Prints tickets whose words are hard to set (long, of many scripts, free, for
//! a test), to be looked at: `print_tickets tickets.pdf [folder of fonts]`.

use gateline_adapters::documents::Printer;
use gateline_common::ids::Serial;
use gateline_common::{Currency, Money};
use gateline_core::shared::printing::{PrintedTicket, TicketPrinter};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name the file to write")?;
    let folder = arguments.next();
    let printer = Printer::new(folder.as_deref().map(Path::new))?;
    std::fs::write(file, printer.pdf(&tickets()?)?)?;
    Ok(())
}

/// One page each.
fn tickets() -> Result<Vec<PrintedTicket>, Box<dyn std::error::Error>> {
    let plain = PrintedTicket {
        event_title: "Lake Festival 2026".into(),
        when: "Saturday, 21 November 2026, 19:30 – 23:00 (Europe/Vienna)".into(),
        place: "Stadthalle, Roland-Rainer-Platz 1, 1150 Vienna, Austria".into(),
        type_name: "Standing".into(),
        price: Some(Money::new(4_950, Currency::EUR)),
        attendee_name: Some("Åsa Łukasz Nguyễn Thị".into()),
        seat: Some("Block C, row 12, seat 7".into()),
        serial: Serial::MAX,
        order_code: "K7Q2MZ".into(),
        code: "1234567890".repeat(20),
        test: false,
    };
    let long = PrintedTicket {
        event_title: "Ein außerordentlich langer Abend mit dem Donaudampfschifffahrtsgesellschaftsorchester, \
                      seinen Gästen aus nah und fern, und allem, was man sonst noch in zweihundert Zeichen \
                      sagen kann"
            .into(),
        when: "Wednesday, 23 September 2026, 23:30 – Tuesday, 24 November 2026, 03:30 (America/Argentina/ComodRivadavia)".into(),
        place: "Großer Saal im zweiten Obergeschoss, ".repeat(6),
        type_name: "Reduced for students, apprentices, pensioners and everyone who was born in a leap year, \
                    with one drink"
            .into(),
        price: Some(Money::new(0, "JPY".parse()?)),
        attendee_name: Some("Wolfeschlegelsteinhausenbergerdorff ".repeat(6)),
        code: "9876543210".repeat(44) + "12",
        test: true,
        ..plain.clone()
    };
    let scripts = |title: &str, name: &str, test| PrintedTicket {
        event_title: title.into(),
        attendee_name: Some(name.into()),
        test,
        ..plain.clone()
    };
    Ok(vec![
        scripts(
            "東京音楽祭 2026 — 夏の夜",
            "山田 太郎 (やまだ タロウ)",
            false,
        ),
        scripts(
            "مهرجان القاهرة 2026 (ليلة)",
            "محمد عبد الرحمن, Block 7",
            true,
        ),
        scripts(
            "Party 🎉🎶 with 👩‍👩‍👧 & 🇦🇹 ❤️",
            "Zoë 😀 Ünal नमस्ते สวัสดี 한국어 𓀀 שלום",
            false,
        ),
        long,
        plain,
    ])
}
