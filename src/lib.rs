//! fleet-tui
pub mod app;
pub mod config;
pub mod view;
pub mod model;
pub mod table;
