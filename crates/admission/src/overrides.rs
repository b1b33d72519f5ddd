//! Overrides: staff waive one reason, and the rules decide again. What the event
//! asks for (nothing can be waived, a reason in words, the supervisor's PIN) and
//! what no event can allow are checked here, on the gate and on the server.

use crate::rules::EventRules;
use gateline_common::Hash;
use gateline_common::catalog::OverridePolicy;
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::EventId;
use gateline_common::sync::Override;

/// Why an override is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OverrideRefused {
    /// The event does not allow overrides.
    #[error("this event does not allow overrides")]
    Forbidden,
    /// This reason can be waived by nobody.
    #[error("this refusal cannot be overridden")]
    NotWaivable,
    /// No reason was given.
    #[error("an override needs a reason")]
    NoReason,
    /// The event asks for the supervisor's PIN.
    #[error("an override needs the supervisor's PIN")]
    NoPin,
}

/// The hash of a supervisor's PIN as the manifest carries it: SHA-256 over the
/// event id (four bytes, big-endian) and the PIN's text.
#[must_use]
pub fn supervisor_pin_hash(event: EventId, pin: &str) -> Hash {
    Hash::of(&[&event.0.to_be_bytes(), pin.as_bytes()])
}

impl EventRules {
    /// Is this the supervisor's PIN? False if none is set.
    #[must_use]
    pub fn is_supervisor_pin(&self, pin: &str) -> bool {
        self.manifest().supervisor_pin == Some(supervisor_pin_hash(self.event(), pin))
    }

    /// May this override be made? It does not say that the guest gets in: give
    /// the waived refusal to [`crate::decide`] for that.
    ///
    /// # Errors
    /// The [`OverrideRefused`] that says what is missing.
    pub fn accept_override(&self, given: &Override) -> Result<(), OverrideRefused> {
        let policy = self.policy().overrides;
        if policy == OverridePolicy::Forbidden {
            return Err(OverrideRefused::Forbidden);
        }
        match &given.waived {
            Answer::Refuse(Refusal::Cancelled) if self.is_cancelled() => {
                return Err(OverrideRefused::NotWaivable);
            }
            Answer::Refuse(refusal) if is_waivable(refusal) => {}
            Answer::Refuse(_) | Answer::Admit(_) => return Err(OverrideRefused::NotWaivable),
        }
        if given.reason.trim().is_empty() {
            return Err(OverrideRefused::NoReason);
        }
        if policy == OverridePolicy::ReasonAndPin && !given.supervised {
            return Err(OverrideRefused::NoPin);
        }
        Ok(())
    }
}

/// Can this reason be waived at all? Not that a code is no genuine code of this
/// event: nothing would say who the guest is. (The list's search does.)
pub(crate) const fn is_waivable(refusal: &Refusal) -> bool {
    !matches!(
        refusal,
        Refusal::Malformed
            | Refusal::BadSignature
            | Refusal::UnknownKey
            | Refusal::WrongEvent { .. }
    )
}

/// Is `refusal` the reason that was waived? Details such as the time of the first
/// admission may differ between the gate and the server; a rule must be the same.
pub(crate) fn is_same_reason(refusal: &Refusal, waived: &Refusal) -> bool {
    match (refusal, waived) {
        (
            Refusal::Rule { rule: None, name },
            Refusal::Rule {
                rule: None,
                name: waived,
            },
        ) => name == waived,
        (Refusal::Rule { rule, .. }, Refusal::Rule { rule: waived, .. }) => rule == waived,
        _ => std::mem::discriminant(refusal) == std::mem::discriminant(waived),
    }
}
