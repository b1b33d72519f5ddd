//! Identifiers. Those of people, orders, devices and organizations are UUIDs
//! (version 7 when made by the server, so they sort by age); those that a
//! ticket code carries are short integers, unique within their event.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};
use uuid::Uuid;

#[cfg(feature = "openapi")]
pub(crate) fn text_schema(
    description: &str,
    pattern: Option<&str>,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some(description))
        .pattern(pattern)
        .into()
}

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_id!(
    /// A person with an account.
    UserId,
    /// An organization: the tenant that owns events and devices.
    OrgId,
    /// One signed-in session of a user.
    SessionId,
    /// A venue of an organization.
    VenueId,
    /// An order of tickets.
    OrderId,
    /// A charge, or the attempt at one.
    PaymentId,
    /// A refund of a charge.
    RefundId,
    /// One enrolment of a scanner: one key, one chain of records.
    DeviceId,
    /// The identity of the attendee feed's history; another one means a new snapshot.
    FeedGeneration,
);

macro_rules! int_id {
    ($($(#[doc = $doc:literal])* $name:ident($int:ty)),* $(,)?) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "number"))]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::Integer)
                    .description(Some(concat!($($doc),*).trim()))
                    .minimum(Some(0))
                    .maximum(Some(<$int>::MAX))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )*};
}

int_id!(
    /// An event. Random and never zero, unique in an installation.
    EventId(u32),
    /// A ticket type, unique within its event.
    TicketTypeId(u16),
    /// A gate, unique within its event.
    GateId(u16),
    /// A zone, unique within its event.
    ZoneId(u16),
    /// An entry rule, unique within its event.
    RuleId(u16),
    /// A signing key of an event: a hint, since two keys may share one.
    KeyId(u8),
    /// The owner epoch of a ticket: raised by one by each transfer, resale,
    /// re-binding and reversal; never lowered or reused.
    Epoch(u16),
);

/// A ticket's serial: 48 bits, unique within its event, alive as long as its
/// ticket. Text form: ten digits of Crockford's base 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct Serial(u64);

/// A text or number that is no serial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ticket's serial has ten letters and digits, as a search shows it")]
pub struct NotASerial;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Serial {
    /// The largest serial.
    pub const MAX: Self = Self((1 << 48) - 1);

    /// Takes the low 48 bits of `value`.
    #[must_use]
    pub const fn truncate(value: u64) -> Self {
        Self(value & Self::MAX.0)
    }

    /// Takes `value` if it fits 48 bits.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value <= Self::MAX.0 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The number, below 2^48.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..10).rev() {
            let digit = (self.0 >> (place * 5)) & 31;
            write!(f, "{}", CROCKFORD[digit as usize] as char)?;
        }
        Ok(())
    }
}

impl FromStr for Serial {
    type Err = NotASerial;
    fn from_str(text: &str) -> Result<Self, NotASerial> {
        if text.len() != 10 {
            return Err(NotASerial);
        }
        let mut value = 0u64;
        for byte in text.bytes() {
            let byte = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let digit = CROCKFORD
                .iter()
                .position(|candidate| *candidate == byte)
                .ok_or(NotASerial)?;
            value = value << 5 | digit as u64;
        }
        Self::new(value).ok_or(NotASerial)
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Serial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            let value = u64::deserialize(deserializer)?;
            Self::new(value).ok_or_else(|| de::Error::custom(NotASerial))
        }
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Serial {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        text_schema(
            "ticket serial: ten digits of Crockford base 32",
            Some("^[0-7][0-9A-HJKMNP-TV-Z]{9}$"),
        )
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Serial {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_reads_back_from_its_text_form_and_forgives_look_alikes() {
        for value in [0, 1, 31, 32, 0x1234_5678_9abc, Serial::MAX.get()] {
            let serial = Serial::truncate(value);
            assert_eq!(serial.to_string().parse(), Ok(serial));
        }
        assert_eq!("000000000l".parse(), Ok(Serial(1)));
        assert_eq!("ZZZZZZZZZZ".parse::<Serial>(), Err(NotASerial));
        assert_eq!("12345".parse::<Serial>(), Err(NotASerial));
    }
}
