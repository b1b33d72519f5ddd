//! Assembles the service `mail`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use super::people::forgetting;
use crate::config::Config;
use crate::context::Context;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use anyhow::Context as _;
use gateline_adapters::mail::{FolderMail, SmtpMail};
use gateline_adapters::mongo::{MongoMailStore, MongoPeople};
use gateline_adapters::sqlite::{SqliteMail, SqlitePeople};
use gateline_core::mail::{Mail, MailStore, MailTransport};
use gateline_core::shared::People;
use gateline_core::shared::people::Kept;
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, people, kernel): (Arc<dyn MailStore>, Arc<dyn People>, Kernel) = match engines {
        Engines::Embedded(db) => (
            Arc::new(SqliteMail(db.clone())),
            Arc::new(SqlitePeople::of_mail(db.clone())),
            embedded(db),
        ),
        Engines::Distributed(engines) => {
            let db = MongoMailStore::open(&engines.mongo).await?;
            let kernel = own("mail", &db);
            let people = Arc::new(MongoPeople::of_mail(db.clone()));
            (Arc::new(MongoMailStore(db)), people, kernel)
        }
    };
    let mail = Mail::new(
        store,
        transport(&context.config)?,
        Arc::clone(&context.printer),
        Arc::clone(&context.clock),
    );
    let consumer = mail.consumer();
    Ok(Service::named("mail", kernel)
        .with_consumer(consumer)
        .with_job(Job::new("mail", move |stop| mail.clone().work(stop)))
        .with_job_of(forgetting(context, "mail-people", people, Kept::Copied)))
}

/// Where letters go.
fn transport(config: &Config) -> anyhow::Result<Arc<dyn MailTransport>> {
    if let Some(url) = &config.smtp_url {
        let smtp = SmtpMail::new(url, &config.mail_from).context("smtp_url, mail_from")?;
        return Ok(Arc::new(smtp));
    }
    let usual = config.data.join("mail");
    let folder = config.mail_folder.as_deref().unwrap_or(&usual);
    let folder = FolderMail::new(folder, &config.mail_from).context("mail_folder, mail_from")?;
    Ok(Arc::new(folder))
}
