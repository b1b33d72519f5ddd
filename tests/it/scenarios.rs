//! Every scenario against `admission` itself.

use gateline_tests::scenarios::admission::Admission;
use gateline_tests::scenarios::{Driver, Table, all};

#[test]
fn the_rules_answer_every_scenario_as_written() {
    let scenarios = all().expect("the scenario files are read");
    let mut driver = Admission;
    let mut table = Table::new(&scenarios, &[driver.name()]);
    table.fill(&scenarios, &mut driver);
    let failures = table.failures();
    assert!(failures.is_empty(), "{table}\n{}", failures.join("\n"));
}
