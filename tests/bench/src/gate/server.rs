//! A server with an event and as many attendees as wanted.
//!
//! The backend is the shipped one, and the event is set up over its API. Only
//! the tickets, and the key that signs them, are put into check-in's store
//! through that store's own port while the backend is down, because selling a
//! million tickets takes long and is not what is measured.

use super::material::{code_of, event_key, listed, serial};
use crate::context::Context;
use anyhow::{Context as _, Result, ensure};
use gateline_adapters::sqlite::{Db, SqliteCheckIn};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, KeyId, OrgId, TicketTypeId};
use gateline_common::sync::{EnrolmentCode, EventKey, KeyState};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::figures::{Deltas, Figure as Sum};
use gateline_core::checkin::ports::{EventWrite, LogWrite, ManifestBump, TicketWrite};
use gateline_core::checkin::ticket::{TicketChange, TicketKey, TicketState};
use gateline_core::shared::Commit;
use gateline_scanner::clock::{Clock, SystemClock};
use gateline_tests::story::{Festival, set_up};
use gateline_tests::system::{Api, Backend, BackendOptions, wait_until};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use ticket_crypto::SigningKey;
use uuid::Uuid;

const STEP: u64 = 20_000;
const DEADLINE: Duration = Duration::from_secs(60);

/// The running server.
pub(crate) struct Server {
    backend: Backend,
    festival: Festival,
    /// Its event.
    pub(crate) event: EventId,
    /// The type of all tickets.
    pub(crate) ticket_type: TicketTypeId,
}

impl Server {
    /// Starts one with `size` attendees in the folder `data`.
    pub(crate) async fn start(context: &Context, data: &Path, size: u64) -> Result<Self> {
        let options = BackendOptions::default();
        let mut backend = Backend::start(&context.binaries, data, options).await?;
        let festival = set_up(backend.api()?).await?;
        wait_until("all services to know the event", DEADLINE, async || {
            let metrics = festival.organizer.get_bytes("/metrics").await?;
            let metrics = String::from_utf8_lossy(&metrics).into_owned();
            let mut waiting = metrics
                .lines()
                .filter(|line| line.starts_with("gateline_outbox_waiting{"))
                .peekable();
            let known = waiting.peek().is_some() && waiting.all(|line| line.ends_with(" 0"));
            Ok(known.then_some(()))
        })
        .await?;
        backend.kill()?;
        let event = EventId(u32::try_from(festival.event)?);
        let ticket_type = TicketTypeId(u16::try_from(festival.standard)?);
        {
            let store = SqliteCheckIn(Db::open(&data.join("gateline.db"))?);
            let org = OrgId(Uuid::parse_str(&festival.org)?);
            sign_with_ours(&store, org, event).await?;
            seed(&store, event, ticket_type, size).await?;
        }
        backend.start_again().await?;
        Ok(Self {
            backend,
            festival,
            event,
            ticket_type,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        let url = self.backend.url();
        Ok(url.trim_start_matches("http://").parse()?)
    }

    /// Its process.
    pub(crate) fn process(&self) -> Result<u32> {
        self.backend.process().context("the server runs")
    }

    /// The organizer's client.
    pub(crate) const fn organizer(&self) -> &Api {
        &self.festival.organizer
    }

    /// A fresh one-time code.
    pub(crate) async fn enrolment_code(&self) -> Result<EnrolmentCode> {
        let body = json!({"org": self.festival.org, "name": "Measured"});
        let path = "/api/checkin/enrolment-codes";
        let answer = self.festival.organizer.post(path, &body).await?;
        let code = answer["code"].as_str().context("an enrolment code")?;
        Ok(code.parse()?)
    }
}

/// From now on the event's tickets are signed with the key of these measurements.
async fn sign_with_ours(store: &SqliteCheckIn, org: OrgId, event: EventId) -> Result<()> {
    let known = store.event(event).await?.context("the event")?;
    ensure!(known.is_open(), "the event is not open");
    let version = known.keys.as_ref().map_or(1, |keys| keys.version + 1);
    let ours = vec![EventKey {
        id: KeyId(1),
        key: event_key().public_key(),
        state: KeyState::Current,
    }];
    let (event, change) = known.with_keys(version, &ours).context("newer keys")?;
    let at = SystemClock::default().now();
    let write = EventWrite {
        rules: event.manifest.clone().filter(|_| change.rules),
        event,
        bump: Some(ManifestBump { org, at }),
        generation: None,
    };
    Ok(store.save_event(&write, &Commit::nothing()).await?)
}

/// Puts tickets onto the event's list.
async fn seed(
    store: &SqliteCheckIn,
    event: EventId,
    ticket_type: TicketTypeId,
    size: u64,
) -> Result<()> {
    let (key, mut from) = (event_key(), 0);
    while from < size {
        let to = size.min(from + STEP);
        let mut write = LogWrite::default();
        let mut deltas = Deltas::default();
        for n in from..to {
            let ticket = ticket(&key, event, ticket_type, n);
            deltas.replace(event, &Vec::new(), &ticket.share);
            write.tickets.push(TicketWrite {
                ticket,
                moves: true,
                passages: false,
            });
        }
        write.deltas = deltas;
        store.write_log(&write, &Commit::nothing()).await?;
        from = to;
    }
    Ok(())
}

fn ticket(key: &SigningKey, event: EventId, ticket_type: TicketTypeId, n: u64) -> TicketState {
    let mut ticket = TicketState::unknown(TicketKey {
        event,
        serial: serial(n),
    });
    let mut facts = listed(n);
    facts.ticket_type = ticket_type;
    ticket.history.push(TicketChange {
        version: 1,
        state: gateline_admission::TicketState {
            since: Timestamp(1_700_000_000_000),
            epoch: facts.epoch,
            ticket_type,
            status: facts.status,
        },
        code_hash: Some(code_of(key, event, ticket_type, n).ticket_hash()),
    });
    ticket.listed = Some(facts);
    ticket.share = vec![Sum::Expected, Sum::Open(ticket_type)];
    ticket
}
