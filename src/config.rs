//! Settings with their sources, and the state file. Must not know clusters' data or the screen.

pub mod choice;
pub mod file;
pub mod glob;
pub mod load;
pub mod merged;
pub mod problem;
pub mod setting;
pub mod settings;
pub mod state;
pub mod value;
