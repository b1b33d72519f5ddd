//! Why a source has no frame. Each message says what to do about it.

use std::path::PathBuf;

/// A picture that could not be had. The source itself goes on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file or folder cannot be opened.
    #[error("{} cannot be opened ({reason}): check the path and that it may be read", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        reason: std::io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is no ordinary file: give a PNG or JPEG file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The bytes are neither PNG nor JPEG.
    #[error("{name} is no PNG or JPEG image: give a picture of a ticket")]
    NotAnImage {
        /// The file's path.
        name: String,
    },
    /// It starts like an image but cannot be decoded.
    #[error("{name} is a damaged image ({reason}): take or copy the picture again")]
    Damaged {
        /// The file's path.
        name: String,
        /// What the image decoder said.
        reason: String,
    },
    /// The file, or what it would unpack to, is beyond what a picture of a ticket needs.
    #[error("{name} is too large ({reason}): give a picture of at most {max_side} pixels a side",
            max_side = super::image_file::MAX_SIDE)]
    TooLarge {
        /// The file's path.
        name: String,
        /// Which limit it broke.
        reason: String,
    },
    /// The camera cannot be opened, or gives no pictures.
    #[error(
        "{name} gives no picture ({reason}): check its cable, that no other program uses it, \
             and that this one may; it is tried again by itself"
    )]
    Camera {
        /// Which camera.
        name: String,
        /// What the operating system said.
        reason: String,
    },
}

impl SourceError {
    /// Whether the file could not even be opened, as opposed to holding no usable picture.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    /// The file, folder or camera it is about.
    pub fn name(&self) -> String {
        match self {
            Self::Unreadable { path, .. } | Self::NotAFile { path } => path.display().to_string(),
            Self::NotAnImage { name }
            | Self::Damaged { name, .. }
            | Self::TooLarge { name, .. }
            | Self::Camera { name, .. } => name.clone(),
        }
    }

    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::NotAFile { .. } => "not_a_file",
            Self::NotAnImage { .. } => "not_an_image",
            Self::Damaged { .. } => "damaged_image",
            Self::TooLarge { .. } => "too_large",
            Self::Camera { .. } => "camera",
        }
    }
}
