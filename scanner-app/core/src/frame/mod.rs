//! Frames: what a camera, an image file or a folder shows the decoders.
