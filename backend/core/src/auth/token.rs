//! Access tokens: JWT, HS256.
//!
//! Time is the service's clock, not the token library's.

use super::error::AuthError;
use super::model::{Session, User};
use crate::shared::Membership;
use gateline_common::Timestamp;
use gateline_common::ids::{SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

const ISSUER: &str = "gateline";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    /// The user's version when it was issued.
    pub(super) ver: u64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) admin: bool,
    pub(super) orgs: Vec<Membership>,
    /// Seconds.
    pub(super) iat: i64,
    /// Seconds.
    pub(super) exp: i64,
}

pub(super) struct Tokens {
    sign: EncodingKey,
    verify: DecodingKey,
}

impl Tokens {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        Self {
            sign: EncodingKey::from_secret(secret),
            verify: DecodingKey::from_secret(secret),
        }
    }

    /// A token of `user` in `session`; it ends with the session at the latest.
    pub(super) fn issue(
        &self,
        user: &User,
        session: &Session,
        now: Timestamp,
        ttl_ms: i64,
    ) -> Result<String, AuthError> {
        let until = now.plus_ms(ttl_ms).min(session.expires_at);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.id,
            sid: session.id,
            ver: user.version,
            name: user.name.clone(),
            email: user.email.to_string(),
            admin: user.admin,
            orgs: user.memberships.clone(),
            iat: now.0.div_euclid(1000),
            exp: until.0.div_euclid(1000),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
            .map_err(|error| AuthError::Crypto(error.to_string()))
    }

    /// What `token` says, if it is ours and its time has not come.
    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, AuthError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["iss"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verify, &validation)
            .map_err(|_| AuthError::BadToken("the token is not one of this server"))?
            .claims;
        if now.0 >= claims.exp.saturating_mul(1000) {
            return Err(AuthError::BadToken("the token expired"));
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Email;
    use uuid::Uuid;

    fn user_and_session() -> (User, Session) {
        let user = User {
            id: UserId(Uuid::from_u128(1)),
            version: 4,
            email: Email::parse("ada@example.org").unwrap(),
            name: "Ada".to_owned(),
            password_hash: "secret".to_owned(),
            admin: false,
            memberships: Vec::new(),
            created_at: Timestamp(0),
        };
        let session = Session {
            id: SessionId(Uuid::from_u128(2)),
            user: user.id,
            expires_at: Timestamp(60_000),
        };
        (user, session)
    }

    #[test]
    fn a_token_is_good_until_its_time_and_not_after_its_session() {
        let tokens = Tokens::new(&[7; 32]);
        let (user, session) = user_and_session();
        let token = tokens.issue(&user, &session, Timestamp(0), 90_000).unwrap();
        let claims = tokens.verify(&token, Timestamp(59_999)).unwrap();
        assert_eq!(
            (claims.sub, claims.sid, claims.ver),
            (user.id, session.id, 4)
        );
        let late = tokens.verify(&token, Timestamp(60_000));
        assert_eq!(late, Err(AuthError::BadToken("the token expired")));
    }

    #[test]
    fn a_token_of_another_secret_or_without_a_signature_is_refused() {
        let (user, session) = user_and_session();
        let foreign = Tokens::new(&[8; 32]);
        let token = foreign.issue(&user, &session, Timestamp(0), 9_000).unwrap();
        let ours = Tokens::new(&[7; 32]);
        assert!(ours.verify(&token, Timestamp(1)).is_err());
        let claims = token.split('.').nth(1).unwrap();
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
        assert!(ours.verify(&unsigned, Timestamp(1)).is_err());
    }
}
