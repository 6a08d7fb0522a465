//! Settings with their defaults, and the state file. Must not know clusters' data or the screen.

pub mod settings;
pub mod state;
