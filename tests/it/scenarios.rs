//! Every scenario with every driver: the table has no empty and no wrong cell.

use gateline_tests::scenarios::{Table, all, drivers};
use std::io::Write;

#[test]
fn every_driver_answers_every_scenario_as_written() {
    let scenarios = all().expect("the scenario files are read");
    let table = Table::of(&scenarios, drivers().expect("the drivers start"));
    writeln!(std::io::stdout(), "{table}").expect("it is printed");
    let failures = table.failures();
    assert!(failures.is_empty(), "{table}\n{}", failures.join("\n"));
}
