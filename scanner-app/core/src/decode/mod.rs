//! Decoding: the voices that read QR codes, and the ladder that asks them.
