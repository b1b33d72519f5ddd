//! Frames from image files named one by one.

use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

use super::{FrameSource, NamedFrame, Next, SourceError, read_image};

/// The files in the order given; then it ends.
#[derive(Debug)]
pub struct ImageFiles {
    name: String,
    left: VecDeque<PathBuf>,
}

impl ImageFiles {
    /// A source of exactly these files. None is opened before its turn.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let left: VecDeque<_> = paths.into_iter().collect();
        Self {
            name: format!("{} image files", left.len()),
            left,
        }
    }
}

impl FrameSource for ImageFiles {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, _wait: Duration) -> Result<Next, SourceError> {
        let Some(path) = self.left.pop_front() else {
            return Ok(Next::End);
        };
        let frame = Arc::new(read_image(&path)?);
        Ok(Next::Frame(NamedFrame {
            name: path.display().to_string(),
            frame,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_file_does_not_end_the_source() {
        let folder = tempfile::tempdir().unwrap();
        let [text, good] = ["text.png", "good.png"].map(|name| folder.path().join(name));
        std::fs::write(&text, "not an image").unwrap();
        image::GrayImage::new(3, 3).save(&good).unwrap();
        let mut files = ImageFiles::new([text, folder.path().join("missing.png"), good]);
        let mut next = || files.next_frame(Duration::ZERO);
        assert!(matches!(next(), Err(SourceError::NotAnImage { .. })));
        assert!(matches!(next(), Err(SourceError::Unreadable { .. })));
        assert!(matches!(next(), Ok(Next::Frame(named)) if named.name.ends_with("good.png")));
        assert!(matches!(next(), Ok(Next::End)));
    }
}
