//! The main job, as `cargo xtask demo --headless` plays it, in both forms.

use anyhow::Result;
use gateline_tests::story::{Size, play};
use gateline_tests::system::{Engines, Form};

async fn is_played_and_nothing_is_lost(form: Form) -> Result<()> {
    let stage = tempfile::tempdir()?;
    let outcome = play(stage.path(), form, Size { buyers: 16 }, &|_| {}).await?;
    let tally = outcome.tally;
    assert_eq!(tally.lost, 0);
    // 16 festival buyers with one or two Standard tickets each, 4 VIP, 4 Late
    // passes, and 2 tickets of the other event.
    assert_eq!(tally.sold, 24 + 4 + 4 + 2);
    // Every third of 24 Standard tickets stands at both gates.
    assert_eq!(tally.conflicts, 8);
    assert_eq!(tally.admitted, 24 + 8 + 4);
    // Wrong gate, rule, other event, forgery, and the same code again.
    assert_eq!(tally.refused, 5);
    assert!(outcome.report.contains("South gate"), "{}", outcome.report);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_is_played_and_nothing_is_lost() -> Result<()> {
    is_played_and_nothing_is_lost(Form::Embedded).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_is_played_by_services_apart_from_each_other() -> Result<()> {
    is_played_and_nothing_is_lost(Form::Distributed(Engines::of_this_run()?)).await
}
