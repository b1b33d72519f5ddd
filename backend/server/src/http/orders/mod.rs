//! HTTP of orders and their stock.
