//! Charges and refunds through a payment gateway.
