//! Assembles the service `mail`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::service::{Job, Service};
use anyhow::Context as _;
use gateline_adapters::mail::FolderMail;
use gateline_adapters::sqlite::SqliteMail;
use gateline_core::mail::Mail;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let config = &context.config;
    let usual = config.data.join("mail");
    let folder = config.mail_folder.as_deref().unwrap_or(&usual);
    let transport = FolderMail::new(folder, &config.mail_from).context("mail")?;
    let mail = Mail::new(
        Arc::new(SqliteMail(context.db.clone())),
        Arc::new(transport),
        Arc::clone(&context.printer),
        Arc::clone(&context.clock),
    );
    let consumer = mail.consumer();
    Ok(Service::named("mail")
        .with_consumer(consumer)
        .with_job(Job::new("mail", move |stop| mail.work(stop))))
}
