//! What lies beside the queue: search, menu, figures, history, settings, status,
//! lock and kiosk.

use super::{PIN, SUPERVISOR, Visit, close, sheet};
use crate::app::Scanner;
use anyhow::Result;
use serde_json::json;

pub(super) async fn walk(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    search(scanner, visitor).await?;
    let window = &scanner.window;
    window.click("[data-action=menu]").await?;
    window.see("[data-sheet=menu]").await?;
    visitor.visit(window, "menu").await?;
    close(scanner).await?;
    for (item, shows) in [
        ("figures", "[data-sheet=figures] table"),
        ("history", "[data-sheet=history] li"),
        ("settings", "[data-sheet=settings] #volume"),
    ] {
        sheet(scanner, item).await?;
        window.see(shows).await?;
        visitor.visit(window, item).await?;
        close(scanner).await?;
    }
    status(scanner, visitor).await?;
    drop_target(scanner, visitor).await?;
    lock(scanner, visitor).await?;
    kiosk(scanner, visitor).await
}

async fn search(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    window.click("[data-action=search]").await?;
    window.see("#search:focus").await?;
    window.paste("#search", "ada").await?;
    window.see("li[data-serial]").await?;
    visitor.visit(window, "search").await?;
    window.click("li[data-serial] [data-action=admit]").await?;
    window.see("[data-action=admit][data-sure=true]").await?;
    visitor.visit(window, "search-sure").await?;
    close(scanner).await
}

async fn status(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    window.click("footer [data-action=status]").await?;
    window.see("#supervisor").await?;
    visitor.visit(window, "status").await?;
    window.paste("#supervisor", SUPERVISOR).await?;
    window.click("[data-action=show-exposure]").await?;
    window.see("[data-testid=exposure]").await?;
    visitor.visit(window, "exposure").await?;
    close(scanner).await
}

async fn drop_target(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    let drag = "const [name, done] = arguments; const data = new DataTransfer(); \
        data.items.add(new File(['x'], 'ticket.png')); const init = {bubbles: true, \
        cancelable: true, dataTransfer: data}; \
        window.dispatchEvent(new DragEvent(name, init)); done(null);";
    window.ask(drag, vec![json!("dragover")]).await?;
    window.see(".target.over p").await?;
    visitor.visit(window, "drop").await?;
    window.ask(drag, vec![json!("dragleave")]).await?;
    window.gone(".target.over").await
}

async fn lock(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    sheet(scanner, "settings").await?;
    window.paste("#pin-new", PIN).await?;
    window.click("[data-action=set-pin]").await?;
    window.see("#pin-old").await?;
    close(scanner).await?;
    sheet(scanner, "lock").await?;
    window.see("[data-screen=locked] #pin").await?;
    visitor.visit(window, "locked").await?;
    window.paste("#pin", "0000").await?;
    window.click("[data-action=unlock]").await?;
    window.see("[data-screen=locked] .bad").await?;
    visitor.visit(window, "locked-wrong").await?;
    window.paste("#pin", PIN).await?;
    window.click("[data-action=unlock]").await?;
    window.see("[data-screen=scan]").await.map(drop)
}

async fn kiosk(scanner: &Scanner, visitor: &mut impl Visit) -> Result<()> {
    let window = &scanner.window;
    sheet(scanner, "kiosk").await?;
    window.see("[data-kiosk=true]").await?;
    visitor.visit(window, "kiosk").await?;
    window.click("[data-action=menu]").await?;
    window.see("[data-sheet=menu] #pin").await?;
    visitor.visit(window, "kiosk-leave").await?;
    window.paste("#pin", PIN).await?;
    window.click("[data-action=leave-kiosk]").await?;
    window.see("[data-kiosk=false]").await.map(drop)
}
