//! The library that stands between a program and libc (see `gateline_kill::power`):
//! it notes how to take back each unsynced change below a folder, refuses writes
//! when it is told to, and shifts the wall clock.
//!
//! Always: outside of its folder, and in a program without its environment, every
//! call goes straight on to the kernel. It must not call what it replaces: its own
//! files are read and written by system calls.
#![cfg(target_os = "linux")]
#![expect(
    unsafe_code,
    reason = "functions of libc take pointers, and are called by programs that know of no library"
)]

mod calls;
mod names;
mod state;
mod sys;
