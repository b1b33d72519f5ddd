//! Passwords: argon2id, at most as many at a time as there are cores, off the
//! threads that answer requests. A hash works in many megabytes: they are kept for
//! the next one, because memory that ever new threads give back is not always the
//! system's again.
//!
//! Always true: strangers wait in a queue of their own, which has an end, so
//! however many there are, sessions and known devices do not wait behind them.

use super::error::AuthError;
use crate::shared::random;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
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

/// Strangers who wait for one place at most: about as many as it serves within
/// the time that a request has.
const MOST_WAITING_PER_PLACE: usize = 512;

/// Who waits for a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// Anybody.
    Strangers,
    /// A session, or a device that signed in before.
    Known,
}

type Memory = Vec<Block>;

/// Hashes and verifies.
pub(super) struct Passwords {
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
    /// Strangers who wait or are served.
    crowd: Arc<Semaphore>,
    /// What hashes work in, while none does: at most one a place.
    idle: Arc<Mutex<Vec<Memory>>>,
    /// Verified against when there is no account, so that time tells nothing.
    nobody: String,
}

impl Passwords {
    pub(super) fn new(parallel: usize) -> Result<Self, AuthError> {
        let nobody = hash(&random::secret(), &mut Memory::new())?;
        let parallel = parallel.max(1);
        let places = |number| Arc::new(Semaphore::new(number));
        Ok(Self {
            strangers: places(parallel),
            known: places(parallel),
            crowd: places(parallel * MOST_WAITING_PER_PLACE),
            idle: Arc::default(),
            nobody,
        })
    }

    /// The hash to keep.
    pub(super) async fn hash(
        &self,
        queue: Queue,
        password: &Password,
    ) -> Result<String, AuthError> {
        let password = password.clone();
        self.apart(queue, move |memory| hash(&password.0, memory))
            .await?
    }

    /// Is `password` the one of `kept`? Without an account: no, in the same
    /// time.
    pub(super) async fn verify(
        &self,
        queue: Queue,
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
        let same = self
            .apart(queue, move |memory| verify(&password.0, &kept, memory))
            .await??;
        Ok(same && known)
    }

    async fn apart<T: Send + 'static>(
        &self,
        queue: Queue,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let failed = |error: &dyn fmt::Display| AuthError::Crypto(error.to_string());
        let (places, crowd) = match queue {
            Queue::Strangers => (&self.strangers, Some(&self.crowd)),
            Queue::Known => (&self.known, None),
        };
        let crowd = crowd.map(|crowd| Arc::clone(crowd).try_acquire_owned());
        let _waiting = crowd.transpose().map_err(|_| AuthError::Crowded)?;
        let place = Arc::clone(places).acquire_owned().await;
        let place = place.map_err(|error| failed(&error))?;
        // The place goes with the work: a caller that gives up does not free
        // the core that its hash still occupies.
        let idle = Arc::clone(&self.idle);
        let work = move || {
            let kept = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = kept().pop().unwrap_or_default();
            let result = work(&mut memory);
            kept().push(memory);
            drop(place);
            result
        };
        let done = tokio::task::spawn_blocking(work);
        done.await.map_err(|error| failed(&error))
    }
}

fn hash(password: &str, memory: &mut Memory) -> Result<String, AuthError> {
    let salt = random::bytes::<16>();
    let argon = Argon2::default();
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    fill(&argon, password, &salt, &mut out, memory)?;
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon.params()).map_err(|e| crypto(&e))?,
        salt: Some(Salt::new(&salt).map_err(|e| crypto(&e))?),
        hash: Some(Output::new(&out).map_err(|e| crypto(&e))?),
    };
    Ok(hash.to_string())
}

fn verify(password: &str, kept: &str, memory: &mut Memory) -> Result<bool, AuthError> {
    let kept = PasswordHash::new(kept).map_err(|e| crypto(&e))?;
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else {
        return Err(AuthError::Crypto("a hash without salt or result".into()));
    };
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).map_err(|e| crypto(&e))?;
    let version = kept.version.map(Version::try_from).transpose();
    let version = version.map_err(|e| crypto(&e))?.unwrap_or_default();
    let params = Params::try_from(&kept).map_err(|e| crypto(&e))?;
    let argon = Argon2::new(algorithm, version, params);
    let mut out = vec![0; expected.len()];
    fill(&argon, password, salt, &mut out, memory)?;
    // Outputs are compared in constant time.
    Ok(Output::new(&out).map_err(|e| crypto(&e))? == *expected)
}

fn fill(
    argon: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Memory,
) -> Result<(), AuthError> {
    memory.resize(argon.params().block_count(), Block::default());
    argon
        .hash_password_into_with_memory(password.as_bytes(), salt, out, memory)
        .map_err(|error| crypto(&error))
}

fn crypto(error: &dyn fmt::Display) -> AuthError {
    AuthError::Crypto(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_and_only_it_verifies() {
        let passwords = Passwords::new(1).unwrap();
        let right = Password::typed("correct horse".to_owned());
        let kept = passwords.hash(Queue::Strangers, &right).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$"));
        let verify = async |password, kept| {
            let same = passwords.verify(Queue::Known, password, kept).await;
            same.unwrap()
        };
        assert!(verify(&right, Some(&kept)).await);
        let wrong = Password::typed("correct horsf".to_owned());
        assert!(!verify(&wrong, Some(&kept)).await);
        assert!(!verify(&right, None).await);
    }

    #[tokio::test]
    async fn a_crowd_of_strangers_is_told_to_come_again_and_who_is_known_is_served() {
        let mut passwords = Passwords::new(1).unwrap();
        passwords.crowd = Arc::new(Semaphore::new(3));
        let passwords = Arc::new(passwords);
        let password = Password::typed("correct horse".to_owned());
        // Nobody is served: the crowd stands where it is.
        let held = Arc::clone(&passwords.strangers).acquire_owned().await;
        let crowd: Vec<_> = (0..3)
            .map(|_| {
                let (passwords, password) = (Arc::clone(&passwords), password.clone());
                tokio::spawn(
                    async move { passwords.verify(Queue::Strangers, &password, None).await },
                )
            })
            .collect();
        while passwords.crowd.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let late = passwords.verify(Queue::Strangers, &password, None).await;
        assert_eq!(late, Err(AuthError::Crowded));
        let known = passwords.verify(Queue::Known, &password, None).await;
        assert_eq!(known, Ok(false));
        drop(held);
        for stranger in crowd {
            assert_eq!(stranger.await.unwrap(), Ok(false));
        }
    }

    #[test]
    fn a_hash_is_that_of_the_library_whatever_its_memory_held_before() {
        use argon2::PasswordVerifier;
        let mut memory = Memory::new();
        hash("somebody else's", &mut memory).unwrap();
        let kept = hash("correct horse", &mut memory).unwrap();
        let library = Argon2::default();
        let parsed = PasswordHash::new(&kept).unwrap();
        assert!(library.verify_password(b"correct horse", &parsed).is_ok());
        assert!(library.verify_password(b"correct horsf", &parsed).is_err());
        assert!(verify("correct horse", &kept, &mut memory).unwrap());
    }

    #[test]
    fn short_and_overlong_passwords_cannot_be_chosen() {
        assert!(Password::typed("1234567".to_owned()).check().is_err());
        assert!(Password::typed("é".repeat(8)).check().is_ok());
        assert!(Password::typed("x".repeat(257)).check().is_err());
    }
}
