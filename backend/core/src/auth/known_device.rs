//! The mark of a device that signed in to an account: its later sign-ins have a
//! budget of their own, so no stranger's failures keep its owner out (OWASP,
//! "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! Form: base64url of 16 random bytes and their HMAC-SHA-256 together with the
//! account and its password hash. It says nothing about the account, opens
//! nothing without the password, and is worthless after the password changed.

use super::model::User;
use crate::shared::random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const DOMAIN: &[u8] = b"gateline known device v1\0";
const NONCE: usize = 16;

pub(super) struct KnownDevices {
    secret: [u8; 32],
}

impl KnownDevices {
    pub(super) const fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// A mark for a device that has just shown to be one of `user`.
    pub(super) fn mark(&self, user: &User) -> String {
        let nonce = random::bytes::<NONCE>();
        let mut mark = nonce.to_vec();
        if let Some(mac) = self.mac(user, &nonce) {
            mark.extend(mac.finalize().into_bytes());
        }
        URL_SAFE_NO_PAD.encode(mark)
    }

    /// The random bytes of a mark, if it was made for `user` as it is now.
    pub(super) fn read(&self, user: &User, mark: &str) -> Option<[u8; NONCE]> {
        let mark = URL_SAFE_NO_PAD.decode(mark).ok()?;
        let (nonce, tag) = mark.split_first_chunk::<NONCE>()?;
        self.mac(user, nonce)?.verify_slice(tag).ok()?;
        Some(*nonce)
    }

    fn mac(&self, user: &User, nonce: &[u8; NONCE]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(DOMAIN);
        mac.update(nonce);
        mac.update(user.id.0.as_bytes());
        mac.update(user.password_hash.as_bytes());
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Email;
    use gateline_common::Timestamp;
    use gateline_common::ids::UserId;
    use uuid::Uuid;

    fn user(id: u128, password_hash: &str) -> User {
        User {
            id: UserId(Uuid::from_u128(id)),
            version: 1,
            email: Email::parse("ada@example.org").unwrap(),
            name: "Ada".to_owned(),
            password_hash: password_hash.to_owned(),
            admin: false,
            memberships: Vec::new(),
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn a_mark_is_good_for_its_account_until_the_password_changes() {
        let devices = KnownDevices::new([7; 32]);
        let ada = user(1, "hash");
        let mark = devices.mark(&ada);
        assert!(devices.read(&ada, &mark).is_some());
        assert_ne!(
            devices.read(&ada, &mark),
            devices.read(&ada, &devices.mark(&ada))
        );
        assert_eq!(devices.read(&user(2, "hash"), &mark), None);
        assert_eq!(devices.read(&user(1, "new hash"), &mark), None);
        assert_eq!(KnownDevices::new([8; 32]).read(&ada, &mark), None);
        for bad in ["", "AAAA", "?", &mark[..22]] {
            assert_eq!(devices.read(&ada, bad), None, "{bad}");
        }
    }
}
