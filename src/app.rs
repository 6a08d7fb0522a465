//! The state of the whole program and everything that may happen to it: `update(state, message) -> effects`.
//!
//! Pure: owns no lock, socket, file or clock; time, input and data arrive as messages. Must not know ratatui, crossterm
//! or kube, nor how anything is drawn.

pub mod accept;
pub mod action;
pub mod attention;
pub mod auth_events;
pub mod belongings;
pub mod changes;
pub mod chooser;
pub mod clock;
pub mod cluster;
pub mod columns;
pub mod copying;
pub mod counts;
pub mod cursor;
pub mod details;
pub mod exclusive;
pub mod explain;
pub mod find;
pub mod fleet;
pub mod ignored;
pub mod input;
pub mod keymap;
pub mod kinds;
pub mod knobs;
pub mod layer;
pub mod looks;
pub mod message;
pub mod mouse;
pub mod namespaces;
pub mod network;
pub mod ordering;
pub mod owner;
pub mod pages;
pub mod palette;
pub mod perform;
pub mod permitted;
pub mod picked;
pub mod picker;
pub mod pointer;
pub mod prepare;
pub mod pulse;
pub mod reading;
pub mod readings;
pub mod saved;
pub mod state;
pub mod subject;
pub mod summary;
pub mod tab;
pub mod tables;
pub mod toast;
pub mod troubles;
pub mod update;
pub mod uses;
pub mod within;
