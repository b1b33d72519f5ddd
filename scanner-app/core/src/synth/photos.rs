//! The sample photos: real pictures of QR codes with the text each contains, from the ZXing
//! project's black-box tests. They lie beside the project, not in it.

use std::{
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
};

use crate::frame::{Frame, read_image};

/// The photos that no voice can read, and why.
pub const UNREADABLE: &[(&str, &str)] = &[];

/// One photo.
#[derive(Debug)]
pub struct Photo {
    /// Folder and file, `qrcode-1/3.png`.
    pub name: String,
    /// The picture.
    pub frame: Frame,
    /// What its code says.
    pub text: String,
}

/// All sample photos by name, or an error that says what is missing.
pub fn sample_photos() -> std::io::Result<Vec<Photo>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/qr-samples");
    let mut paths = Vec::new();
    for folder in ["qrcode-1", "qrcode-3", "qrcode-5"] {
        let folder = root.join(folder);
        let absent = |error: Error| {
            let words = format!(
                "the sample photos are missing: {} cannot be read ({error}); put the folder \
                 qr-samples into ../shared beside the project",
                folder.display()
            );
            Error::new(error.kind(), words)
        };
        for entry in std::fs::read_dir(&folder).map_err(absent)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "png") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> std::io::Result<Photo> {
    let name: PathBuf = path.components().rev().take(2).collect();
    let name: PathBuf = name.components().rev().collect();
    let text = std::fs::read_to_string(path.with_extension("txt"))?;
    let frame = read_image(&path).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    let name = name.to_string_lossy().replace('\\', "/");
    Ok(Photo { name, frame, text })
}
