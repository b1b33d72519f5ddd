//! Test material: hard frames of a code, made to order, and the sample photos.
//!
//! Every frame is a pure function of its text, trouble, severity and seed, the same on every
//! machine. Compiled for tests, examples and the demo only (feature `synth`).

mod lens;
mod photos;
mod pose;
mod random;
mod scene;
mod survey;

use crate::frame::Frame;

pub use photos::{Photo, UNREADABLE, sample_photos};
pub use survey::{Shot, survey};

use lens::Lens;
use pose::Pose;
use random::Random;
use scene::{Light, Modules, Scene};

/// The size of every made frame: what a gate's camera delivers.
pub const WIDTH: u32 = 1280;
/// See [`WIDTH`].
pub const HEIGHT: u32 = 720;

/// Severities run from 0 (easy) to this (few cameras could read it).
pub const WORST: u8 = 8;

/// What makes a frame hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Nothing much: some turn, blur and noise, as in every other frame.
    Clean,
    /// A phone in dark mode: light modules on a dark screen, ever dimmer.
    DarkMode,
    /// The ticket moves while the shutter is open, up to 1.6 modules.
    Motion,
    /// A lamp mirrored in the screen or the lamination.
    Glare,
    /// Sensor noise, up to a deviation of 48 of 255.
    Noise,
    /// The ticket is tilted away from the camera, up to 65 degrees.
    Tilt,
    /// The picture is dark, down to a fifteenth of its range, and noisy.
    LowLight,
    /// Modules of 3 pixels, ever softer.
    SmallModules,
    /// The edge of a shadow runs across the code.
    Shadow,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Clean,
        Self::DarkMode,
        Self::Motion,
        Self::Glare,
        Self::Noise,
        Self::Tilt,
        Self::LowLight,
        Self::SmallModules,
        Self::Shadow,
    ];

    /// What reports and file names call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::DarkMode => "dark-mode",
            Self::Motion => "motion",
            Self::Glare => "glare",
            Self::Noise => "noise",
            Self::Tilt => "tilt",
            Self::LowLight => "low-light",
            Self::SmallModules => "small-modules",
            Self::Shadow => "shadow",
        }
    }
}

/// A frame that shows the text as a QR code (level M) under one trouble. `severity` is at most
/// [`WORST`]. A text too long for a QR code is cut, which no ticket is.
pub fn code(text: &str, trouble: Trouble, severity: u8, seed: u64) -> Frame {
    let worse = f32::from(severity.min(WORST)) / f32::from(WORST);
    let between = |easy: f32, hard: f32| easy + (hard - easy) * worse;
    let mut random = Random::new(seed ^ (u64::from(severity) << 32) ^ ((trouble as u64) << 40));
    let modules = Modules::of(text);
    let side = modules.side as f32;
    let mut scene = Scene::new(modules, &mut random);
    let mut pose = Pose::any(&mut random);
    let mut light = Light::default();
    let mut lens = Lens {
        blur: random.between(0.45, 0.75),
        noise: 3.0,
        ..Lens::default()
    };
    match trouble {
        Trouble::Clean => {}
        Trouble::DarkMode => {
            (scene.paper, scene.ink) = (random.between(0.04, 0.12), between(0.85, 0.3));
            lens.blur = between(0.6, 1.2);
        }
        Trouble::Motion => lens.motion = between(0.3, 1.6) * pose.module_px,
        Trouble::Glare => light = Light::glare(between(0.05, 0.34) * side * pose.module_px),
        Trouble::Noise => lens.noise = between(6.0, 48.0),
        Trouble::Tilt => pose.tilt = between(15.0, 65.0).to_radians(),
        Trouble::LowLight => {
            lens.gain = between(0.5, 0.067);
            lens.noise = between(3.0, 4.5);
        }
        Trouble::SmallModules => {
            pose.module_px = 3.0;
            lens.blur = between(0.4, 1.05);
            lens.noise = between(3.0, 7.0);
        }
        Trouble::Shadow => light = Light::shadow(between(0.6, 0.12), random.between(2.0, 30.0)),
    }
    light.place(&mut random, &pose, side);
    let picture = scene.show(&pose, &light);
    lens.shoot(picture, &mut random)
}

/// A frame of a room without any code in it.
pub fn room(seed: u64) -> Frame {
    let mut random = Random::new(seed);
    let scene = Scene::new(Modules::of(""), &mut random);
    let away = Pose {
        centre: (-9e4, -9e4),
        ..Pose::any(&mut random)
    };
    let lens = Lens {
        noise: random.between(2.0, 12.0),
        ..Lens::default()
    };
    lens.shoot(scene.show(&away, &Light::default()), &mut random)
}

/// The text as a crisp code on white, `module_px` pixels to a module.
pub fn flat(text: &str, module_px: usize) -> Frame {
    let modules = Modules::of(text);
    let side = (modules.side + 8) * module_px;
    let mut luma = vec![255; side * side];
    draw(&mut luma, side, (0, 0), &modules, module_px);
    framed(luma, side, side)
}

/// Two crisp codes next to each other.
pub fn side_by_side(left: &str, right: &str) -> Frame {
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    let mut luma = vec![255; width * height];
    for (text, x) in [(left, 60), (right, 700)] {
        draw(&mut luma, width, (x, 120), &Modules::of(text), 8);
    }
    framed(luma, width, height)
}

/// A frame with this many corner patterns (at most about 1,100) and no code: the worst case for
/// detectors that match every three of them.
pub fn crowd(corners: usize) -> Frame {
    const CELL: usize = 28;
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    let mut luma = vec![255; width * height];
    let columns = width / CELL;
    for index in 0..corners.min(columns * (height / CELL)) {
        let (left, top) = (index % columns * CELL, index / columns * CELL);
        for (y, x) in (0..21).flat_map(|y| (0..21).map(move |x| (y, x))) {
            let ring = (x / 3).min(y / 3).min(6 - x / 3).min(6 - y / 3);
            if ring != 1 {
                luma[(top + y) * width + left + x] = 0;
            }
        }
    }
    framed(luma, width, height)
}

fn draw(luma: &mut [u8], width: usize, at: (usize, usize), modules: &Modules, module_px: usize) {
    for y in 0..modules.side * module_px {
        for x in 0..modules.side * module_px {
            if modules.is_dark(x / module_px, y / module_px) {
                luma[(at.1 + 4 * module_px + y) * width + at.0 + 4 * module_px + x] = 0;
            }
        }
    }
}

fn framed(luma: Vec<u8>, width: usize, height: usize) -> Frame {
    Frame::new(luma, width as u32, height as u32).expect("the buffer has the size it was made with")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_order_gives_the_same_frame_and_another_seed_another() {
        let make = |seed| code("4711", Trouble::Glare, 3, seed);
        assert_eq!(make(5), make(5));
        assert_ne!(make(5), make(6));
    }

    #[test]
    fn every_made_frame_has_the_size_of_a_cameras() {
        for trouble in Trouble::ALL {
            let frame = code("4711", trouble, WORST, 1);
            assert_eq!(
                (frame.width(), frame.height()),
                (WIDTH, HEIGHT),
                "{trouble:?}"
            );
        }
    }
}
