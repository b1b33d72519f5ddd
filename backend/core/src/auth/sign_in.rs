//! Signing in.

use super::Auth;
use super::email::Email;
use super::error::AuthError;
use super::model::{Session, User};
use super::password::Password;

/// A fresh session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The token for cookie or bearer.
    pub token: String,
}

impl Auth {
    /// Opens a session for who knows the password.
    ///
    /// # Errors
    /// [`AuthError::BadCredentials`] whatever is wrong;
    /// [`AuthError::TooManyAttempts`] after many failures, for known and unknown
    /// addresses alike; store failures.
    pub async fn sign_in(&self, email: &str, password: &Password) -> Result<SignedIn, AuthError> {
        let email = Email::parse(email).map_err(|_| AuthError::BadCredentials)?;
        let user = self.store.user_by_email(&email).await?;
        self.prove(&email, user.as_ref(), password).await?;
        let user = user.ok_or(AuthError::BadCredentials)?;
        self.open_session(user).await
    }

    /// Fails unless `password` is that of `user`; counts failures by address.
    pub(super) async fn prove(
        &self,
        email: &Email,
        user: Option<&User>,
        password: &Password,
    ) -> Result<(), AuthError> {
        self.attempts.begin(email, self.clock.now())?;
        let kept = user.map(|user| user.password_hash.as_str());
        if !self.passwords.verify(password, kept).await? {
            return Err(AuthError::BadCredentials);
        }
        self.attempts.succeeded(email);
        Ok(())
    }

    pub(super) async fn open_session(&self, user: User) -> Result<SignedIn, AuthError> {
        let session = self.session_of(&user, self.clock.now());
        self.store.open_session(&session).await?;
        self.signed_in(user, session)
    }

    pub(super) fn signed_in(&self, user: User, session: Session) -> Result<SignedIn, AuthError> {
        let ttl_ms = self.settings.token_ttl_ms;
        let token = self
            .tokens
            .issue(&user, &session, self.clock.now(), ttl_ms)?;
        Ok(SignedIn { user, token })
    }
}
