//! From one object to pages a person can read: its YAML, its description, its events, what it is related to.
//!
//! Pure functions from JSON to lines. Must not know how the object was fetched, what has the keys, or any colour.

pub mod at;
pub mod containers;
pub mod describe;
pub mod doc;
pub mod events;
#[cfg(test)]
mod given;
pub mod page;
pub mod paths;
pub mod related;
pub mod release;
pub mod scalar;
pub mod section;
pub mod sheet;
pub mod value;
pub mod yaml;
