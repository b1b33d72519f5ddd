//! `/api/orders`.

mod changing;
mod placing;
mod rush;
mod seeing;
