//! `/api/checkin`: a venue whose events, keys and tickets come over the bus, and
//! gates that sign real records.

mod agreement;
mod cancelled;
mod confirm;
mod device;
mod enrol;
mod exposure;
mod feed;
mod gate;
mod limits;
mod live;
mod report;
mod scans;
mod venue;
