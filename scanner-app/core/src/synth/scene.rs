//! What is before the camera: the code on a card or screen, a room behind it, and the light.

use qrcode::{EcLevel, QrCode};

use super::{HEIGHT, WIDTH, pose::Pose, random::Random};

/// A code's modules.
#[derive(Debug, Clone)]
pub(super) struct Modules {
    pub(super) side: usize,
    dark: Vec<bool>,
}

impl Modules {
    pub(super) fn of(text: &str) -> Self {
        let code =
            QrCode::with_error_correction_level(text, EcLevel::M).expect("a ticket fits a QR code");
        let dark = code
            .to_colors()
            .iter()
            .map(|&color| color == qrcode::Color::Dark)
            .collect();
        Self {
            side: code.width(),
            dark,
        }
    }

    pub(super) fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark[y * self.side + x]
    }
}

/// The light on the scene: an even one, and perhaps a shadow's edge or a lamp's mirror image.
#[derive(Debug, Clone, Default)]
pub(super) struct Light {
    shadow: Option<Shadow>,
    glare: Option<Glare>,
}

#[derive(Debug, Clone, Default)]
struct Shadow {
    /// What is left of the light.
    left: f32,
    /// Over how many pixels it falls.
    soft: f32,
    /// A point of the edge, and its normal.
    at: (f32, f32),
    normal: (f32, f32),
}

#[derive(Debug, Clone, Default)]
struct Glare {
    radius: f32,
    at: (f32, f32),
}

impl Light {
    pub(super) fn shadow(left: f32, soft: f32) -> Self {
        Self {
            shadow: Some(Shadow {
                left,
                soft,
                ..Shadow::default()
            }),
            glare: None,
        }
    }

    /// A spot that outshines everything within about this radius, in pixels.
    pub(super) fn glare(radius: f32) -> Self {
        Self {
            shadow: None,
            glare: Some(Glare {
                radius,
                at: (0.0, 0.0),
            }),
        }
    }

    /// Puts shadow and glare somewhere onto the code.
    pub(super) fn place(&mut self, random: &mut Random, pose: &Pose, side: f32) {
        let reach = side * pose.module_px * 0.4;
        let mut somewhere = || {
            let (x, y) = pose.centre;
            (
                x + random.between(-reach, reach),
                y + random.between(-reach, reach),
            )
        };
        if let Some(glare) = &mut self.glare {
            glare.at = somewhere();
        }
        if let Some(shadow) = &mut self.shadow {
            shadow.at = somewhere();
            let angle = random.between(0.0, std::f32::consts::TAU);
            shadow.normal = (angle.cos(), angle.sin());
        }
    }

    /// The reflected light where the surface reflects this share of it.
    fn on(&self, surface: f32, x: f32, y: f32) -> f32 {
        let mut seen = surface;
        if let Some(Shadow {
            left,
            soft,
            at,
            normal,
        }) = self.shadow
        {
            let into = (x - at.0) * normal.0 + (y - at.1) * normal.1;
            let share = (0.5 - into / soft).clamp(0.0, 1.0);
            seen *= 1.0 - share * (1.0 - left);
        }
        if let Some(Glare { radius, at }) = self.glare {
            let far = ((x - at.0).powi(2) + (y - at.1).powi(2)) / (radius * radius);
            seen += 1.6 * (-far).exp();
        }
        seen
    }
}

/// The things seen, each by the share of light it reflects.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    modules: Modules,
    pub(super) paper: f32,
    pub(super) ink: f32,
    room: Room,
}

#[derive(Debug, Clone)]
struct Room {
    wall: f32,
    slope: (f32, f32),
    /// Left, top, right, bottom, reflectance.
    things: Vec<[f32; 5]>,
}

impl Scene {
    pub(super) fn new(modules: Modules, random: &mut Random) -> Self {
        let (width, height) = (WIDTH as f32, HEIGHT as f32);
        let things = (0..14)
            .map(|_| {
                let (x, y) = (random.between(-50.0, width), random.between(-50.0, height));
                let (w, h) = (random.between(8.0, 220.0), random.between(8.0, 220.0));
                [x, y, x + w, y + h, random.between(0.05, 0.9)]
            })
            .collect();
        let slope = (
            random.between(-0.15, 0.15) / width,
            random.between(-0.15, 0.15) / height,
        );
        let room = Room {
            wall: random.between(0.3, 0.65),
            slope,
            things,
        };
        Self {
            modules,
            paper: 0.86,
            ink: 0.07,
            room,
        }
    }

    /// The light that reaches the camera, row by row; 1 is white.
    pub(super) fn show(&self, pose: &Pose, light: &Light) -> Vec<f32> {
        /// Each pixel of the code is the mean of this many squared.
        const SAMPLES: usize = 3;
        let to_plane = pose.to_plane();
        let side = self.modules.side as f32;
        let (code, card) = (side / 2.0 + 0.5, side / 2.0 + 7.0);
        let within = |(u, v): (f32, f32), half: f32| u.abs() < half && v.abs() < half;
        let mut picture = Vec::with_capacity((WIDTH * HEIGHT) as usize);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
                let at = to_plane.map(x, y);
                let surface = if within(at, code) {
                    let offset = |step: usize| (step as f32 + 0.5) / SAMPLES as f32 - 0.5;
                    let sample = |index: usize| {
                        let (dx, dy) = (offset(index % SAMPLES), offset(index / SAMPLES));
                        self.on_code(to_plane.map(x + dx, y + dy))
                    };
                    let count = SAMPLES * SAMPLES;
                    (0..count).map(sample).sum::<f32>() / count as f32
                } else if within(at, card) {
                    self.paper
                } else {
                    self.room.at(x, y)
                };
                picture.push(light.on(surface, x, y));
            }
        }
        picture
    }

    fn on_code(&self, (u, v): (f32, f32)) -> f32 {
        let half = self.modules.side as f32 / 2.0;
        let (x, y) = ((u + half).floor(), (v + half).floor());
        let inside = |at: f32| at >= 0.0 && at < self.modules.side as f32;
        let dark = inside(x) && inside(y) && self.modules.is_dark(x as usize, y as usize);
        if dark { self.ink } else { self.paper }
    }
}

impl Room {
    fn at(&self, x: f32, y: f32) -> f32 {
        let inside = |thing: &&[f32; 5]| {
            let [left, top, right, bottom, _] = **thing;
            x >= left && x < right && y >= top && y < bottom
        };
        let thing = self.things.iter().rev().find(inside).map(|thing| thing[4]);
        thing.unwrap_or(self.wall + self.slope.0 * x + self.slope.1 * y)
    }
}
