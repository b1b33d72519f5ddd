//! Publishing with confirms: a few channels, each with many messages in flight.
//!
//! Always true: a message counts as published only if the broker confirmed it
//! and did not return it. The broker says first that it returns a message and
//! later that it is done with it; `lapin` hands the returned one to whichever
//! confirmation comes next, which may be another's. So a channel's confirmations
//! are looked at together, and a returned message is known by its id.

use super::link::{self, Link, State};
use super::message::Message;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection, PublisherConfirm};
use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

const CHANNELS: usize = 2;
/// Messages of a channel that wait for their confirmation.
const MOST_IN_FLIGHT: usize = 512;
const CHANNEL_PAUSE: Duration = Duration::from_millis(20);
/// Less than the relay waits.
const LONGEST_PUBLISHING: Duration = Duration::from_secs(10);

/// Why a message may not be with the broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unpublished {
    #[error("RabbitMQ is away: {0}")]
    Away(Arc<str>),
    #[error("RabbitMQ did not take the message: {0}")]
    Refused(String),
    #[error("RabbitMQ has no queue for the message")]
    Unroutable,
    #[error("RabbitMQ did not confirm the message in time")]
    Late,
}

/// The channels.
pub(super) struct Presses {
    state: watch::Receiver<State>,
    jobs: Vec<mpsc::Sender<Job>>,
    turn: AtomicUsize,
}

struct Job {
    message: Message,
    told: oneshot::Sender<Result<(), Unpublished>>,
}

impl Presses {
    pub(super) fn start(link: &Link) -> Self {
        let start_one = |_| {
            let (jobs, queue) = mpsc::channel(MOST_IN_FLIGHT);
            tokio::spawn(run(queue, link.watch()));
            jobs
        };
        Self {
            state: link.watch(),
            jobs: (0..CHANNELS).map(start_one).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Returns when the broker has the message, or when it may not have it.
    pub(super) async fn publish(&self, message: Message) -> Result<(), Unpublished> {
        match &*self.state.borrow() {
            State::Down(why) => return Err(Unpublished::Away(Arc::clone(why))),
            State::Up(connection) if connection.status().blocked() => {
                return Err(Unpublished::Refused("it is out of memory or disk".into()));
            }
            State::Up(_) => {}
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.jobs.len();
        let gone = || Unpublished::Away("the bus has ended".into());
        let Some(jobs) = self.jobs.get(turn) else {
            return Err(gone());
        };
        let publishing = async {
            let (told, answer) = oneshot::channel();
            let job = Job { message, told };
            jobs.send(job).await.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        };
        let answered = tokio::time::timeout(LONGEST_PUBLISHING, publishing).await;
        answered.unwrap_or(Err(Unpublished::Late))
    }
}

/// Publishes what comes until nobody can send any more.
async fn run(mut queue: mpsc::Receiver<Job>, mut state: watch::Receiver<State>) {
    loop {
        let connection = tokio::select! {
            connection = link::up(&mut state) => connection,
            job = queue.recv() => match job {
                Some(job) => {
                    refuse(job, &state);
                    continue;
                }
                None => return,
            },
        };
        let served = serve(&connection, &mut queue, &mut state).await;
        if served.is_ok() {
            return;
        }
        // That the connection is lost is known a moment later.
        tokio::time::sleep(CHANNEL_PAUSE).await;
    }
}

fn refuse(job: Job, state: &watch::Receiver<State>) {
    let why = match &*state.borrow() {
        State::Down(why) => Arc::clone(why),
        State::Up(_) => "it is just connected".into(),
    };
    // Whoever asked may have gone.
    let _ = job.told.send(Err(Unpublished::Away(why)));
}

/// Publishes over one channel; an error ends it, and what is in flight with it.
async fn serve(
    connection: &Connection,
    queue: &mut mpsc::Receiver<Job>,
    state: &mut watch::Receiver<State>,
) -> Result<(), lapin::Error> {
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let mut flight = Flight::default();
    loop {
        let room = flight.under_way.len() < MOST_IN_FLIGHT;
        tokio::select! {
            job = queue.recv(), if room => match job {
                Some(job) => flight.send(&channel, job).await?,
                None if flight.under_way.is_empty() => return Ok(()),
                None => flight.settle_some().await?,
            },
            settled = flight.settle_some(), if !flight.under_way.is_empty() => settled?,
            changed = state.changed() => if changed.is_err() { return Ok(()) },
        }
        if !channel.status().connected() {
            // What is in flight hears of it when it is dropped.
            return Err(channel_lost());
        }
    }
}

fn channel_lost() -> lapin::Error {
    std::io::Error::other("the channel is closed").into()
}

/// The messages of one channel that were sent and not confirmed.
#[derive(Default)]
struct Flight {
    under_way: Vec<Sent>,
    returned: HashSet<String>,
}

struct Sent {
    id: String,
    confirm: PublisherConfirm,
    told: Option<oneshot::Sender<Result<(), Unpublished>>>,
}

impl Sent {
    fn tell(&mut self, result: Result<(), Unpublished>) {
        if let Some(told) = self.told.take() {
            // Whoever asked may have gone.
            let _ = told.send(result);
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let why = "the connection was lost before it confirmed".into();
        self.tell(Err(Unpublished::Away(why)));
    }
}

type Confirmed = Result<Confirmation, lapin::Error>;

impl Flight {
    async fn send(&mut self, channel: &Channel, job: Job) -> Result<(), lapin::Error> {
        let Job { message, told } = job;
        if told.is_closed() {
            return Ok(());
        }
        let options = BasicPublishOptions {
            mandatory: message.mandatory,
            ..BasicPublishOptions::default()
        };
        let id = message.properties.message_id().as_ref();
        let id = id.map(ToString::to_string).unwrap_or_default();
        let publishing = channel.basic_publish(
            message.exchange.as_str().into(),
            message.routing_key.as_str().into(),
            options,
            &message.body,
            message.properties,
        );
        match publishing.await {
            Ok(confirm) => {
                let told = Some(told);
                self.under_way.push(Sent { id, confirm, told });
                Ok(())
            }
            Err(error) => {
                let _ = told.send(Err(Unpublished::Away(error.to_string().into())));
                Err(error)
            }
        }
    }

    /// Waits until the broker is done with some, and tells who asked.
    async fn settle_some(&mut self) -> Result<(), lapin::Error> {
        let settled = poll_fn(|context| self.poll_all(context)).await;
        let mut lost = None;
        let mut answers = Vec::with_capacity(settled.len());
        for (sent, confirmed) in settled {
            let answer = match confirmed {
                Ok(confirmation) => {
                    let refused = confirmation.is_nack();
                    let returned = confirmation.take_message();
                    let id = returned.and_then(|message| message.properties.message_id().clone());
                    self.returned.extend(id.map(|id| id.to_string()));
                    if refused {
                        Err(Unpublished::Refused("it says so".into()))
                    } else {
                        Ok(())
                    }
                }
                Err(error) => {
                    let why = error.to_string().into();
                    lost = Some(error);
                    Err(Unpublished::Away(why))
                }
            };
            answers.push((sent, answer));
        }
        for (mut sent, answer) in answers {
            let returned = self.returned.remove(&sent.id);
            sent.tell(if returned {
                Err(Unpublished::Unroutable)
            } else {
                answer
            });
        }
        lost.map_or(Ok(()), Err)
    }

    /// All that are confirmed by now. A returned message was handed out before
    /// its own confirmation was, so when that is seen, looking through all of
    /// them once more finds it.
    fn poll_all(&mut self, context: &mut Context<'_>) -> Poll<Vec<(Sent, Confirmed)>> {
        let mut settled = Vec::new();
        loop {
            let before = settled.len();
            let mut at = 0;
            while let Some(sent) = self.under_way.get_mut(at) {
                match Pin::new(&mut sent.confirm).poll(context) {
                    Poll::Ready(confirmed) => {
                        settled.push((self.under_way.swap_remove(at), confirmed));
                    }
                    Poll::Pending => at += 1,
                }
            }
            if settled.len() == before {
                break;
            }
        }
        if settled.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(settled)
        }
    }
}
