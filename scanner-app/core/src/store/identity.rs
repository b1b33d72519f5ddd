//! Who this device is: one enrolment, one signing key, one chain. Also where
//! the gate was last set to.

use super::error::unreadable;
use super::progress::unreceipted;
use super::{Store, StoreError};
use gateline_common::decision::Direction;
use gateline_common::ids::{DeviceId, EventId, GateId, OrgId};
use gateline_common::{Hash, PublicKey, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use ticket_crypto::SigningKey;
use uuid::Uuid;

/// The enrolment.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its id.
    pub device: DeviceId,
    /// The organization.
    pub org: OrgId,
    /// What staff call the device.
    pub name: String,
    /// Base URL of the server, without a slash at the end.
    pub server: String,
    /// The pinned certificate's SHA-256.
    pub certificate: Option<Hash>,
    /// The organization's root key.
    pub root_key: PublicKey,
    /// The bearer token.
    pub credential: String,
    /// The key that signs this device's batches.
    pub signing_key: SigningKey,
    /// Since when this device is revoked, as the organization signed it.
    pub revoked_at: Option<Timestamp>,
}

/// Where the gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The event.
    pub event: EventId,
    /// The gate, if one was chosen.
    pub gate: Option<GateId>,
    /// Which way.
    pub direction: Direction,
}

impl Store {
    /// The enrolment, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn identity(&self) -> Result<Option<Identity>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT device, org, name, server, certificate, root_key, credential, \
                 signing_seed, revoked_at FROM device",
            )?
            .query_row([], |row| Ok(read_identity(row)))
            .optional()?
            .transpose()
    }

    /// Is there room for an enrolment?
    ///
    /// # Errors
    /// As [`Store::enrol`].
    pub fn has_room(&self) -> Result<(), StoreError> {
        has_room(&self.db)
    }

    /// Keeps an enrolment. A revoked one makes room for it, with its key, its
    /// manifest and its log, once the server has receipted all of its records.
    ///
    /// # Errors
    /// `AlreadyEnrolled` when there is one; `Unsent` when a revoked one still
    /// holds records that the server has not receipted.
    pub fn enrol(&mut self, who: &Identity) -> Result<(), StoreError> {
        self.write(|db| {
            has_room(db)?;
            make_room(db)?;
            db.execute(
                "INSERT INTO device (one, device, org, name, server, certificate, root_key, \
                 credential, signing_seed) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    who.device.0.as_bytes(),
                    who.org.0.as_bytes(),
                    who.name,
                    who.server,
                    who.certificate.as_ref().map(|hash| hash.0),
                    who.root_key.0,
                    who.credential,
                    who.signing_key.seed().as_slice(),
                ],
            )?;
            Ok(())
        })
    }

    /// The organization revoked this device at this time (server's clock): notes it
    /// and wipes what is personal. The log stays.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn revoke(&mut self, at: Timestamp) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute(
                "UPDATE device SET revoked_at = coalesce(revoked_at, ?)",
                [at.0],
            )?;
            db.execute_batch(
                "DELETE FROM tickets; DELETE FROM passages; DELETE FROM feeds; \
                 DELETE FROM counts; DELETE FROM epochs; DELETE FROM proofs; \
                 INSERT INTO ticket_words (ticket_words) VALUES ('delete-all'); \
                 UPDATE words_indexed SET upto = 0;",
            )?;
            Ok(())
        })
    }

    /// Where the gate stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn choice(&self) -> Result<Option<Choice>, StoreError> {
        let choice = self
            .db
            .prepare_cached("SELECT event, gate, outward FROM chosen")?
            .query_row([], |row| {
                Ok(Choice {
                    event: EventId(row.get(0)?),
                    gate: row.get::<_, Option<u16>>(1)?.map(GateId),
                    direction: direction(row.get(2)?),
                })
            })
            .optional()?;
        Ok(choice)
    }

    /// Sets the gate.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn choose(&mut self, choice: Choice) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute(
                "INSERT OR REPLACE INTO chosen (one, event, gate, outward) VALUES (1, ?, ?, ?)",
                params![
                    choice.event.0,
                    choice.gate.map(|gate| gate.0),
                    outward(choice.direction)
                ],
            )?;
            Ok(())
        })
    }
}

fn has_room(db: &Connection) -> Result<(), StoreError> {
    let revoked: Option<bool> = db
        .prepare_cached("SELECT revoked_at IS NOT NULL FROM device")?
        .query_row([], |row| row.get(0))
        .optional()?;
    match revoked {
        None => Ok(()),
        Some(false) => Err(StoreError::AlreadyEnrolled),
        Some(true) => match unreceipted(db)? {
            0 => Ok(()),
            waiting => Err(StoreError::Unsent(waiting)),
        },
    }
}

/// Empties what belonged to the enrolment before. The log's triggers let it go
/// only after its device.
fn make_room(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(
        "DELETE FROM device; DELETE FROM log; DELETE FROM set_aside; DELETE FROM manifest; \
         DELETE FROM chosen; DELETE FROM progress; INSERT INTO progress (one) VALUES (1); \
         DELETE FROM counts; DELETE FROM taken_back; DELETE FROM confirmed;",
    )?;
    Ok(())
}

/// The enrolment's id.
pub(super) fn own_device(db: &Connection) -> Result<Option<DeviceId>, StoreError> {
    db.prepare_cached("SELECT device FROM device")?
        .query_row([], |row| row.get::<_, [u8; 16]>(0))
        .optional()
        .map(|found| found.map(|bytes| DeviceId(Uuid::from_bytes(bytes))))
        .map_err(StoreError::from)
}

pub(super) fn outward(direction: Direction) -> bool {
    direction == Direction::Exit
}

pub(super) fn direction(outward: bool) -> Direction {
    if outward {
        Direction::Exit
    } else {
        Direction::Entry
    }
}

fn read_identity(row: &Row<'_>) -> Result<Identity, StoreError> {
    let seed: [u8; 32] = row.get(7).map_err(|_| unreadable("the signing key"))?;
    Ok(Identity {
        device: DeviceId(Uuid::from_bytes(row.get(0)?)),
        org: OrgId(Uuid::from_bytes(row.get(1)?)),
        name: row.get(2)?,
        server: row.get(3)?,
        certificate: row.get::<_, Option<[u8; 32]>>(4)?.map(Hash),
        root_key: PublicKey(row.get(5)?),
        credential: row.get(6)?,
        signing_key: SigningKey::from_seed(seed),
        revoked_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
    })
}
