//! The demo with a window: a backend with a sample event that stays until it is
//! stopped, an enrolled scanner, and a folder of frames to show it.

use super::buyers::{buy_all, wishes};
use super::{Festival, Sale, photograph, set_up};
use crate::system::{Backend, BackendOptions, Binaries};
use anyhow::{Context, Result};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

const BUYERS: usize = 6;

/// Everything that stands while the demo runs. Dropping it stops all of it.
#[derive(Debug)]
pub struct Show {
    /// The backend.
    pub backend: Backend,
    /// The sample event.
    pub festival: Festival,
    /// A fresh enrolment code.
    pub enrolment_code: String,
    /// Frames, each with a ticket's code, that a scanner can be shown.
    pub frames: PathBuf,
    binaries: Binaries,
    store: PathBuf,
    scanner: Option<Child>,
}

impl Show {
    /// The headless gate's binary.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn gate_program(&self) -> Result<PathBuf> {
        self.binaries.path("gateline-gate")
    }

    /// Starts the backend in the folder `stage`, with a sample event, buyers,
    /// and a frame of each of their tickets.
    ///
    /// # Errors
    /// When anything of it fails.
    pub async fn start(stage: &Path) -> Result<Self> {
        let binaries = Binaries::of_this_build()?;
        let data = stage.join("backend");
        let backend = Backend::start(&binaries, &data, BackendOptions::default()).await?;
        let festival = set_up(backend.api()?).await?;
        let sales = buy_all(&backend.api()?, &wishes(&festival, BUYERS)).await?;
        let frames = stage.join("tickets");
        draw(&sales, &frames)?;
        let body = json!({"org": festival.org, "name": "Demo scanner"});
        let answer = festival
            .organizer
            .post("/api/checkin/enrolment-codes", &body)
            .await?;
        let enrolment_code = answer["code"]
            .as_str()
            .context("an enrolment code")?
            .to_owned();
        Ok(Self {
            backend,
            festival,
            enrolment_code,
            frames,
            binaries,
            store: stage.join("scanner"),
            scanner: None,
        })
    }

    /// Opens the scanner's window. It looks at an empty folder: a frame that is
    /// copied into it is held in front of the camera.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn open_scanner(&mut self) -> Result<PathBuf> {
        let camera = self.store.with_file_name("camera");
        std::fs::create_dir_all(&camera)?;
        let scanner = Command::new(self.binaries.path("gateline-scanner")?)
            .arg("--store")
            .arg(&self.store)
            .arg("--frames")
            .arg(&camera)
            .spawn()
            .context("cannot open the scanner")?;
        self.scanner = Some(scanner);
        Ok(camera)
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        if let Some(mut scanner) = self.scanner.take() {
            // It may have been closed by its user.
            drop(scanner.kill());
            drop(scanner.wait());
        }
    }
}

fn draw(sales: &[Sale], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for (index, sale) in sales.iter().enumerate() {
        let name = sale.buyer.replace(' ', "-").to_lowercase();
        let file = folder.join(format!("{name}-{}.png", sale.serial));
        photograph(&sale.code, index as u64, &file)?;
    }
    Ok(())
}
