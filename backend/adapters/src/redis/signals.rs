//! Signals between processes, by Redis' publish and subscribe, which loses what
//! is said while a connection is down: so each time it is up again, every
//! listener hears that it may have missed something. Where the one who tells was cut
//! off, it tells the others so itself.

use super::link::{RedisError, RedisServer};
use async_trait::async_trait;
use futures::StreamExt;
use gateline_core::shared::random;
use gateline_core::shared::signals::{InProcessSignals, Listener, Signals};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Silence after which the connection is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(2);
/// Of anything something may have changed.
const ANYTHING: &str = "anything";

/// The signals. Ends when it is dropped.
pub struct RedisSignals {
    server: RedisServer,
    here: Arc<InProcessSignals>,
    /// Tells this process' signals from others'.
    own: String,
    /// Something could not be told to others.
    missed: Arc<Notify>,
    _ends: DropGuard,
}

impl RedisSignals {
    /// Over `server`; begins to listen, in the background.
    #[must_use]
    pub fn start(server: RedisServer) -> Self {
        let here = Arc::new(InProcessSignals::default());
        let own = random::short_code(16);
        let stop = CancellationToken::new();
        let hearing = Hearing {
            server: server.clone(),
            here: Arc::clone(&here),
            own: own.clone(),
        };
        let missed = Arc::new(Notify::new());
        let making_good = make_good(server.clone(), Arc::clone(&missed));
        tokio::spawn({
            let stop = stop.clone();
            async move {
                tokio::select! {
                    () = hearing.run() => {}
                    () = making_good => {}
                    () = stop.cancelled() => {}
                }
            }
        });
        Self {
            server,
            here,
            own,
            missed,
            _ends: stop.drop_guard(),
        }
    }
}

#[async_trait]
impl Signals for RedisSignals {
    async fn tell(&self, topic: &str) {
        self.here.tell(topic).await;
        let told = publish(&self.server, &format!("{} {topic}", self.own)).await;
        if let Err(error) = told {
            tracing::debug!(topic, %error, "other processes hear of this later");
            self.missed.notify_one();
        }
    }

    fn listen(&self) -> Listener {
        self.here.listen()
    }
}

async fn publish(server: &RedisServer, payload: &str) -> Result<(), RedisError> {
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(server.key("signals")).arg(payload);
    server.ask::<i64>(&publish).await.map(drop)
}

/// Each time that something was missed, tells everybody so as soon as they can be
/// told. For ever.
async fn make_good(server: RedisServer, missed: Arc<Notify>) {
    loop {
        missed.notified().await;
        let mut pause = FIRST_PAUSE;
        while publish(&server, ANYTHING).await.is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

struct Hearing {
    server: RedisServer,
    here: Arc<InProcessSignals>,
    own: String,
}

impl Hearing {
    /// For ever.
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.hear().await {
                Ok(()) => pause = FIRST_PAUSE,
                Err(error) => {
                    tracing::debug!(%error, "signals of other processes cannot be heard now");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Until the connection is lost; an error if there was none.
    async fn hear(&self) -> redis::RedisResult<()> {
        let connecting = self.server.client.get_async_pubsub();
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let mut subscription = connected.map_err(|_| slow())??;
        subscription.subscribe(self.server.key("signals")).await?;
        let (mut asking, mut heard) = subscription.split();
        // What was said before is lost.
        self.here.tell_all();
        loop {
            match tokio::time::timeout(PING_EVERY, heard.next()).await {
                Ok(Some(message)) => self.pass_on(&message.get_payload::<String>()?).await,
                Ok(None) => return Ok(()),
                Err(_) => {
                    let ping = tokio::time::timeout(PATIENCE, asking.ping::<redis::Value>()).await;
                    if !matches!(ping, Ok(Ok(_))) {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn pass_on(&self, payload: &str) {
        match payload.split_once(' ') {
            Some((own, _)) if own == self.own => {}
            Some((_, topic)) => self.here.tell(topic).await,
            None => self.here.tell_all(),
        }
    }
}

fn slow() -> redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}
