//! `/api/tickets`, what organizers and admins see of them, and the mail.

mod documents;
mod issue;
mod keys;
mod lists;
mod mail;
