//! Properties over random codes and random noise.

use crate::keyring;
use gateline_common::ids::{Epoch, EventId, KeyId, Serial, TicketTypeId};
use proptest::prelude::*;
use ticket_crypto::{
    SigningKey, TicketClaims, TicketCode, Verification, candidates, issue, issue_holder_bound,
    prove,
};

prop_compose! {
    fn any_claims()(
        key_id: u8, event: u32, serial: u64, ticket_type: u16, epoch: u16, not_after_days: u16,
    ) -> TicketClaims {
        TicketClaims {
            key_id: KeyId(key_id),
            event: EventId(event),
            serial: Serial::truncate(serial),
            ticket_type: TicketTypeId(ticket_type),
            epoch: Epoch(epoch),
            not_after_days,
        }
    }
}

prop_compose! {
    fn any_code()(claims in any_claims(), kind in 0..3u8, holder: [u8; 32], at: u32) -> TicketCode {
        let (key, holder) = (crate::key(1), SigningKey::from_seed(holder));
        match kind {
            0 => issue(&key, &claims),
            1 => issue_holder_bound(&key, &claims, holder.public_key()),
            _ => prove(&holder, &issue_holder_bound(&key, &claims, holder.public_key()), at),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_code_reads_back_from_bytes_and_digits_and_verifies(code in any_code()) {
        prop_assert_eq!(TicketCode::parse(code.bytes()), Ok(code.clone()));
        prop_assert_eq!(TicketCode::from_digits(&code.to_digits()), Ok(code.clone()));
        prop_assert_eq!(candidates(&code.to_digits()), [code.clone()]);
        let is_good = matches!(keyring().verify(&code), Verification::Good { .. });
        prop_assert!(is_good);
    }

    #[test]
    fn a_changed_byte_never_verifies(code in any_code(), at: prop::sample::Index, by in 1..=255u8) {
        let mut bytes = code.bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        if let Ok(code) = TicketCode::parse(&bytes) {
            let is_good = matches!(keyring().verify(&code), Verification::Good { .. });
            prop_assert!(!is_good);
        }
    }

    #[test]
    fn fields_of_one_code_under_the_signature_of_another_never_verify(
        code in any_code(), claims in any_claims(),
    ) {
        prop_assume!(claims != *code.claims());
        let other = issue(&crate::key(2), &claims);
        let mut bytes = code.bytes().to_vec();
        bytes[1..18].copy_from_slice(&other.bytes()[1..18]);
        let is_good = TicketCode::parse(&bytes)
            .is_ok_and(|code| matches!(keyring().verify(&code), Verification::Good { .. }));
        prop_assert!(!is_good);
    }

    #[test]
    fn there_is_one_digit_text_per_code(text in "[0-9]{200}|[0-9]{277}|[0-9]{442}") {
        if let Ok(code) = TicketCode::from_digits(&text) {
            prop_assert_eq!(code.to_digits(), text);
        }
    }

    #[test]
    fn noise_never_panics_and_never_verifies(bytes: Vec<u8>, text in ".{0,300}") {
        for code in TicketCode::parse(&bytes).into_iter().chain(candidates(&text)) {
            let is_good = matches!(keyring().verify(&code), Verification::Good { .. });
            prop_assert!(!is_good);
        }
    }
}
