//! The dashboard from end to end: the real program in a real pseudo-terminal, over its demo fleet or kubeconfig files of
//! its own. Nothing of the person who runs the tests is read or written.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/pty.rs"]
mod pty;

#[path = "dashboard/demo.rs"]
mod demo;
#[path = "dashboard/health.rs"]
mod health;
#[path = "dashboard/keys.rs"]
mod keys;
#[path = "dashboard/leaving.rs"]
mod leaving;
#[path = "dashboard/login.rs"]
mod login;
#[path = "dashboard/sizes.rs"]
mod sizes;
#[path = "dashboard/stage.rs"]
mod stage;
#[path = "dashboard/start.rs"]
mod start;
