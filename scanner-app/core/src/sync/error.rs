//! What can go wrong between the gate and its server. Each is a state that
//! staff can read; none of them loses a scan, and none stops the gate.

use crate::store::StoreError;
use gateline_common::sync::FrameError;
use std::error::Error;

/// Why an exchange failed. [`SyncError::code`] is what programs read.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// `connection_refused`: nothing listens there.
    #[error("the server does not answer (connection refused)")]
    Refused,
    /// `name_not_found`: the server's name cannot be resolved.
    #[error("the server's name cannot be found; is there a network?")]
    NameNotFound,
    /// `timeout`: no answer in time.
    #[error("the server did not answer in time")]
    Timeout,
    /// `certificate`: not the certificate that was pinned, or not a valid one.
    #[error("the server's certificate is not the right one: {0}")]
    Certificate(String),
    /// `unreachable`: any other failure of the network.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// `captive_portal`: something answered, but not a Gateline server.
    #[error("something else answers in the server's place (a sign-in page of the network?)")]
    NotGateline,
    /// `truncated`: the answer broke off.
    #[error("the server's answer broke off")]
    Truncated,
    /// `damaged_message`: an answer that this build cannot read.
    #[error("the server's answer cannot be read: {0}")]
    Damaged(FrameError),
    /// `server_error`: the server failed.
    #[error("the server has a problem (status {0})")]
    Server(u16),
    /// `rate_limited`: too many requests from this device.
    #[error("the server asks this device to slow down")]
    RateLimited,
    /// `not_authenticated`: the server does not know this device's credential.
    #[error("the server does not know this device; enrol it again in a new store")]
    NotAuthenticated,
    /// `unproven_revocation`: something says that this device was revoked, and
    /// shows no notice of it that the organization signed.
    #[error(
        "something says that this device was revoked, without the organization's signature \
         ({0}); scanning goes on"
    )]
    UnprovenRevocation(String),
    /// `device_revoked`: this device was revoked, and its notice was verified.
    #[error("this device was revoked by the organizer")]
    Revoked,
    /// `rejected`: the server understood and said no.
    #[error("the server refused: {message}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The server's code.
        code: String,
        /// Its message.
        message: String,
    },
    /// `bad_manifest`: not signed by the organization's root key, or not its own.
    #[error("the server's manifest is not to be trusted: {0}")]
    BadManifest(&'static str),
    /// `old_manifest`: an older one than this device holds.
    #[error("the server sent an older manifest ({sent}) than this device holds ({held})")]
    OldManifest {
        /// Its version.
        sent: u64,
        /// The version held.
        held: u64,
    },
    /// `insecure_server`: plain HTTP to a server that is not on this machine.
    /// Lists and answers are not signed one by one; the connection proves them.
    #[error(
        "the enrolment code names a server without encryption, on another machine: start it \
         with TLS (--tls-self-signed will do) and make a new code"
    )]
    InsecureServer,
    /// `bad_server`: the enrolment code's address is none.
    #[error("the server's address in the enrolment code cannot be used: {0}")]
    BadServer(String),
    /// `store`: the local store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SyncError {
    /// The code, as it stands in [`crate::controller::Trouble`].
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused => "connection_refused",
            Self::NameNotFound => "name_not_found",
            Self::Timeout => "timeout",
            Self::Certificate(_) => "certificate",
            Self::Unreachable(_) => "unreachable",
            Self::NotGateline => "captive_portal",
            Self::Truncated => "truncated",
            Self::Damaged(_) => "damaged_message",
            Self::Server(_) => "server_error",
            Self::RateLimited => "rate_limited",
            Self::NotAuthenticated => "not_authenticated",
            Self::UnprovenRevocation(_) => "unproven_revocation",
            Self::Revoked => "device_revoked",
            Self::Rejected { .. } => "rejected",
            Self::BadManifest(_) => "bad_manifest",
            Self::OldManifest { .. } => "old_manifest",
            Self::InsecureServer => "insecure_server",
            Self::BadServer(_) => "bad_server",
            Self::Store(_) => "store",
        }
    }

    /// Would this very message be refused for ever?
    pub(super) const fn is_about_the_message(&self) -> bool {
        matches!(
            self,
            Self::Rejected {
                status: 400 | 413 | 415 | 422,
                ..
            }
        )
    }
}

/// What the HTTP library says, in words only, when an answer never began.
const BROKE_OFF: &str = "connection closed before message completed";

impl From<reqwest::Error> for SyncError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let mut text = String::new();
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            if let Some(found) = known_cause(inner) {
                return found;
            }
            text = inner.to_string();
            cause = inner.source();
        }
        if error.is_dns() {
            Self::NameNotFound
        } else if error.is_body() || error.is_decode() || text.contains(BROKE_OFF) {
            Self::Truncated
        } else {
            Self::Unreachable(text)
        }
    }
}

fn known_cause(cause: &(dyn Error + 'static)) -> Option<SyncError> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(SyncError::Certificate(tls.to_string()));
    }
    let io = cause.downcast_ref::<std::io::Error>()?;
    if let Some(tls) = io
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        return Some(SyncError::Certificate(tls.to_string()));
    }
    match io.kind() {
        std::io::ErrorKind::ConnectionRefused => Some(SyncError::Refused),
        std::io::ErrorKind::TimedOut => Some(SyncError::Timeout),
        std::io::ErrorKind::UnexpectedEof
        | std::io::ErrorKind::ConnectionReset
        | std::io::ErrorKind::ConnectionAborted
        | std::io::ErrorKind::BrokenPipe => Some(SyncError::Truncated),
        _ => None,
    }
}
