//! fleet-tui
pub mod model;
pub mod table;
