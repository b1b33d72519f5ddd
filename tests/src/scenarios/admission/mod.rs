//! The driver over `admission` itself: devices and server are the least that the
//! rules need around them, in memory. It shows what the rules say; the other
//! drivers show that gate and server do what the rules say.

mod device;
mod office;
mod rules;
pub(super) mod server;

pub(super) use self::office::Office;
pub(super) use self::rules::{Rules, Voice};

use self::office::Memory;
use super::{Cell, Driver, Scenario, play};
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::DeviceId;
use gateline_common::sync::Override;
use uuid::Uuid;

/// The driver.
#[derive(Debug, Default)]
pub struct Admission;

impl Driver for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    fn run(&mut self, scenario: &Scenario) -> Cell {
        match Memory::new(&scenario.world) {
            Ok(memory) => {
                let mut stage = Rules::new(&scenario.world, memory, Voice::Own);
                play(scenario, self.name(), &mut stage)
            }
            Err(error) => Cell::Wrong(format!("{error:#}")),
        }
    }
}

pub(super) fn device_id(name: &str, enrolment: usize) -> DeviceId {
    let letter = name.bytes().next().unwrap_or_default();
    DeviceId(Uuid::from_u128(
        0x0d00 + u128::from(letter) * 16 + enrolment as u128,
    ))
}

/// The refusal that an override waives.
fn waived(overridden: Option<&Override>) -> Option<&Refusal> {
    match &overridden?.waived {
        Answer::Refuse(refusal) => Some(refusal),
        Answer::Admit(_) => None,
    }
}
