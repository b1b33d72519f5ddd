//! Synthetic frames: hard pictures of a code, made to order for tests and the demo.
