//! Every state of the scanner's screens is usable by all: axe-core finds nothing
//! against WCAG 2.2 at level AA, light and dark, in two sizes.

use anyhow::{Context, Result};
use gateline_tests::app::tour::{self, Visit};
use gateline_tests::app::{AppWindow, THEMES};
use serde_json::{Value, json};
use std::path::Path;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_state_of_the_screens_shuts_anybody_out() -> Result<()> {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../scanner-app/ui/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).context("run `cargo xtask ui` first")?;
    for (width, height) in [(1280, 800), (1024, 600)] {
        let mut eyes = Eyes {
            axe: axe.clone(),
            states: 0,
            found: Vec::new(),
        };
        tour::walk(width, height, &mut eyes).await?;
        assert!(eyes.states >= 25, "only {} states were seen", eyes.states);
        assert!(eyes.found.is_empty(), "{}", eyes.found.join("\n"));
    }
    Ok(())
}

struct Eyes {
    axe: String,
    states: usize,
    found: Vec<String>,
}

const LOOK: &str = "const done = arguments[0]; axe.run(document, {runOnly: \
    ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((all) => \
    done(all.violations.map((one) => [one.id, one.nodes.map((node) => \
        `${node.target.join(' ')}: ${node.failureSummary}`)])), (error) => done(String(error)));";

impl Visit for Eyes {
    async fn visit(&mut self, window: &AppWindow, name: &'static str) -> Result<()> {
        self.states += 1;
        if window
            .ask("arguments[0](Boolean(window.axe));", vec![])
            .await?
            != json!(true)
        {
            let load = format!("{};\narguments[arguments.length - 1](null);", self.axe);
            window.ask(&load, vec![]).await?;
        }
        for theme in THEMES {
            window.set_theme(theme).await?;
            let found = window.ask(LOOK, vec![]).await?;
            let Value::Array(found) = found else {
                anyhow::bail!("{name}: {found}");
            };
            let told = found.iter().map(|one| format!("{name}, {theme}: {one}"));
            self.found.extend(told);
        }
        Ok(())
    }
}
