//! The closed list of error codes that every API answer draws from.

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal => $status:literal),* $(,)?) => {
        /// What went wrong, for programs. People read the message beside it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it stands in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

error_codes! {
    /// The body is not JSON, or not of the documented shape.
    MalformedBody = "malformed_body" => 400,
    /// A path or query parameter is not of the documented shape.
    MalformedParameter = "malformed_parameter" => 400,
    /// A sync message is of an unknown version or damaged.
    MalformedMessage = "malformed_message" => 400,
    /// A field has a value that is not allowed; `field` names it.
    InvalidField = "invalid_field" => 422,
    /// No one is signed in, or the token is invalid, expired or revoked.
    NotAuthenticated = "not_authenticated" => 401,
    /// E-mail or password is wrong.
    BadCredentials = "bad_credentials" => 401,
    /// Signed in, but not allowed.
    Forbidden = "forbidden" => 403,
    /// There is no such thing, or it is not yours to see.
    NotFound = "not_found" => 404,
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed" => 405,
    /// Somebody changed it in between: read again and retry.
    Conflict = "conflict" => 409,
    /// The e-mail address already has an account.
    EmailTaken = "email_taken" => 409,
    /// Fewer tickets are left than were asked for.
    SoldOut = "sold_out" => 409,
    /// The ticket type is not on sale now.
    NotOnSale = "not_on_sale" => 409,
    /// The ticket type has another price than the request expects.
    PriceChanged = "price_changed" => 409,
    /// The order is not in a state that allows this.
    OrderState = "order_state" => 409,
    /// The order's time ran out.
    OrderExpired = "order_expired" => 409,
    /// What has been sold is protected from this change.
    HasSales = "has_sales" => 409,
    /// The payment was declined.
    PaymentDeclined = "payment_declined" => 402,
    /// The ticket is not in a state that allows this.
    TicketState = "ticket_state" => 409,
    /// The same Idempotency-Key was used with another request.
    IdempotencyKeyReused = "idempotency_key_reused" => 422,
    /// The enrolment code is unknown, used up or expired.
    EnrolmentCode = "enrolment_code" => 403,
    /// The device's enrolment was revoked.
    DeviceRevoked = "device_revoked" => 403,
    /// The request's body came too slowly.
    RequestTimeout = "request_timeout" => 408,
    /// The body, batch or page is larger than allowed.
    TooLarge = "too_large" => 413,
    /// The content type is not one that this endpoint reads.
    UnsupportedMediaType = "unsupported_media_type" => 415,
    /// Too many requests from this account or device.
    RateLimited = "rate_limited" => 429,
    /// The server failed; nothing was changed. The request id finds the log.
    Internal = "internal" => 500,
    /// The server is starting, stopping or cannot reach its store.
    Unavailable = "unavailable" => 503,
    /// The request took longer than allowed.
    Timeout = "timeout" => 504,
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for ErrorCode {}

// Not derived: utoipa does not see the names that the macro gives to serde.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for ErrorCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .description(Some("What went wrong, for programs."))
            .into()
    }
}
