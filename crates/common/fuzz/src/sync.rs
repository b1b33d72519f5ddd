//! What holds of any bytes that are taken for a message, a record, a notice or a
//! code of the sync protocol: reading never panics, and what is read says the
//! same when it is written and read again. Records and notices, which are signed
//! and chained, are read only from the very bytes that writing gives.
//!
//! The fuzz target and a test of `gateline-common` both play this.

use gateline_common::sync::{
    ConfirmAnswer, ConfirmRequest, EnrolAnswer, EnrolRequest, EnrolmentCode, FeedPage, Manifest,
    Message, Record, Revocation, SignedManifest, SignedRevocation, UploadAnswer, UploadRequest,
    decode, encode,
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// Panics when something does not hold of `data`.
pub(crate) fn hold(data: &[u8]) {
    frame::<FeedPage>(data);
    frame::<UploadRequest>(data);
    frame::<UploadAnswer>(data);
    frame::<ConfirmRequest>(data);
    frame::<ConfirmAnswer>(data);
    record(data);
    notice(data);
    json::<EnrolRequest>(data);
    json::<EnrolAnswer>(data);
    json::<SignedManifest>(data);
    json::<SignedRevocation>(data);
    json::<Manifest>(data);
    if let Ok(text) = std::str::from_utf8(data) {
        code(text);
    }
}

fn frame<M: Message + PartialEq + Debug>(data: &[u8]) {
    if let Ok(message) = decode::<M>(data) {
        let bytes = encode(&message).expect("what was read is written");
        assert_eq!(decode::<M>(&bytes).as_ref(), Ok(&message));
    }
}

fn record(data: &[u8]) {
    if let Ok(record) = Record::from_bytes(data) {
        assert_eq!(record.to_bytes().as_deref(), Ok(data));
        assert_eq!(Record::previous_in(data), Some(record.previous));
    }
}

fn notice(data: &[u8]) {
    if let Ok(notice) = Revocation::from_bytes(data) {
        assert_eq!(notice.to_bytes(), data);
    }
}

fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(data) {
        let text = serde_json::to_vec(&value).expect("what was read is written");
        let again = serde_json::from_slice::<T>(&text).expect("what was written is read");
        assert_eq!(again, value);
    }
}

fn code(text: &str) {
    if let Ok(code) = text.parse::<EnrolmentCode>() {
        assert_eq!(code.to_string().parse().as_ref(), Ok(&code));
    }
}
