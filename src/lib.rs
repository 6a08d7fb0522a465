//! fleet-tui
pub mod app;
pub mod config;
pub mod model;
pub mod table;
