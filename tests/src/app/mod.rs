//! The scanner's window as staff see it: the shipped program in a real WebView
//! on a virtual display, driven by WebDriver.
//!
//! Always: display, driver and window end with their guards. Nothing here
//! reaches into the app; it sees what is on the screen and types.

mod display;
mod driver;
mod endurance;
mod look;
pub mod tour;
mod venue;
mod window;

pub use display::Display;
pub use driver::Driver;
pub use endurance::{Stretch, endure};
pub use look::THEMES;
pub use venue::{Scanner, TimedScan, Venue};
pub use window::{AppWindow, WindowOptions};
