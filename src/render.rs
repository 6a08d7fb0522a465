//! From the view model to the terminal: one thread, one slot, one theme. Must not know the state or what things mean
//! beyond their tone.

pub mod paint;
pub mod palette;
pub mod screen;
pub mod slot;
pub mod surface;
pub mod theme;
pub mod thread;
