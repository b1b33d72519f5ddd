//! Transports of mail.

mod folder;

pub use folder::FolderMail;
