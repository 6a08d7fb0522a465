//! fleet-tui
pub mod model;
