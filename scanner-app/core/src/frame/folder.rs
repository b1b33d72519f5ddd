//! Frames from a folder, and from files dropped into it later.
//!
//! Each version of a file is shown once. A file is taken when its length and modification time
//! have stood still between two looks, so that one still being copied is not read half-way; names
//! that start with a dot, or have another ending than `.png`, `.jpg` or `.jpeg`, are left alone. The
//! folder is looked at, not subscribed to, which works on network shares too. Nothing is moved or
//! deleted.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::{FrameSource, NamedFrame, Next, SourceError, read_image};

/// How long between two looks at the folder.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A file's version, as far as a listing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    length: u64,
    modified: Option<SystemTime>,
}

#[derive(Debug)]
struct Seen {
    version: Version,
    shown: bool,
}

/// The image files of a folder in the order of their names.
#[derive(Debug)]
pub struct Folder {
    name: String,
    path: PathBuf,
    watch: bool,
    ended: bool,
    seen: HashMap<PathBuf, Seen>,
    ready: VecDeque<PathBuf>,
    looked: Option<Instant>,
}

impl Folder {
    /// The files that are in the folder now; then it ends.
    pub fn once(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), false)
    }

    /// The files in the folder and those that appear or change later; it never ends.
    pub fn watch(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), true)
    }

    fn new(path: PathBuf, watch: bool) -> Self {
        let name = format!("folder {}", path.display());
        let (seen, ready) = (HashMap::new(), VecDeque::new());
        Self {
            name,
            path,
            watch,
            ended: false,
            seen,
            ready,
            looked: None,
        }
    }

    /// Lists the folder; what has stood still since the last look is ready.
    fn look(&mut self) -> Result<(), SourceError> {
        self.looked = Some(Instant::now());
        let now = list(&self.path)?;
        self.seen
            .retain(|path, _| now.iter().any(|(there, _)| there == path));
        for (path, version) in now {
            match self.seen.get_mut(&path) {
                Some(seen) if seen.version == version => {
                    if !seen.shown {
                        seen.shown = true;
                        self.ready.push_back(path);
                    }
                }
                _ if self.watch => {
                    self.seen.insert(
                        path,
                        Seen {
                            version,
                            shown: false,
                        },
                    );
                }
                _ => self.ready.push_back(path),
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Option<Result<Next, SourceError>> {
        let path = self.ready.pop_front()?;
        Some(read_image(&path).map(|frame| {
            Next::Frame(NamedFrame {
                name: path.display().to_string(),
                frame: Arc::new(frame),
            })
        }))
    }
}

impl FrameSource for Folder {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, wait: Duration) -> Result<Next, SourceError> {
        let deadline = Instant::now() + wait;
        loop {
            if let Some(taken) = self.take() {
                return taken;
            }
            if self.ended {
                return Ok(Next::End);
            }
            if let Some(due) = self.looked.map(|last| last + LOOK_EVERY) {
                wait_until(due.min(deadline));
                if due > deadline {
                    return Ok(Next::Nothing);
                }
            }
            self.ended = !self.watch;
            self.look()?;
        }
    }
}

/// Waits until then; nobody can wake it earlier for good.
fn wait_until(then: Instant) {
    while let Some(left) = then
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        std::thread::park_timeout(left);
    }
}

fn list(folder: &Path) -> Result<Vec<(PathBuf, Version)>, SourceError> {
    let unreadable = |reason| SourceError::Unreadable {
        path: folder.to_owned(),
        reason,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // A file that vanished since it was listed is simply not there.
        let Ok(about) = std::fs::metadata(&path) else {
            continue;
        };
        if about.is_file() && is_picture(&path) && !is_hidden(&path) {
            let version = Version {
                length: about.len(),
                modified: about.modified().ok(),
            };
            files.push((path, version));
        }
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

/// By its name: a PNG or JPEG, and none that is still being written under
/// another name.
fn is_picture(path: &Path) -> bool {
    let end = path.extension().map(|end| end.to_ascii_lowercase());
    end.is_none_or(|end| end == "png" || end == "jpg" || end == "jpeg")
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use image::GrayImage;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    fn shown(source: &mut Folder, wait: Duration) -> String {
        match source.next_frame(wait) {
            Ok(Next::Frame(named)) => named.name.rsplit(['/', '\\']).next().unwrap().to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_files_come_in_the_order_of_their_names_and_then_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.png", "a.png", ".hidden.png"] {
            GrayImage::new(2, 2).save(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("c.png.part"), "half").unwrap();
        let mut source = Folder::once(folder.path());
        for expected in ["a.png", "b.png", "Ok(End)", "Ok(End)"] {
            assert_eq!(shown(&mut source, Duration::ZERO), expected);
        }
    }

    #[test]
    fn a_file_dropped_later_is_shown_once_and_again_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let mut source = Folder::watch(folder.path());
        assert_eq!(shown(&mut source, Duration::ZERO), "Ok(Nothing)");
        let path = folder.path().join("dropped.png");
        GrayImage::new(2, 2).save(&path).unwrap();
        assert_eq!(shown(&mut source, SOON), "dropped.png");
        assert_eq!(shown(&mut source, LOOK_EVERY * 3), "Ok(Nothing)");
        GrayImage::new(200, 200).save(&path).unwrap();
        assert_eq!(shown(&mut source, SOON), "dropped.png");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_until_it_is() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("frames");
        let mut source = Folder::watch(&path);
        assert!(source.next_frame(SOON).unwrap_err().is_unreadable());
        std::fs::create_dir(&path).unwrap();
        GrayImage::new(2, 2).save(path.join("a.png")).unwrap();
        assert_eq!(shown(&mut source, SOON), "a.png");
    }
}
