//! The names of refusals, as records and interfaces write them.

use gateline_common::decision::Refusal;

/// The name of the reason: what a refusal's JSON has as its `reason`.
pub(super) const fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed => "malformed",
        Refusal::BadSignature => "bad_signature",
        Refusal::UnknownKey => "unknown_key",
        Refusal::WrongEvent { .. } => "wrong_event",
        Refusal::NotListed => "not_listed",
        Refusal::Superseded => "superseded",
        Refusal::Cancelled => "cancelled",
        Refusal::Refunded => "refunded",
        Refusal::Blocked => "blocked",
        Refusal::NotYetValid { .. } => "not_yet_valid",
        Refusal::NoLongerValid { .. } => "no_longer_valid",
        Refusal::WrongGate { .. } => "wrong_gate",
        Refusal::WrongTicketType => "wrong_ticket_type",
        Refusal::Rule { .. } => "rule",
        Refusal::AlreadyAdmitted { .. } => "already_admitted",
        Refusal::NotInside => "not_inside",
        Refusal::StaleRotatingCode => "stale_rotating_code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::ids::EventId;
    use gateline_common::time::Timestamp;

    #[test]
    fn a_reason_is_named_as_its_json_names_it() {
        let at = Timestamp(0);
        for refusal in [
            Refusal::Malformed,
            Refusal::BadSignature,
            Refusal::UnknownKey,
            Refusal::WrongEvent {
                event: EventId(1),
                title: None,
            },
            Refusal::NotListed,
            Refusal::Superseded,
            Refusal::Cancelled,
            Refusal::Refunded,
            Refusal::Blocked,
            Refusal::NotYetValid { from: at },
            Refusal::NoLongerValid { until: at },
            Refusal::WrongGate { gates: Vec::new() },
            Refusal::WrongTicketType,
            Refusal::NotInside,
            Refusal::StaleRotatingCode,
        ] {
            let json = serde_json::to_value(&refusal).unwrap();
            assert_eq!(json["reason"], reason(&refusal));
        }
    }
}
