//! Mail by SMTP, to the server that the configuration names.
//!
//! Always true: `Ok` means that the server took the letter. One whose answer was
//! lost is handed over again under the same message id, which mail programs show
//! once.

use super::letter::letter;
use async_trait::async_trait;
use gateline_core::mail::{MailTransport, Message, TransportError};
use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(30);

/// Hands letters to an SMTP server.
#[derive(Clone)]
pub struct SmtpMail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// The server's address or the sender cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpMailError {
    /// Not an address.
    #[error("`{0}` is no sender address")]
    From(String),
    /// Not the address of an SMTP server. It is not shown: it may have a password.
    #[error("no address of an SMTP server (smtps://user:password@host): {0}")]
    Url(String),
}

impl SmtpMail {
    /// Sends through the server at `url` (`smtps://…`, or `smtp://…?tls=required`
    /// for STARTTLS) as `from` (`Name <address>`).
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn new(url: &str, from: &str) -> Result<Self, SmtpMailError> {
        let sender = from.parse();
        let from = sender.map_err(|_| SmtpMailError::From(from.to_owned()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| SmtpMailError::Url(error.to_string()))?
            .timeout(Some(LONGEST))
            .build();
        Ok(Self { transport, from })
    }
}

#[async_trait]
impl MailTransport for SmtpMail {
    async fn send(&self, message: &Message) -> Result<(), TransportError> {
        let letter = letter(message, &self.from)?;
        match self.transport.send(letter).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(TransportError::Refused(error.to_string())),
            Err(error) => Err(TransportError::Unavailable(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::Timestamp;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    fn message(address: &str) -> Message {
        Message {
            key: "order-1".into(),
            to_name: "Zoë".into(),
            to_address: address.into(),
            subject: "Your tickets".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            attachments: Vec::new(),
            date: Timestamp(0),
        }
    }

    /// An SMTP server for one connection; answers `RCPT` as told, and returns all
    /// that it was told.
    fn serve(listener: &TcpListener, to_recipient: &str) -> Vec<String> {
        let (stream, _) = listener.accept().unwrap();
        let mut out = stream.try_clone().unwrap();
        let say = |out: &mut TcpStream, line: &str| write!(out, "{line}\r\n").unwrap();
        say(&mut out, "220 mail.example.org");
        let mut told = Vec::new();
        let mut in_letter = false;
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let answer = match line.split(' ').next().unwrap_or_default() {
                "." if in_letter => "250 taken",
                _ if in_letter => "",
                "RCPT" => to_recipient,
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            in_letter = (in_letter || line == "DATA") && line != ".";
            if !answer.is_empty() {
                say(&mut out, answer);
            }
            let over = line == "." || answer.starts_with("221");
            told.push(line);
            if over {
                break; // the client keeps the connection for another letter
            }
        }
        told
    }

    async fn send(to_recipient: &'static str) -> (Result<(), TransportError>, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || serve(&listener, to_recipient));
        let mail = SmtpMail::new(&url, "Gateline <tickets@example.org>").unwrap();
        let sent = mail.send(&message("zoe@example.org")).await;
        drop(mail);
        (sent, server.join().unwrap())
    }

    #[tokio::test]
    async fn a_letter_is_sent_when_the_server_took_it() {
        let (sent, told) = send("250 fine").await;
        assert_eq!(sent, Ok(()));
        assert!(told.iter().any(|line| line.contains("<zoe@example.org>")));
        let id = "Message-ID: <order-1@example.org>";
        assert!(told.iter().any(|line| line == id), "{told:?}");
    }

    #[tokio::test]
    async fn a_refused_address_is_told_from_a_server_that_is_busy() {
        let (sent, _) = send("550 no such person").await;
        assert!(matches!(sent, Err(TransportError::Refused(_))), "{sent:?}");
        let (sent, _) = send("450 try again").await;
        assert!(matches!(sent, Err(TransportError::Unavailable(_))));
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let mail = SmtpMail::new(&url, "tickets@example.org").unwrap();
        let sent = mail.send(&message("zoe@example.org")).await;
        assert!(matches!(sent, Err(TransportError::Unavailable(_))));
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused_without_showing_it() {
        let refused = SmtpMail::new("https://user:secret@mail", "tickets@example.org");
        let said = refused.err().unwrap().to_string();
        assert!(!said.contains("secret"), "{said}");
        assert!(SmtpMail::new("smtps://mail.example.org", "nobody").is_err());
    }
}
