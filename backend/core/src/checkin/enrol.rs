//! Enrolment: an organizer makes a one-time code, a scanner turns it into a
//! device with a credential.

use super::CheckIn;
use super::device::{CREDENTIAL, Device, ENROLMENT, Enrolment, MAX_DEVICE_NAME, secret_hash};
use super::error::CheckInError;
use super::ports::ManifestBump;
use crate::shared::{Commit, OrgRole, Principal, StoreError, random};
use gateline_common::ids::{DeviceId, OrgId};
use gateline_common::sync::{EnrolAnswer, EnrolRequest, EnrolmentCode};
use gateline_common::{PublicKey, Timestamp};
use ticket_crypto::detached::{self, Domain};

/// How long an enrolment code is good.
pub const ENROLMENT_TTL_MS: i64 = 60 * 60 * 1000;

impl CheckIn {
    /// Makes a one-time enrolment code. Staff may: they set up gates.
    ///
    /// # Errors
    /// `NotFound` for an organization that the caller is not of; `Invalid` for a
    /// name that no device may have.
    pub async fn make_enrolment_code(
        &self,
        caller: &Principal,
        org: OrgId,
        name: Option<String>,
    ) -> Result<(EnrolmentCode, Timestamp), CheckInError> {
        may(caller, OrgRole::Staff, org, "organization")?;
        let name = name.map(|name| checked_name(&name)).transpose()?;
        let now = self.clock.now();
        let organization = self.organization(org, now).await?;
        let secret = random::secret();
        let enrolment = Enrolment {
            secret: secret_hash(ENROLMENT, &secret),
            org,
            name,
            made_by: caller.user,
            expires_at: now.plus_ms(ENROLMENT_TTL_MS),
        };
        self.store.add_enrolment(&enrolment).await?;
        let code = EnrolmentCode {
            server: self.settings.public_url.clone(),
            secret,
            root_key: organization.root_key().public_key(),
            certificate: self.settings.certificate,
        };
        Ok((code, enrolment.expires_at))
    }

    /// Makes a device of a scanner that shows a good code and proves that it
    /// holds its key.
    ///
    /// # Errors
    /// `EnrolmentCode` for a code that is unknown, used up or expired; `Invalid`
    /// for a name or key that no device may have.
    pub async fn enrol(&self, request: EnrolRequest) -> Result<EnrolAnswer, CheckInError> {
        check_key(&request)?;
        let now = self.clock.now();
        let secret = secret_hash(ENROLMENT, &request.secret);
        let enrolment = self.store.enrolment(secret).await?;
        let enrolment = enrolment
            .filter(|enrolment| enrolment.expires_at > now)
            .ok_or(CheckInError::EnrolmentCode)?;
        let name = match &enrolment.name {
            Some(given) => given.clone(),
            None => checked_name(&request.name)?,
        };
        let credential = random::secret();
        let device = Device {
            device: DeviceId(random::uuid(now)),
            org: enrolment.org,
            name,
            key: request.device_key,
            credential: secret_hash(CREDENTIAL, &credential),
            enrolled_at: now,
            enrolled_by: enrolment.made_by,
            revoked_at: None,
            accepted_at: None,
        };
        let bump = ManifestBump {
            org: device.org,
            at: now,
        };
        let commit = Commit::nothing();
        match self.store.enrol(secret, &device, bump, &commit).await {
            Err(StoreError::Conflict) => return Err(CheckInError::EnrolmentCode),
            other => other?,
        }
        self.tell(device.org, []);
        Ok(EnrolAnswer {
            device: device.device,
            name: device.name,
            org: device.org,
            credential,
            manifest: self.signed_manifest(device.org).await?,
            server_time: self.clock.now(),
        })
    }

    /// The device with this credential, also a revoked one.
    ///
    /// # Errors
    /// `UnknownDevice`; store failures.
    pub async fn authenticate(&self, credential: &str) -> Result<Device, CheckInError> {
        let hash = secret_hash(CREDENTIAL, credential);
        let device = self.store.device_with(hash).await?;
        device.ok_or(CheckInError::UnknownDevice)
    }
}

/// May the caller? Of what is not the caller's, not even the existence is told.
pub(super) fn may(
    caller: &Principal,
    role: OrgRole,
    org: OrgId,
    what: &'static str,
) -> Result<(), CheckInError> {
    if caller.is(role, org) {
        Ok(())
    } else if caller.is(OrgRole::Staff, org) {
        Err(CheckInError::Forbidden("only an organizer may do this"))
    } else {
        Err(CheckInError::NotFound(what))
    }
}

fn checked_name(name: &str) -> Result<String, CheckInError> {
    let name = name.trim();
    let good = !name.is_empty()
        && name.chars().count() <= MAX_DEVICE_NAME
        && !name.chars().any(char::is_control);
    good.then(|| name.to_owned()).ok_or_else(|| {
        CheckInError::invalid(
            "name",
            format!("1 to {MAX_DEVICE_NAME} printable characters"),
        )
    })
}

fn check_key(request: &EnrolRequest) -> Result<(), CheckInError> {
    let key: &PublicKey = &request.device_key;
    if !ticket_crypto::is_usable(key) {
        return Err(CheckInError::invalid(
            "device_key",
            "not an Ed25519 public key",
        ));
    }
    let secret = request.secret.as_bytes();
    if !detached::verify(key, Domain::Enrol, secret, &request.proof) {
        let message = "not a signature of the secret with the device key";
        return Err(CheckInError::invalid("proof", message));
    }
    Ok(())
}
