//! What is held in front of a scanner, made from its description.

use super::file;
use super::world::{BALL, EVENT, STRANGER, World, secret_key};
use anyhow::{Context, bail};
use gateline_common::ids::{Epoch, KeyId};
use gateline_common::sync::EventKey;
use ticket_crypto::{TicketClaims, TicketCode, issue, issue_holder_bound, prove};

/// The text that a scanner reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(pub String);

impl World {
    /// The code that a step describes.
    ///
    /// # Errors
    /// If it names what does not exist.
    pub fn code(&self, code: &file::Code) -> anyhow::Result<Code> {
        match code {
            file::Code::Ticket(name) => self.made(&file::MadeCode {
                ticket: Some(name.clone()),
                ..file::MadeCode::default()
            }),
            file::Code::Made(made) => self.made(made),
        }
    }

    fn made(&self, made: &file::MadeCode) -> anyhow::Result<Code> {
        let Some(ticket) = &made.ticket else {
            return Ok(Code(
                made.text.clone().context("a code has a ticket or a text")?,
            ));
        };
        let signer = secret_key(made.key.as_deref().unwrap_or("current"));
        let claims = self.claims(made, ticket)?;
        let mut code = match &made.phone {
            None => issue(&signer, &claims),
            Some(phone) => issue_holder_bound(&signer, &claims, secret_key(phone).public_key()),
        };
        if let Some(at) = &made.proven_at {
            let prover = made.proven_by.as_ref().or(made.phone.as_ref());
            let prover = prover.context("a proof is by a phone")?;
            let seconds = u32::try_from(self.at(at)?.0 / 1000)?;
            code = prove(&secret_key(prover), &code, seconds);
        }
        let digits = damaged(code.bytes(), made);
        Ok(Code(typed(&digits, made)?))
    }

    fn claims(&self, made: &file::MadeCode, ticket: &str) -> anyhow::Result<TicketClaims> {
        let described = self.described.get(ticket).context("no such ticket")?;
        let named = made.ticket_type.as_ref().unwrap_or(&described.ticket_type);
        let key = made.key.as_deref().unwrap_or("current");
        let in_list = |known: &&EventKey| known.key == secret_key(key).public_key();
        let listed = self.event().keys.iter().find(in_list).map(|known| known.id);
        let last_day = made.not_after_day.unwrap_or(400);
        Ok(TicketClaims {
            key_id: made.key_id.map(KeyId).or(listed).unwrap_or(KeyId(77)),
            event: match made.event.as_deref() {
                None => EVENT,
                Some("ball") => BALL,
                Some("stranger") => STRANGER,
                Some(other) => bail!("there is no event {other:?}"),
            },
            serial: self.serial(ticket)?,
            ticket_type: self.type_id(named)?,
            epoch: Epoch(made.epoch.unwrap_or(described.epoch)),
            not_after_days: u16::try_from(i64::from(self.event().starts_at.days()) + last_day)?,
        })
    }
}

fn damaged(bytes: &[u8], made: &file::MadeCode) -> String {
    let mut bytes = bytes.to_vec();
    if let Some(bit) = made.flip_bit {
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    bytes.truncate(bytes.len() - made.cut.unwrap_or(0));
    bytes.resize(bytes.len() + made.append.unwrap_or(0), 0);
    match TicketCode::parse(&bytes) {
        Ok(code) => code.to_digits(),
        Err(_) => digits(&bytes),
    }
}

/// Seven bytes as seventeen digits, also of what is no code any more.
fn digits(bytes: &[u8]) -> String {
    const WIDTHS: [usize; 8] = [0, 3, 5, 8, 10, 13, 15, 17];
    let group = |group: &[u8]| {
        let value = group
            .iter()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let width = WIDTHS[group.len()];
        format!("{value:0width$}")
    };
    bytes.chunks(7).map(group).collect()
}

fn typed(digits: &str, made: &file::MadeCode) -> anyhow::Result<String> {
    let keys = match made.keyboard.as_deref() {
        None => "0123456789",
        Some("french") => "à&é\"'(-è_ç",
        Some("belgian") => "à&é\"'(§è!ç",
        Some(other) => bail!("there is no keyboard {other:?}"),
    };
    let keys: Vec<char> = keys.chars().collect();
    let typed: String = digits
        .bytes()
        .map(|digit| keys[usize::from(digit - b'0')])
        .collect();
    Ok(made.prefix.clone().unwrap_or_default() + &typed)
}
