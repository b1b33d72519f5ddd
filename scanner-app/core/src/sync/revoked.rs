//! Being revoked. Anybody on a venue's network may say so in the server's place;
//! only the organization's root key can prove it. Until then it is trouble of
//! the connection: nothing is wiped, scanning goes on, and it is asked again.

use super::{Connected, SyncError, Syncer, lock};
use crate::store::Identity;
use gateline_common::sync::{Revocation, SignedRevocation};
use ticket_crypto::detached::{Domain, verify};

impl Syncer {
    /// Something said that this device was revoked: asks for the signed notice,
    /// and obeys it. What it answers is what is wrong with the exchange.
    pub(super) async fn settle_revocation(&self) -> SyncError {
        match self.obey_notice().await {
            Ok(()) => SyncError::Revoked,
            Err(error @ (SyncError::Store(_) | SyncError::UnprovenRevocation(_))) => error,
            Err(other) => SyncError::UnprovenRevocation(other.to_string()),
        }
    }

    /// Personal data goes, the log stays.
    async fn obey_notice(&self) -> Result<(), SyncError> {
        let connected = self.connected().await?;
        let Connected { who, client } = &*connected;
        let notice = check(&client.revocation().await?, who)?;
        self.store
            .call(move |store| store.revoke(notice.at))
            .await?;
        *lock(&self.connection) = None;
        Ok(())
    }
}

/// Is this the organization's word about this very device?
fn check(signed: &SignedRevocation, who: &Identity) -> Result<Revocation, SyncError> {
    let unproven = |why: &str| SyncError::UnprovenRevocation(why.to_owned());
    let bytes = signed
        .notice_bytes()
        .map_err(|error| unproven(&error.to_string()))?;
    let (key, signature) = (&who.root_key, &signed.signature);
    if !verify(key, Domain::Revocation, &bytes, signature) {
        return Err(unproven("the notice is not signed by the organization"));
    }
    let notice = Revocation::from_bytes(&bytes).map_err(|error| unproven(&error.to_string()))?;
    if (notice.device, notice.org) != (who.device, who.org) {
        return Err(unproven("the notice is about another device"));
    }
    Ok(notice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::ids::{DeviceId, OrgId};
    use gateline_common::{Signature, Timestamp};
    use ticket_crypto::SigningKey;
    use ticket_crypto::detached::sign;
    use uuid::Uuid;

    fn device() -> Identity {
        let root = SigningKey::from_seed([1; 32]);
        Identity {
            device: DeviceId(Uuid::from_u128(101)),
            org: OrgId(Uuid::from_u128(9)),
            name: "North 1".into(),
            server: "https://gates.example.org".into(),
            certificate: None,
            root_key: root.public_key(),
            credential: "secret".into(),
            signing_key: SigningKey::from_seed([2; 32]),
            revoked_at: None,
        }
    }

    fn holds(notice: &[u8], signature: Signature) -> bool {
        check(&SignedRevocation::new(notice, signature), &device()).is_ok()
    }

    #[test]
    fn the_organizations_notice_holds_and_no_bit_of_it_may_be_another() {
        let who = device();
        let notice = Revocation {
            device: who.device,
            org: who.org,
            at: Timestamp(1_777_000_000_000),
        };
        let (root, bytes) = (SigningKey::from_seed([1; 32]), notice.to_bytes());
        let signature = sign(&root, Domain::Revocation, &bytes);
        assert!(holds(&bytes, signature));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!holds(&bytes, signature), "bit {bit} of the notice");
        }
        for bit in 0..512 {
            let mut signature = signature;
            signature.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!holds(&bytes, signature), "bit {bit} of the signature");
        }
        for domain in [Domain::Manifest, Domain::Receipt, Domain::Batch] {
            assert!(!holds(&bytes, sign(&root, domain, &bytes)), "{domain:?}");
        }
        let own = sign(&who.signing_key, Domain::Revocation, &bytes);
        assert!(!holds(&bytes, own), "a device cannot sign it");
    }
}
