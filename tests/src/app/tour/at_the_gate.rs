//! Every kind of answer.

use super::{SUPERVISOR, Visit, clear};
use crate::app::{Scanner, Venue};
use anyhow::{Result, ensure};
use serde_json::json;

pub(super) async fn walk(venue: &Venue, scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    let (first, second) = (&venue.codes[0], &venue.codes[1]);
    let shown = scanner.scan(first).await?;
    ensure!(
        shown.admitted && shown.confirmation == "confirmed",
        "{shown:?}"
    );
    window.see("html[data-sound=admit]").await?;
    visitor.visit(window, "admit").await?;
    clear(scanner).await?;

    scanner.scan(first).await?;
    window
        .see("[data-answer=refuse][data-reason=already_admitted]")
        .await?;
    window.see("html[data-sound=refuse]").await?;
    visitor.visit(window, "already-in").await?;
    window.click("[data-action=override]").await?;
    window.see("#reason").await?;
    visitor.visit(window, "override").await?;
    window.paste("#reason", "Came back for her scarf").await?;
    window.paste("#pin", "9999").await?;
    window.click("[data-action=override-do]").await?;
    window.see("[data-testid=override-wrong]").await?;
    visitor.visit(window, "override-refused").await?;
    window.paste("#pin", SUPERVISOR).await?;
    window.click("[data-action=override-do]").await?;
    window.see("[data-answer=admit]").await?;
    clear(scanner).await?;

    turn(scanner, "exit").await?;
    scanner.scan(first).await?;
    window
        .see("[data-answer=admit][data-admission=exit]")
        .await?;
    window.see("html[data-sound=exit]").await?;
    visitor.visit(window, "exit").await?;
    clear(scanner).await?;
    scanner.scan(second).await?;
    window
        .see("[data-answer=refuse][data-reason=not_inside]")
        .await?;
    visitor.visit(window, "not-inside").await?;
    clear(scanner).await?;
    turn(scanner, "entry").await?;
    scanner.scan(first).await?;
    window
        .see("[data-answer=admit][data-admission=re_entry]")
        .await?;
    visitor.visit(window, "admit-again").await?;
    clear(scanner).await?;

    scanner.scan("4006381333931").await?;
    window
        .see("[data-answer=refuse][data-reason=malformed]")
        .await?;
    visitor.visit(window, "not-a-ticket").await?;
    clear(scanner).await?;
    look_up(scanner, first, visitor).await?;
    nothing_to_undo(scanner, visitor).await
}

async fn turn(scanner: &Scanner, direction: &str) -> Result<()> {
    let button = format!("header [data-direction={direction}]");
    scanner.window.click(&button).await?;
    let pressed = format!("{button}[aria-pressed=true]");
    scanner.window.see(&pressed).await.map(drop)
}

async fn look_up(scanner: &Scanner, code: &str, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    window.click("[data-mode=info]").await?;
    window.see("[data-looking-up=true]").await?;
    visitor.visit(window, "look-up-ready").await?;
    window.hand_scan(code).await?;
    window.see("[data-answer=info]").await?;
    visitor.visit(window, "look-up").await?;
    clear(scanner).await?;
    window.click("[data-mode=info]").await?;
    window.see("[data-looking-up=false]").await.map(drop)
}

/// What could not be done: neither green nor red.
async fn nothing_to_undo(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    window.ask(PRESS, vec![json!("F3")]).await?;
    window
        .see("[data-answer=failed][data-reason=nothing_to_undo]")
        .await?;
    visitor.visit(window, "not-done").await?;
    clear(scanner).await
}

/// Presses a key that no field takes.
const PRESS: &str = "const [key, done] = arguments; \
    window.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})); done(null);";
