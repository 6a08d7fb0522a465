//! The command line as scripts see it: what it prints, in which shape, how it ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails as the test does")]

#[path = "cli/agreement.rs"]
mod agreement;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/health.rs"]
mod health;
#[path = "cli/objects.rs"]
mod objects;
#[path = "cli/paper.rs"]
mod paper;
#[path = "support/pty.rs"]
mod pty;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/stage.rs"]
mod stage;
#[cfg(unix)]
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/weight.rs"]
mod weight;
