//! HTTP of devices, sync and the report.
