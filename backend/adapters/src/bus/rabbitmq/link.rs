//! One connection to the broker, made again whenever it is lost.
//!
//! Always true: whoever sees it up sees a connection on which everything was
//! declared. An outage is said once, at its begin, and again when what is wrong
//! has changed.

use super::RabbitError;
use super::pause::Pause;
use super::topology::Topology;
use futures::StreamExt;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// To connect and to declare.
const LONGEST_OPENING: Duration = Duration::from_secs(30);
/// How often it is looked at, should no event tell of its end.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How it stands.
#[derive(Clone)]
pub(super) enum State {
    /// Connected.
    Up(Arc<Connection>),
    /// Not, and why.
    Down(Arc<str>),
}

/// The connection. Ends with its last clone.
#[derive(Clone)]
pub(super) struct Link {
    state: watch::Receiver<State>,
    declare: Arc<Notify>,
    _ends: Arc<DropGuard>,
}

impl Link {
    /// Begins to connect. `purpose` is for logs and for the broker's list.
    pub(super) fn start(purpose: &'static str, uri: AMQPUri, topology: Arc<Topology>) -> Self {
        let (told, state) = watch::channel(State::Down("not connected yet".into()));
        let (stop, declare) = (CancellationToken::new(), Arc::new(Notify::new()));
        let keeping = Keeping {
            purpose,
            uri,
            topology,
            told,
            declare: Arc::clone(&declare),
        };
        tokio::spawn({
            let stop = stop.clone();
            async move {
                tokio::select! {
                    () = keeping.run() => {}
                    () = stop.cancelled() => {}
                }
            }
        });
        Self {
            state,
            declare,
            _ends: Arc::new(stop.drop_guard()),
        }
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// How it stands, and word of changes, without keeping it alive.
    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Waits until it is up.
    pub(super) async fn up(&self) -> Arc<Connection> {
        up(&mut self.watch()).await
    }

    /// Something that was declared is gone: declares everything again.
    pub(super) fn declare_again(&self) {
        self.declare.notify_one();
    }
}

/// Waits until it is up; for ever, if the link has ended.
pub(super) async fn up(state: &mut watch::Receiver<State>) -> Arc<Connection> {
    loop {
        if let State::Up(connection) = &*state.borrow_and_update() {
            return Arc::clone(connection);
        }
        if state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

struct Keeping {
    purpose: &'static str,
    uri: AMQPUri,
    topology: Arc<Topology>,
    told: watch::Sender<State>,
    declare: Arc<Notify>,
}

impl Keeping {
    async fn run(self) {
        let mut pause = Pause::from(FIRST_PAUSE);
        let connected = metrics::gauge!("gateline_bus_connected", "link" => self.purpose);
        let mut said = String::new();
        loop {
            connected.set(0.0);
            let opening = tokio::time::timeout(LONGEST_OPENING, self.open()).await;
            let opened = opening.unwrap_or_else(|_| Err(slow()));
            let why = match opened {
                Ok(connection) => {
                    tracing::info!(link = self.purpose, "connected to RabbitMQ");
                    pause.begin_again();
                    said.clear();
                    connected.set(1.0);
                    let connection = Arc::new(connection);
                    self.told.send_replace(State::Up(Arc::clone(&connection)));
                    self.until_lost(&connection).await
                }
                Err(error) => error,
            };
            let why = why.to_string();
            if why != said {
                tracing::error!(link = self.purpose, error = %why, "RabbitMQ cannot be used now");
                said.clone_from(&why);
            }
            self.told.send_replace(State::Down(why.into()));
            tokio::time::sleep(pause.next()).await;
        }
    }

    async fn open(&self) -> Result<Connection, RabbitError> {
        let name = format!("gateline {}", self.purpose);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connection = Connection::connect_uri(self.uri.clone(), properties).await?;
        self.topology.declare(&connection).await?;
        Ok(connection)
    }

    /// Waits for its end; says why it ended.
    async fn until_lost(&self, connection: &Connection) -> RabbitError {
        let mut events = connection.events_listener();
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Event::Error(error)) => {
                        if !connection.status().connected() {
                            return error.into();
                        }
                    }
                    Some(Event::ConnectionBlocked(why)) => {
                        let link = self.purpose;
                        tracing::error!(link, why, "RabbitMQ takes nothing: it is out of memory or disk");
                    }
                    Some(_) => {}
                    None => return RabbitError::Broker("the connection has ended".into()),
                },
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.declare.notified() => {
                    if let Err(error) = self.topology.declare(connection).await {
                        return error;
                    }
                }
            }
            if !connection.status().connected() {
                return RabbitError::Broker("the connection is lost".into());
            }
        }
    }
}

fn slow() -> RabbitError {
    RabbitError::Broker("it does not answer in time".into())
}
