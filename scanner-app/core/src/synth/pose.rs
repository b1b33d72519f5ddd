//! How the code lies before the camera.

use super::random::Random;
use super::{HEIGHT, WIDTH};

/// Where the code is, how large, how turned and how tilted.
#[derive(Debug, Clone)]
pub(super) struct Pose {
    /// Pixels to a module at the code's centre.
    pub(super) module_px: f32,
    /// The code's centre in the frame.
    pub(super) centre: (f32, f32),
    /// Turn in the picture's plane, radians.
    pub(super) roll: f32,
    /// Tilt away from the camera, radians, and the direction of its axis.
    pub(super) tilt: f32,
    pub(super) axis: f32,
}

/// How far the camera is, in modules: a hand's width from a phone, which gives real perspective.
const DISTANCE: f32 = 150.0;

impl Pose {
    /// As somebody would hold it: any turn, a little tilt, near the middle.
    pub(super) fn any(random: &mut Random) -> Self {
        use std::f32::consts::PI;
        Self {
            module_px: random.between(4.0, 6.5),
            centre: (
                WIDTH as f32 / 2.0 + random.between(-150.0, 150.0),
                HEIGHT as f32 / 2.0 + random.between(-60.0, 60.0),
            ),
            roll: random.between(-PI, PI),
            tilt: random.between(0.0, 0.2),
            axis: random.between(-PI, PI),
        }
    }

    /// The map from the frame's pixels to the code's plane, in modules from its centre.
    pub(super) fn to_plane(&self) -> ToPlane {
        let (sin_r, cos_r) = self.roll.sin_cos();
        let (sin_a, cos_a) = self.axis.sin_cos();
        let (sin_t, cos_t) = self.tilt.sin_cos();
        // Turn by roll, then by tilt around the axis (cos_a, sin_a, 0).
        let turned = |u: f32, v: f32| {
            let (x, y) = (cos_r * u - sin_r * v, sin_r * u + cos_r * v);
            let along = cos_a * x + sin_a * y;
            let across = cos_a * y - sin_a * x;
            let flat = across * cos_t;
            (
                cos_a * along - sin_a * flat,
                sin_a * along + cos_a * flat,
                across * sin_t,
            )
        };
        let (u, v) = (turned(1.0, 0.0), turned(0.0, 1.0));
        let scale = self.module_px * DISTANCE;
        let (cx, cy) = self.centre;
        invert([
            [
                scale * u.0 + cx * u.2,
                scale * v.0 + cx * v.2,
                cx * DISTANCE,
            ],
            [
                scale * u.1 + cy * u.2,
                scale * v.1 + cy * v.2,
                cy * DISTANCE,
            ],
            [u.2, v.2, DISTANCE],
        ])
    }
}

/// A projective map of the plane.
pub(super) struct ToPlane([[f32; 3]; 3]);

impl ToPlane {
    pub(super) fn map(&self, x: f32, y: f32) -> (f32, f32) {
        let row = |row: &[f32; 3]| row[0] * x + row[1] * y + row[2];
        let w = row(&self.0[2]);
        (row(&self.0[0]) / w, row(&self.0[1]) / w)
    }
}

/// The adjugate, which for a projective map is as good as the inverse.
fn invert(m: [[f32; 3]; 3]) -> ToPlane {
    let minor =
        |r1: usize, c1: usize, r2: usize, c2: usize| m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
    ToPlane([
        [minor(1, 1, 2, 2), -minor(0, 1, 2, 2), minor(0, 1, 1, 2)],
        [-minor(1, 0, 2, 2), minor(0, 0, 2, 2), -minor(0, 0, 1, 2)],
        [minor(1, 0, 2, 1), -minor(0, 0, 2, 1), minor(0, 0, 1, 1)],
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_of_the_frame_is_the_centre_of_the_code_and_modules_have_their_size() {
        let pose = Pose {
            module_px: 5.0,
            centre: (600.0, 300.0),
            roll: 0.0,
            tilt: 0.0,
            axis: 0.0,
        };
        let map = pose.to_plane();
        let near = |(u, v): (f32, f32), (x, y): (f32, f32)| (u - x).abs() + (v - y).abs() < 0.01;
        assert!(near(map.map(600.0, 300.0), (0.0, 0.0)));
        assert!(near(map.map(650.0, 280.0), (10.0, -4.0)));
    }
}
