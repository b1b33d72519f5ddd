//! The JSON of check-in.

use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, EventId, GateId, OrgId, TicketTypeId, ZoneId};
use gateline_core::checkin::Device;
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::exposure::{DeviceExposure, Exposure};
use gateline_core::checkin::figures::{Figure, Figures};
use gateline_core::checkin::log::LogHead;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A new enrolment code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCodeBody {
    /// For a device of this organization.
    pub(super) org: OrgId,
    /// What staff will call the device; without it, the device says so itself.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 60, pattern = r"\S")]
    pub(super) name: Option<String>,
}

/// A one-time enrolment code.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeBody {
    /// To paste into the app.
    pub(super) code: String,
    /// To show to the app's camera.
    pub(super) qr_svg: String,
    /// From then on it is worthless.
    pub(super) expires_at: Timestamp,
}

/// Whose devices.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DevicesQuery {
    pub(super) org: OrgId,
}

/// Devices of an organization.
#[derive(Serialize, ToSchema)]
pub(super) struct DevicesBody {
    /// Oldest first.
    pub(super) items: Vec<DeviceBody>,
}

/// A device.
#[derive(Serialize, ToSchema)]
pub(super) struct DeviceBody {
    pub(super) id: DeviceId,
    pub(super) org: OrgId,
    pub(super) name: String,
    pub(super) enrolled_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
    /// When an organizer accepted what came after the revocation.
    pub(super) accepted_at: Option<Timestamp>,
    /// The highest record number held.
    pub(super) highest_seq: u64,
    /// The highest record number up to which none is missing.
    pub(super) unbroken_seq: u64,
}

impl From<(Device, LogHead)> for DeviceBody {
    fn from((device, head): (Device, LogHead)) -> Self {
        Self {
            id: device.device,
            org: device.org,
            name: device.name,
            enrolled_at: device.enrolled_at,
            revoked_at: device.revoked_at,
            accepted_at: device.accepted_at,
            highest_seq: head.highest,
            unbroken_seq: head.unbroken,
        }
    }
}

/// How many set-aside records count now.
#[derive(Serialize, ToSchema)]
pub(super) struct AcceptedBody {
    pub(super) accepted: u64,
}

/// How the report is written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// `json` (with every proof), `text` (to read), or `findings`.
    #[serde(default)]
    #[param(inline)]
    pub(super) format: Format,
}

/// A form of the report.
#[derive(Deserialize, ToSchema, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// For programs and third parties.
    #[default]
    Json,
    /// For people.
    Text,
    /// What reconciliation says of every ticket and device, without names.
    Findings,
}

/// Where a reader of the feed stands; both, or neither for the whole list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedQuery {
    pub(super) generation: Option<Uuid>,
    pub(super) position: Option<u64>,
}

/// Live figures of an event.
#[derive(Serialize, ToSchema, PartialEq, Eq)]
pub(super) struct FiguresBody {
    pub(super) event: EventId,
    /// Tickets on the list that stand.
    pub(super) expected: u64,
    /// Tickets that came in at least once.
    pub(super) entered: u64,
    /// Tickets inside now.
    pub(super) inside: u64,
    /// Scans that were refused.
    pub(super) refused: u64,
    /// Second entries of a ticket.
    pub(super) duplicates: u64,
    /// Conflicts of any cause.
    pub(super) conflicts: u64,
    /// Entries of tickets that are not on the list.
    pub(super) unlisted: u64,
    /// Tickets that gates could let in twice now, unheard by one another: the
    /// sum over `devices`.
    pub(super) exposure: u64,
    /// Scanners that follow the event's list and are not revoked, by name.
    pub(super) devices: Vec<DeviceFigures>,
    pub(super) ticket_types: Vec<TypeFigures>,
    pub(super) gates: Vec<GateFigures>,
    pub(super) zones: Vec<ZoneFigures>,
}

/// Figures of a scanner.
#[derive(Serialize, ToSchema, PartialEq, Eq)]
pub(super) struct DeviceFigures {
    pub(super) device: DeviceId,
    pub(super) name: String,
    /// When it last exchanged its records for the list's changes.
    pub(super) last_contact: Timestamp,
    /// Tickets that it could let in, and another gate too, without either
    /// hearing of it: 0 while its last contact is younger than 10 seconds.
    pub(super) exposure: u64,
}

impl From<DeviceExposure> for DeviceFigures {
    fn from(found: DeviceExposure) -> Self {
        Self {
            device: found.device,
            name: found.name,
            last_contact: found.last_contact,
            exposure: found.tickets,
        }
    }
}

/// Figures of a ticket type.
#[derive(Serialize, ToSchema, PartialEq, Eq)]
pub(super) struct TypeFigures {
    pub(super) ticket_type: TicketTypeId,
    pub(super) name: String,
    pub(super) entered: u64,
}

/// Figures of a gate; `gate` is null for scanners that were set to none.
#[derive(Serialize, ToSchema, PartialEq, Eq)]
pub(super) struct GateFigures {
    pub(super) gate: Option<GateId>,
    pub(super) name: Option<String>,
    /// Tickets whose first entry was here.
    pub(super) entered: u64,
    pub(super) refused: u64,
}

/// Figures of a zone.
#[derive(Serialize, ToSchema, PartialEq, Eq)]
pub(super) struct ZoneFigures {
    pub(super) zone: ZoneId,
    pub(super) name: String,
    pub(super) inside: u64,
    pub(super) capacity: Option<u32>,
}

impl FiguresBody {
    pub(super) fn of(event: &EventState, figures: &Figures, exposure: Exposure) -> Self {
        let manifest = event.manifest.as_ref();
        let types = manifest.map_or(&[][..], |manifest| &manifest.ticket_types);
        let gates = manifest.map_or(&[][..], |manifest| &manifest.gates);
        let zones = manifest.map_or(&[][..], |manifest| &manifest.zones);
        let known = gates
            .iter()
            .map(|gate| (Some(gate.id), Some(gate.name.clone())));
        let gate = |(gate, name)| GateFigures {
            gate,
            name,
            entered: figures.get(Figure::EnteredAt(gate)),
            refused: figures.get(Figure::RefusedAt(gate)),
        };
        let unset = |gate: &GateFigures| gate.gate.is_some() || gate.entered + gate.refused > 0;
        Self {
            event: event.event,
            expected: figures.get(Figure::Expected),
            entered: figures.get(Figure::Entered),
            inside: figures.get(Figure::Inside(None)),
            refused: figures.get(Figure::Refused),
            duplicates: figures.get(Figure::Duplicates),
            conflicts: figures.get(Figure::Conflicts),
            unlisted: figures.get(Figure::Unlisted),
            exposure: exposure.tickets,
            devices: exposure.devices.into_iter().map(Into::into).collect(),
            ticket_types: types
                .iter()
                .map(|info| TypeFigures {
                    ticket_type: info.id,
                    name: info.name.clone(),
                    entered: figures.get(Figure::EnteredOfType(info.id)),
                })
                .collect(),
            gates: known
                .chain([(None, None)])
                .map(gate)
                .filter(unset)
                .collect(),
            zones: zones
                .iter()
                .map(|zone| ZoneFigures {
                    zone: zone.id,
                    name: zone.name.clone(),
                    inside: figures.get(Figure::Inside(Some(zone.id))),
                    capacity: zone.capacity,
                })
                .collect(),
        }
    }
}
