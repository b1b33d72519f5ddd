//! The job that works off the queue.

use super::{Letter, LetterContent, Mail, Message, TransportError, compose};
use crate::mail::model::Attachment;
use crate::shared::StoreError;
use crate::shared::trace::{Span, SpanKind};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

const BATCH: u32 = 32;
const POLL: Duration = Duration::from_secs(1);
const FIRST_DELAY_MS: i64 = 1_000;
const LONGEST_DELAY_MS: i64 = 15 * 60_000;

impl Mail {
    /// Sends what is due until `stop`.
    pub async fn work(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.round().await {
                Ok(0) => self.idle(&stop).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the mail queue cannot be read or written");
                    tokio::select! {
                        () = tokio::time::sleep(POLL) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }

    async fn idle(&self, stop: &CancellationToken) {
        tokio::select! {
            () = self.filled.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Tries every letter that is due once; how many there were.
    ///
    /// # Errors
    /// When the queue cannot be read or written.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let due = self.store.due(self.clock.now(), BATCH).await?;
        for letter in &due {
            let queued = letter.trace.as_deref();
            let span = Span::following(queued, SpanKind::Internal, format_args!("send letter"));
            let sending = self.send(letter).instrument(span.in_log());
            if !span.place().around(sending).await? {
                span.failed(format_args!("not_sent"));
            }
        }
        Ok(due.len())
    }

    /// Tries one once; says whether it is sent.
    async fn send(&self, letter: &Letter) -> Result<bool, StoreError> {
        let result = match self.compose(letter).await {
            Ok(message) => self.transport.send(&message).await,
            Err(error) => Err(error),
        };
        let sent = result.is_ok();
        self.settle(letter, result).await?;
        Ok(sent)
    }

    async fn settle(
        &self,
        letter: &Letter,
        result: Result<(), TransportError>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let outcome = match &result {
            Ok(()) => "sent",
            Err(TransportError::Unavailable(_)) => "postponed",
            Err(TransportError::Refused(_)) => "refused",
        };
        metrics::counter!("gateline_mail_total", "outcome" => outcome).increment(1);
        let key = letter.key.as_str();
        let settled = match &result {
            Ok(()) => self.store.sent(key, now).await,
            Err(TransportError::Unavailable(_)) => {
                let due = now.plus_ms(delay_ms(letter.attempts));
                self.store.postpone(key, due).await
            }
            Err(TransportError::Refused(reason)) => self.store.give_up(key, reason, now).await,
        };
        match result {
            Ok(()) => {}
            Err(error) if settled == Err(StoreError::Conflict) => {
                // Another instance was quicker: it sent the letter, or gave it up.
                tracing::debug!(key, %error, "mail does not wait any more");
                return Ok(());
            }
            Err(TransportError::Unavailable(reason)) => {
                tracing::warn!(key, reason, attempts = letter.attempts, "mail waits");
            }
            Err(TransportError::Refused(reason)) => {
                tracing::error!(key, reason, "mail cannot be sent");
            }
        }
        settled
    }

    async fn compose(&self, letter: &Letter) -> Result<Message, TransportError> {
        let unavailable =
            |error: &dyn std::fmt::Display| TransportError::Unavailable(error.to_string());
        let Some(id) = letter.content.event() else {
            return Err(TransportError::Refused("an order without tickets".into()));
        };
        let event = self.store.event(id).await.map_err(|e| unavailable(&e))?;
        let event = event.ok_or_else(|| unavailable(&"the event is not known yet"))?;
        let mut message = compose::message(letter, &event);
        if let LetterContent::Tickets { tickets, .. } = &letter.content {
            let printed = compose::printed(tickets, &event);
            let printer = Arc::clone(&self.printer);
            let drawn = tokio::task::spawn_blocking(move || printer.pdf(&printed)).await;
            let pdf = drawn
                .map_err(|e| unavailable(&e))?
                .map_err(|e| unavailable(&e))?;
            let code = tickets.first().map_or("", |t| t.facts.order_code.as_str());
            message.attachments.push(Attachment {
                name: format!("tickets-{}.pdf", safe(code)),
                media_type: "application/pdf",
                bytes: pdf,
            });
        }
        Ok(message)
    }
}

fn delay_ms(attempts: u32) -> i64 {
    FIRST_DELAY_MS
        .saturating_mul(1 << attempts.min(20))
        .min(LONGEST_DELAY_MS)
}

fn safe(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}
