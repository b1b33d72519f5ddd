//! The app by keyboard alone, and in another language while it runs.

use anyhow::{Result, ensure};
use gateline_tests::app::{Scanner, Venue};
use serde_json::json;

/// Presses Tab until what fits the selector has the focus.
async fn tab_to(scanner: &Scanner, css: &str) -> Result<()> {
    let focused = "const [css, done] = arguments; \
        done(document.activeElement?.matches(css) ?? false);";
    for _ in 0..60 {
        if scanner.window.ask(focused, vec![json!(css)]).await? == json!(true) {
            return Ok(());
        }
        scanner.window.press("Tab").await?;
    }
    anyhow::bail!("Tab does not come to {css}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_work_with_keys_alone_and_switch_the_language_while_scanning() -> Result<()> {
    let venue = Venue::open(3).await?;
    let scanner = venue.unpacked("keys", None, 30_000).await?;
    let window = &scanner.window;
    tab_to(&scanner, "#code").await?;
    window
        .type_text(&venue.enrolment_code("Tablet 1").await?)
        .await?;
    tab_to(&scanner, "#name").await?;
    window.type_text("Tablet 1").await?;
    window.press("Enter").await?;
    window.see("[data-screen=choose]").await?;
    venue.await_list(window).await?;
    window.see("section[data-complete=true]").await?;
    tab_to(
        &scanner,
        &format!("button[data-event='{}']", venue.festival.event),
    )
    .await?;
    window.press("Enter").await?;
    tab_to(&scanner, "[data-gate='1']").await?;
    window.press("Enter").await?;
    window.see("[data-screen=scan]").await?;

    // A hand scanner's keys, and Enter for the next guest.
    scanner.scan(&venue.codes[0]).await?;
    window
        .see("[data-answer=admit] [data-action=next]:focus")
        .await?;
    window.press("Enter").await?;
    window.gone("[data-answer]").await?;
    window.press("F3").await?;
    window.see("[data-testid=last] [role=status]").await?;
    ensure!(
        window
            .text("[data-testid=last]")
            .await?
            .contains("open again")
    );

    // From the list: search, let in, and be sure.
    window.press("F2").await?;
    window.see("#search:focus").await?;
    window.type_text("ada").await?;
    window.see("li[data-serial]").await?;
    tab_to(&scanner, "li[data-serial] [data-action=admit]").await?;
    window.press("Enter").await?;
    window.see("[data-sure=true]:focus").await?;
    window.press("Enter").await?;
    window.see("[data-answer=admit]").await?;
    window.press("Escape").await?;

    // Another language, while a refusal is on the screen.
    scanner.scan("4006381333931").await?;
    let said = window.text("[data-answer=refuse]").await?;
    ensure!(said.contains("Not a ticket"), "{said}");
    window.press("Escape").await?;
    window.press("F6").await?;
    tab_to(&scanner, "[data-sheet=menu] [data-action=settings]").await?;
    window.press("Enter").await?;
    tab_to(&scanner, "[data-setting=language] [data-value=de]").await?;
    window.press("Enter").await?;
    window.see("html[lang=de]").await?;
    scanner.scan("4006381333931").await?;
    let said = window.text("[data-answer=refuse]").await?;
    ensure!(
        said.contains("Kein Ticket") && said.contains("Nächster Gast"),
        "{said}"
    );
    window.reload().await?;
    window.see("html[lang=de]").await?;
    scanner.close().await
}
