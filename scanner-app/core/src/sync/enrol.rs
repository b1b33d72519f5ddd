//! Enrolment: the device makes its key pair, shows the one-time secret and its
//! public key, and gets an identity and the signed manifest. The secret key
//! never leaves the store.

use super::{Client, SyncError, manifest};
use crate::clock::Clock;
use crate::store::{HeldManifest, Identity, StoreError};
use gateline_common::sync::{ClockReading, EnrolRequest, EnrolmentCode};
use ticket_crypto::SigningKey;
use ticket_crypto::detached::{Domain, sign};
use zeroize::Zeroizing;

/// What a successful enrolment brought.
pub(crate) struct NewEnrolment {
    pub(crate) identity: Identity,
    pub(crate) manifest: HeldManifest,
    pub(crate) clock: ClockReading,
}

/// Shows the one-time code to its server.
pub(crate) async fn enrol(
    code: &EnrolmentCode,
    name: &str,
    clock: &dyn Clock,
) -> Result<NewEnrolment, SyncError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|error| {
        SyncError::Store(StoreError::Damaged(format!("no randomness: {error}")))
    })?;
    let signing_key = SigningKey::from_seed(*seed);
    let server = code.server.trim_end_matches('/').to_owned();
    let client = Client::new(&server, code.certificate, None)?;
    let request = EnrolRequest {
        secret: code.secret.clone(),
        device_key: signing_key.public_key(),
        proof: sign(&signing_key, Domain::Enrol, code.secret.as_bytes()),
        name: name.to_owned(),
    };
    let sent = clock.steady_ms();
    let answer = client.enrol(&request).await?;
    let reading = super::compare_clocks(clock, sent, answer.server_time);
    let (manifest, _) = manifest::check(answer.manifest, &code.root_key, answer.org)?;
    let identity = Identity {
        device: answer.device,
        org: answer.org,
        name: answer.name,
        server,
        certificate: code.certificate,
        root_key: code.root_key,
        credential: answer.credential,
        signing_key,
        revoked_at: None,
    };
    Ok(NewEnrolment {
        identity,
        manifest,
        clock: reading,
    })
}
