//! All open clusters as running tasks. Knows how a selection becomes running clusters; must not know what they tell,
//! nor what is on screen.

pub mod coordinator;
