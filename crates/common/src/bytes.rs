//! Fixed-size byte strings that travel between parts: hashes, public keys and
//! signatures. Text form (JSON) is unpadded base64url; binary form is the bytes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use std::fmt;

/// A text that is not the base64url form of the expected number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} bytes in unpadded base64url")]
pub struct NotBytes {
    /// The length that was expected, in bytes.
    pub expected: usize,
}

macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Reads the unpadded base64url form.
            ///
            /// # Errors
            /// [`NotBytes`] when the text is anything else.
            pub fn parse(text: &str) -> Result<Self, NotBytes> {
                let bytes = URL_SAFE_NO_PAD
                    .decode(text)
                    .map_err(|_| NotBytes { expected: $len })?;
                let array = bytes.try_into().map_err(|_| NotBytes { expected: $len })?;
                Ok(Self(array))
            }

            /// The raw bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serde::Serialize::serialize(&Raw(self.0), serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    Self::parse(&text).map_err(de::Error::custom)
                } else {
                    Raw::deserialize(deserializer).map(|raw| Self(raw.0))
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::ids::text_schema(
                    concat!(stringify!($len), " bytes, unpadded base64url"),
                    Some(concat!("^[A-Za-z0-9_-]{", stringify!($digits), "}$")),
                )
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

/// A fixed array written without a length prefix.
struct Raw<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Raw<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(N)?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Raw<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const N: usize>;
        impl<'de, const N: usize> de::Visitor<'de> for Visitor<N> {
            type Value = Raw<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} bytes")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Raw<N>, A::Error> {
                let mut bytes = [0u8; N];
                for (index, byte) in bytes.iter_mut().enumerate() {
                    *byte = seq
                        .next_element()?
                        .ok_or_else(|| de::Error::invalid_length(index, &self))?;
                }
                Ok(Raw(bytes))
            }
        }
        deserializer.deserialize_tuple(N, Visitor::<N>)
    }
}

fixed_bytes!(
    /// A SHA-256 hash.
    Hash,
    32,
    43
);
fixed_bytes!(
    /// An Ed25519 public key.
    PublicKey,
    32,
    43
);
fixed_bytes!(
    /// An Ed25519 signature.
    Signature,
    64,
    86
);

impl Hash {
    /// Thirty-two zero bytes: the "record before the first" of a chain.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 over `parts`, one after another.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }
}
