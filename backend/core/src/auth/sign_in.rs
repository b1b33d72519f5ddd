//! Signing in.

use super::Auth;
use super::attempts::Origin;
use super::email::Email;
use super::error::AuthError;
use super::model::{Session, User};
use super::password::{Password, Queue};
use std::net::IpAddr;

/// From where somebody signs in.
#[derive(Debug, Clone)]
pub struct Client {
    /// The network address.
    pub address: IpAddr,
    /// The mark that an earlier sign-in gave the device, if it shows one.
    pub device: Option<String>,
}

/// A fresh session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The token for cookie or bearer.
    pub token: String,
    /// The mark to know the device by when it signs in again; a secret of the
    /// device.
    pub device: String,
}

impl Auth {
    /// Opens a session for who knows the password.
    ///
    /// # Errors
    /// [`AuthError::BadCredentials`] whatever is wrong;
    /// [`AuthError::TooManyAttempts`] after many failures, for known and unknown
    /// addresses alike; [`AuthError::Crowded`]; store failures.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &Password,
        client: &Client,
    ) -> Result<SignedIn, AuthError> {
        let email = Email::parse(email).map_err(|_| AuthError::BadCredentials)?;
        let user = self.store.user_by_email(&email).await?;
        let origin = self.origin(email, user.as_ref(), client);
        self.prove(&origin, user.as_ref(), password).await?;
        let user = user.ok_or(AuthError::BadCredentials)?;
        self.open_session(user).await
    }

    pub(super) fn origin(&self, account: Email, user: Option<&User>, client: &Client) -> Origin {
        let mark = client.device.as_deref();
        let known = user
            .zip(mark)
            .and_then(|(user, mark)| self.devices.read(user, mark));
        known.map_or(Origin::Stranger(account, client.address), Origin::Known)
    }

    /// Fails unless `password` is that of `user`; counts failures by origin.
    pub(super) async fn prove(
        &self,
        origin: &Origin,
        user: Option<&User>,
        password: &Password,
    ) -> Result<(), AuthError> {
        self.attempts.begin(origin, self.clock.now())?;
        let kept = user.map(|user| user.password_hash.as_str());
        let queue = match origin {
            Origin::Stranger(..) => Queue::Strangers,
            Origin::Session(_) | Origin::Known(_) => Queue::Known,
        };
        match self.passwords.verify(queue, password, kept).await {
            Ok(true) => {}
            Ok(false) => return Err(AuthError::BadCredentials),
            Err(error) => {
                self.attempts.taken_back(origin);
                return Err(error);
            }
        }
        self.attempts.succeeded(origin);
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
        let device = self.devices.mark(&user);
        Ok(SignedIn {
            user,
            token,
            device,
        })
    }
}
