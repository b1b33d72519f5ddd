//! Test bed: an organization with an event, a server, gates with a clock that
//! tests set.

mod gate;
mod server;
mod world;

pub(crate) use gate::{Gate, wait_until};
pub(crate) use server::{Mode, Server, signed};
pub(crate) use world::{EVENT, ORG, OTHER_EVENT, T0, World, listed};
