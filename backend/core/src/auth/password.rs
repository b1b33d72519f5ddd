//! Passwords: argon2id, at most as many at a time as there are cores, off the
//! threads that answer requests.

use super::error::AuthError;
use crate::shared::random;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

const SHORTEST_CHARACTERS: usize = 8;
const LONGEST_BYTES: usize = 256;

/// A password as typed; wiped from memory when done with.
#[derive(Clone)]
pub struct Password(Arc<Zeroizing<String>>);

impl Password {
    /// Takes what was typed, without judging it.
    #[must_use]
    pub fn typed(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// Is it fit to be chosen?
    pub(super) fn check(&self) -> Result<(), AuthError> {
        let text = self.0.as_str();
        if text.chars().count() < SHORTEST_CHARACTERS || text.len() > LONGEST_BYTES {
            let message = format!(
                "a password has at least {SHORTEST_CHARACTERS} characters and at most \
                 {LONGEST_BYTES} bytes"
            );
            return Err(AuthError::invalid("password", message));
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Hashes and verifies.
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    /// Verified against when there is no account, so that time tells nothing.
    nobody: String,
}

impl Passwords {
    pub(super) fn new(parallel: usize) -> Result<Self, AuthError> {
        let nobody = hash(&random::secret())?;
        Ok(Self {
            places: Arc::new(Semaphore::new(parallel.max(1))),
            nobody,
        })
    }

    /// The hash to keep.
    pub(super) async fn hash(&self, password: &Password) -> Result<String, AuthError> {
        let password = password.clone();
        self.apart(move || hash(&password.0)).await?
    }

    /// Is `password` the one of `kept`? Without an account: no, in the same
    /// time.
    pub(super) async fn verify(
        &self,
        password: &Password,
        kept: Option<&str>,
    ) -> Result<bool, AuthError> {
        let known = kept.is_some();
        let kept = kept.unwrap_or(&self.nobody).to_owned();
        let password = password.clone();
        // An overlong one is nobody's; hashing it would only cost.
        if password.0.len() > LONGEST_BYTES {
            return Ok(false);
        }
        let same = self.apart(move || verify(&password.0, &kept)).await??;
        Ok(same && known)
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let failed = |error: &dyn fmt::Display| AuthError::Crypto(error.to_string());
        let places = Arc::clone(&self.places);
        let place = places.acquire_owned().await.map_err(|e| failed(&e))?;
        // The place goes with the work: a caller that gives up does not free
        // the core that its hash still occupies.
        let work = move || {
            let result = work();
            drop(place);
            result
        };
        let done = tokio::task::spawn_blocking(work);
        done.await.map_err(|error| failed(&error))
    }
}

fn hash(password: &str) -> Result<String, AuthError> {
    let salt = random::bytes::<16>();
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| AuthError::Crypto(error.to_string()))
}

fn verify(password: &str, kept: &str) -> Result<bool, AuthError> {
    use argon2::password_hash::Error;
    let crypto = |error: &dyn fmt::Display| AuthError::Crypto(error.to_string());
    let kept = PasswordHash::new(kept).map_err(|error| crypto(&error))?;
    match Argon2::default().verify_password(password.as_bytes(), &kept) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(crypto(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_and_only_it_verifies() {
        let passwords = Passwords::new(1).unwrap();
        let right = Password::typed("correct horse".to_owned());
        let kept = passwords.hash(&right).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$"));
        assert!(passwords.verify(&right, Some(&kept)).await.unwrap());
        let wrong = Password::typed("correct horsf".to_owned());
        assert!(!passwords.verify(&wrong, Some(&kept)).await.unwrap());
        assert!(!passwords.verify(&right, None).await.unwrap());
    }

    #[test]
    fn short_and_overlong_passwords_cannot_be_chosen() {
        assert!(Password::typed("1234567".to_owned()).check().is_err());
        assert!(Password::typed("é".repeat(8)).check().is_ok());
        assert!(Password::typed("x".repeat(257)).check().is_err());
    }
}
