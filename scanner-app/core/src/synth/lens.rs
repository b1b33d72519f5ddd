//! What the camera makes of the light: motion, blur, exposure, noise.

use super::{HEIGHT, WIDTH, framed, random::Random};
use crate::frame::Frame;

/// A camera's shortcomings.
#[derive(Debug, Clone)]
pub(super) struct Lens {
    /// Deviation of the blur, in pixels.
    pub(super) blur: f32,
    /// How far things move while the shutter is open, in pixels.
    pub(super) motion: f32,
    /// Brightness; 1 shows white as 255.
    pub(super) gain: f32,
    /// Deviation of the noise, in steps of 255.
    pub(super) noise: f32,
}

impl Default for Lens {
    fn default() -> Self {
        Self {
            blur: 0.5,
            motion: 0.0,
            gain: 1.0,
            noise: 0.0,
        }
    }
}

impl Lens {
    /// The picture as a frame.
    pub(super) fn shoot(&self, mut picture: Vec<f32>, random: &mut Random) -> Frame {
        if self.motion > 1.0 {
            let angle = random.between(0.0, std::f32::consts::TAU);
            picture = moved(&picture, self.motion, angle);
        }
        let kernel = gaussian(self.blur);
        picture = blurred_rows(&picture, WIDTH as usize, &kernel);
        picture = turned(&picture, WIDTH as usize, HEIGHT as usize);
        picture = blurred_rows(&picture, HEIGHT as usize, &kernel);
        picture = turned(&picture, HEIGHT as usize, WIDTH as usize);
        let luma = picture
            .iter()
            .map(|&light| {
                let exposed = (light * self.gain).min(1.0) * 255.0;
                (exposed + self.noise * random.normal())
                    .round()
                    .clamp(0.0, 255.0) as u8
            })
            .collect();
        framed(luma, WIDTH as usize, HEIGHT as usize)
    }
}

/// The mean along a line of this length.
fn moved(picture: &[f32], length: f32, angle: f32) -> Vec<f32> {
    let steps = (length * 2.0).ceil() as i32;
    let offsets: Vec<(i32, i32)> = (0..=steps)
        .map(|step| {
            let along = (step as f32 / steps as f32 - 0.5) * length;
            (
                (along * angle.cos()).round() as i32,
                (along * angle.sin()).round() as i32,
            )
        })
        .collect();
    let (width, height) = (WIDTH as i32, HEIGHT as i32);
    let at =
        |x: i32, y: i32| picture[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) as usize];
    let mean = |x: i32, y: i32| {
        offsets
            .iter()
            .map(|&(dx, dy)| at(x + dx, y + dy))
            .sum::<f32>()
            / offsets.len() as f32
    };
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| mean(x, y))
        .collect()
}

/// One side of the kernel, from its middle out; all of it adds up to 1.
fn gaussian(deviation: f32) -> Vec<f32> {
    let reach = (deviation * 3.0).ceil() as usize;
    let weight = |at: usize| (-0.5 * (at as f32 / deviation).powi(2)).exp();
    let sum = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f32>();
    (0..=reach).map(|at| weight(at) / sum).collect()
}

fn blurred_rows(picture: &[f32], width: usize, kernel: &[f32]) -> Vec<f32> {
    let mut blurred = Vec::with_capacity(picture.len());
    for row in picture.chunks_exact(width) {
        for x in 0..width {
            let mut sum = row[x] * kernel[0];
            for (reach, weight) in kernel.iter().enumerate().skip(1) {
                sum += weight * (row[x.saturating_sub(reach)] + row[(x + reach).min(width - 1)]);
            }
            blurred.push(sum);
        }
    }
    blurred
}

fn turned(picture: &[f32], width: usize, height: usize) -> Vec<f32> {
    (0..width)
        .flat_map(|x| (0..height).map(move |y| picture[y * width + x]))
        .collect()
}
