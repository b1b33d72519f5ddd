//! Transports of mail.

mod folder;
mod letter;
mod smtp;

pub use folder::FolderMail;
pub use smtp::{SmtpMail, SmtpMailError};
