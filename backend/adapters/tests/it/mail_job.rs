//! The job that sends mail, where another instance does the same work.

use crate::contract::mail::{due, event, letter};
use async_trait::async_trait;
use gateline_adapters::documents::Printer;
use gateline_adapters::sqlite::{Db, SqliteMail};
use gateline_common::Timestamp;
use gateline_core::mail::{Mail, MailStore, MailTransport, Message, TransportError};
use gateline_core::shared::{Commit, SystemClock};
use std::sync::Arc;

/// Takes no letter; another instance sends the first one meanwhile.
struct Overtaken {
    store: Arc<SqliteMail>,
    says: TransportError,
}

#[async_trait]
impl MailTransport for Overtaken {
    async fn send(&self, message: &Message) -> Result<(), TransportError> {
        if message.key == "a" {
            self.store.sent("a", Timestamp(2)).await.unwrap();
        }
        Err(self.says.clone())
    }
}

#[tokio::test]
async fn a_letter_that_another_instance_sent_meanwhile_is_no_failure_and_the_next_has_its_turn() {
    let reason = || "a reason".to_owned();
    for (says, waits) in [
        (TransportError::Unavailable(reason()), true),
        (TransportError::Refused(reason()), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("test.db")).unwrap();
        let store = Arc::new(SqliteMail(db));
        let nothing = Commit::nothing();
        store.note_event(&event(1), &nothing).await.unwrap();
        for (key, at) in [("a", 1), ("b", 2)] {
            store.enqueue(&letter(key, at), &nothing).await.unwrap();
        }
        let transport = Overtaken {
            store: Arc::clone(&store),
            says,
        };
        let printer = Arc::new(Printer::new(None).unwrap());
        let clock = Arc::new(SystemClock);
        let mail = Mail::new(store.clone(), Arc::new(transport), printer, clock);
        assert_eq!(mail.round().await, Ok(2));
        let left = if waits {
            vec![("b".into(), 1)]
        } else {
            Vec::new()
        };
        assert_eq!(due(&*store, i64::MAX).await, left);
    }
}
