//! Signing keys of an event: made with it, rotated (next becomes current,
//! current is retired), marked as compromised.
//!
//! Gates always know the next key before anything is signed with it, so a
//! rotation needs no sync before sales go on.

use super::{ATTEMPTS, TicketError, Tickets};
use crate::shared::{Commit, OrgRole, Principal, StoreError, random};
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;
use gateline_common::bytes::Hash;
use gateline_common::ids::{EventId, KeyId};
use gateline_common::sync::{EventKey, KeyState};
use serde::{Deserialize, Serialize};
use std::fmt;
use ticket_crypto::SigningKey;

/// All keys of an event, secret halves too: for the store of this service only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventKeys {
    /// The event.
    pub event: EventId,
    /// Oldest first. Exactly one is current, exactly one is next.
    pub keys: Vec<StoredKey>,
    /// Rises with every change.
    pub version: u64,
}

/// One key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredKey {
    /// The public half.
    pub public: EventKey,
    /// The secret half: the seed. Its JSON form is that of any 32 bytes.
    pub seed: Hash,
    /// When it was made.
    pub made_at: Timestamp,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl EventKeys {
    /// The first keys of an event: one current, one next.
    pub(super) fn first(event: EventId, seeds: [[u8; 32]; 2], now: Timestamp) -> Self {
        let [current, next] = seeds;
        Self {
            event,
            keys: vec![
                stored(KeyId(1), current, KeyState::Current, now),
                stored(KeyId(2), next, KeyState::Next, now),
            ],
            version: 1,
        }
    }

    /// The key that signs now, with its id.
    pub(super) fn current(&self) -> Option<(KeyId, SigningKey)> {
        let key = self.with_state(KeyState::Current)?;
        Some((key.public.id, SigningKey::from_seed(key.seed.0)))
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> Vec<EventKey> {
        self.keys.iter().map(|key| key.public).collect()
    }

    /// Next becomes current, current is retired, `seed` is the new next.
    fn rotated(&self, seed: [u8; 32], now: Timestamp) -> Self {
        let mut new = self.clone();
        for key in &mut new.keys {
            key.public.state = match key.public.state {
                KeyState::Current => KeyState::Retired,
                KeyState::Next => KeyState::Current,
                other => other,
            };
        }
        new.keys.push(self.new_next(seed, now));
        new.version += 1;
        new
    }

    /// The key leaked. A current one is rotated away first, a next one is
    /// replaced.
    fn compromised(&self, id: KeyId, seed: [u8; 32], now: Timestamp) -> Option<Self> {
        let state = self
            .keys
            .iter()
            .find(|key| key.public.id == id)?
            .public
            .state;
        let mut new = match state {
            KeyState::Compromised => return Some(self.clone()),
            KeyState::Current => self.rotated(seed, now),
            KeyState::Next | KeyState::Retired => Self {
                version: self.version + 1,
                ..self.clone()
            },
        };
        for key in new.keys.iter_mut().filter(|key| key.public.id == id) {
            key.public.state = KeyState::Compromised;
        }
        if state == KeyState::Next {
            new.keys.push(self.new_next(seed, now));
        }
        Some(new)
    }

    fn new_next(&self, seed: [u8; 32], now: Timestamp) -> StoredKey {
        let last = self.keys.last().map_or(0, |key| key.public.id.0);
        stored(KeyId(last.wrapping_add(1)), seed, KeyState::Next, now)
    }

    fn with_state(&self, state: KeyState) -> Option<&StoredKey> {
        self.keys.iter().find(|key| key.public.state == state)
    }

    /// Adds the public halves to what the commit publishes.
    pub(super) fn publish(&self, commit: Commit, now: Timestamp) -> Commit {
        let body = BusEvent::SigningKeysChanged {
            event: self.event,
            keys: self.public(),
        };
        commit.publishing(
            format!("signing_keys:{}", self.event),
            self.version,
            now,
            body,
        )
    }
}

fn stored(id: KeyId, seed: [u8; 32], state: KeyState, now: Timestamp) -> StoredKey {
    let key = SigningKey::from_seed(seed).public_key();
    StoredKey {
        public: EventKey { id, key, state },
        seed: Hash(seed),
        made_at: now,
    }
}

impl Tickets {
    /// The public halves of an event's keys.
    ///
    /// # Errors
    /// Not found unless the caller runs the event, or a store failure.
    pub async fn signing_keys(
        &self,
        caller: &Principal,
        event: EventId,
    ) -> Result<EventKeys, TicketError> {
        let known = self
            .store
            .event(event)
            .await?
            .ok_or(TicketError::NotFound)?;
        if !caller.is(OrgRole::Organizer, known.org) {
            return Err(TicketError::NotFound);
        }
        self.store.keys(event).await?.ok_or(TicketError::NotFound)
    }

    /// Signs new tickets with the next key from now on.
    ///
    /// # Errors
    /// As [`Tickets::signing_keys`].
    pub async fn rotate_keys(
        &self,
        caller: &Principal,
        event: EventId,
    ) -> Result<EventKeys, TicketError> {
        self.change_keys(caller, event, |keys, seed, now| {
            Some(keys.rotated(seed, now))
        })
        .await
    }

    /// Marks a key as leaked: under it, gates let only listed tickets pass.
    ///
    /// # Errors
    /// As [`Tickets::signing_keys`]; not found when there is no such key.
    pub async fn compromise_key(
        &self,
        caller: &Principal,
        event: EventId,
        id: KeyId,
    ) -> Result<EventKeys, TicketError> {
        self.change_keys(caller, event, |keys, seed, now| {
            keys.compromised(id, seed, now)
        })
        .await
    }

    async fn change_keys(
        &self,
        caller: &Principal,
        event: EventId,
        step: impl Fn(&EventKeys, [u8; 32], Timestamp) -> Option<EventKeys> + Send + Sync,
    ) -> Result<EventKeys, TicketError> {
        for _ in 0..ATTEMPTS {
            let old = self.signing_keys(caller, event).await?;
            let now = self.clock.now();
            let new = step(&old, random::bytes(), now).ok_or(TicketError::NotFound)?;
            if new.version == old.version {
                return Ok(new);
            }
            let commit = new.publish(Commit::nothing(), now);
            match self.store.save_keys(&new, old.version, &commit).await {
                Ok(()) => return Ok(new),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> EventKeys {
        EventKeys::first(EventId(7), [[1; 32], [2; 32]], Timestamp(0))
    }

    fn states(keys: &EventKeys) -> Vec<(u8, KeyState)> {
        let public = keys.public();
        public.iter().map(|key| (key.id.0, key.state)).collect()
    }

    #[test]
    fn a_rotation_signs_with_the_key_that_gates_know_already() {
        let old = keys();
        let new = old.rotated([3; 32], Timestamp(1));
        assert_eq!(
            states(&new),
            [
                (1, KeyState::Retired),
                (2, KeyState::Current),
                (3, KeyState::Next)
            ]
        );
        let signs = new.current().expect("has a current key");
        let known = old.with_state(KeyState::Next).expect("had a next key");
        assert_eq!(signs.1.public_key(), known.public.key);
    }

    #[test]
    fn a_leaked_key_signs_nothing_more_whichever_it_was() {
        let compromised = |id, keys: &EventKeys| {
            let new = keys.compromised(KeyId(id), [9; 32], Timestamp(1));
            states(&new.expect("is known"))
        };
        use KeyState::{Compromised, Current, Next, Retired};
        assert_eq!(
            compromised(1, &keys()),
            [(1, Compromised), (2, Current), (3, Next)]
        );
        assert_eq!(
            compromised(2, &keys()),
            [(1, Current), (2, Compromised), (3, Next)]
        );
        let rotated = keys().rotated([3; 32], Timestamp(1));
        assert_eq!(
            compromised(1, &rotated),
            [(1, Compromised), (2, Current), (3, Next)]
        );
        assert_eq!(states(&rotated)[0], (1, Retired));
        assert_eq!(keys().compromised(KeyId(9), [9; 32], Timestamp(1)), None);
    }

    #[test]
    fn secret_halves_are_not_shown_by_debug() {
        let text = format!("{:?}", keys());
        assert!(!text.contains(&Hash([1; 32]).to_string()), "{text}");
    }
}
