//! The manifest: what a gate must know about an organization's events, signed
//! by the organization's root key.

use crate::bytes::{PublicKey, Signature};
use crate::catalog::{EntryPolicy, EntryRule, Gate, TypeAdmission, Zone};
use crate::ids::{DeviceId, EventId, KeyId, OrgId, TicketTypeId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The exact bytes of a [`Manifest`] in JSON, base64url, and the root key's
/// signature over them in the domain `gateline-manifest-v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedManifest {
    /// The manifest's JSON, as text.
    pub manifest: String,
    /// The signature over the bytes of that text.
    pub signature: Signature,
}

/// What a gate knows about its organization. A manifest whose version is not
/// higher than the one held is ignored; a lower one is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Rises with every change.
    pub version: u64,
    /// The organization.
    pub org: OrgId,
    /// Its name.
    pub org_name: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Its events that are open for check-in.
    pub events: Vec<EventManifest>,
    /// Names of the organization's devices, for "admitted by".
    pub devices: Vec<(DeviceId, String)>,
}

/// One event in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventManifest {
    /// The event.
    pub event: EventId,
    /// Its title.
    pub title: String,
    /// IANA name of its time zone.
    pub timezone: String,
    /// Begin.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Was it called off? Then nobody is admitted, whatever the list says.
    /// Manifests from before this was told leave it out, and cancelled events
    /// too.
    #[serde(default)]
    pub cancelled: bool,
    /// Rises with every change of gates, zones, types, rules or policy, and
    /// when the event is cancelled.
    pub rules_version: u64,
    /// How it lets people in.
    pub policy: EntryPolicy,
    /// Hash of the supervisor PIN (SHA-256 of event id and PIN), if one is set.
    pub supervisor_pin: Option<crate::Hash>,
    /// Its verifying keys.
    pub keys: Vec<EventKey>,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// Its zones.
    pub zones: Vec<Zone>,
    /// Its ticket types.
    pub ticket_types: Vec<TicketTypeInfo>,
    /// Its rules, in the order in which they are tested.
    pub rules: Vec<EntryRule>,
}

/// A ticket type, as gates need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketTypeInfo {
    /// Unique within the event.
    pub id: TicketTypeId,
    /// Its name.
    pub name: String,
    /// What it means at the gate.
    pub admission: TypeAdmission,
}

/// A verifying key of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventKey {
    /// The hint that codes carry.
    pub id: KeyId,
    /// The public key.
    pub key: PublicKey,
    /// What it is worth.
    pub state: KeyState,
}

/// The state of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Signs new tickets.
    Current,
    /// Will sign after the next rotation.
    Next,
    /// Signed tickets that are still good.
    Retired,
    /// Leaked: only listed serials pass under it.
    Compromised,
}
