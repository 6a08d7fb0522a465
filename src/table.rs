//! The table engine: one for every kind. Owns rows, their order, filters and cell texts.
//!
//! Knows `model` only. Must not know which table is on screen, how cells are coloured, or how wide the terminal is.

pub mod amend;
pub mod cell;
pub mod changes;
pub mod delta;
pub mod engine;
pub mod events;
pub mod export;
pub mod filter;
pub mod measure;
pub mod measured;
pub mod names;
pub mod namespaces;
pub mod natural;
pub mod nodes;
pub mod objects;
pub mod order;
pub mod pods;
pub mod query;
pub mod row;
pub mod sequence;
pub mod slab;
pub mod tally;
