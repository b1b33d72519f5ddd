//! Mail as files: each letter is one `.eml` in a folder, for trying out, for
//! tests, and for a mail program or a pick-up job that takes it from there.
//!
//! Always true: a file is there whole or not at all, and the same letter is
//! always the same file, which this account alone may read: it has tickets in it.

use super::letter::letter;
use crate::private;
use async_trait::async_trait;
use gateline_core::mail::{MailTransport, Message, TransportError};
use lettre::message::Mailbox;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes letters to a folder.
#[derive(Debug, Clone)]
pub struct FolderMail {
    folder: PathBuf,
    from: Mailbox,
}

/// The folder or the sender cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderMailError {
    /// Not an address.
    #[error("`{0}` is no sender address")]
    From(String),
    /// The folder cannot be made.
    #[error("the mail folder cannot be made: {0}")]
    Folder(#[from] std::io::Error),
}

impl FolderMail {
    /// Writes to `folder`, which is made if need be, as `from`
    /// (`Name <address>`).
    ///
    /// # Errors
    /// When the sender is no address or the folder cannot be made.
    pub fn new(folder: &Path, from: &str) -> Result<Self, FolderMailError> {
        let from = from
            .parse()
            .map_err(|_| FolderMailError::From(from.to_owned()))?;
        private::make_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            from,
        })
    }
}

#[async_trait]
impl MailTransport for FolderMail {
    async fn send(&self, message: &Message) -> Result<(), TransportError> {
        let bytes = letter(message, &self.from)?.formatted();
        let (folder, name) = (self.folder.clone(), file_name(&message.key));
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
        let unavailable =
            |error: &dyn std::fmt::Display| TransportError::Unavailable(error.to_string());
        written
            .map_err(|e| unavailable(&e))?
            .map_err(|e| unavailable(&e))
    }
}

/// Only letters, digits and `-`, whatever the key holds.
fn file_name(key: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    key.chars().take(120).map(safe).collect()
}

/// Writes aside, makes durable, then names it: readers see whole files only.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let aside = folder.join(format!(".{name}.part"));
    let mut file = private::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, folder.join(format!("{name}.eml")))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::Timestamp;
    use gateline_core::mail::Attachment as File;

    fn message(key: &str, address: &str) -> Message {
        Message {
            key: key.into(),
            to_name: "Zoë, \"Z\" <x@y>".into(),
            to_address: address.into(),
            subject: "Ödipus: your 2 tickets".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            attachments: vec![File {
                name: "tickets-ABC.pdf".into(),
                media_type: "application/pdf",
                bytes: vec![0, 159, 146, 150],
            }],
            date: Timestamp(1_795_285_800_000),
        }
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_letter_that_is_handed_over_twice_is_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let mail =
            FolderMail::new(&dir.path().join("mail"), "Gateline <tickets@localhost>").unwrap();
        for _ in 0..2 {
            let letter = message("tickets-0192", "zoe@example.org");
            mail.send(&letter).await.unwrap();
        }
        let folder = dir.path().join("mail");
        assert_eq!(files(&folder), ["tickets-0192.eml"]);
        let text = std::fs::read_to_string(folder.join("tickets-0192.eml")).unwrap();
        assert!(
            text.contains("Message-ID: <tickets-0192@localhost>"),
            "{text}"
        );
        assert!(text.contains("Date: Sat, 21 Nov 2026 18:30:00"), "{text}");
        assert!(text.contains("filename=\"tickets-ABC.pdf\""), "{text}");
    }

    #[tokio::test]
    async fn a_key_never_leaves_the_folder_and_a_bad_address_is_refused_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let mail = FolderMail::new(dir.path(), "a@b.example").unwrap();
        mail.send(&message("../../x", "zoe@example.org"))
            .await
            .unwrap();
        assert_eq!(files(dir.path()), ["------x.eml"]);
        for address in ["", "nobody", "a@b\r\nBcc: c@d"] {
            let refused = mail.send(&message("k", address)).await;
            assert!(
                matches!(refused, Err(TransportError::Refused(_))),
                "{address}"
            );
        }
        assert!(FolderMail::new(dir.path(), "nobody").is_err());
    }
}
