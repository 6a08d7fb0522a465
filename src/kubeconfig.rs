//! Kubeconfig files: where they are, what they offer, and what one context needs to be reached.
//!
//! Every file is an island: nothing is ever merged with another file, and a broken entry spoils that entry alone.
//! Reads and watches files and nothing else; knows kube's configuration types, must not know networks, plugins or what
//! is open beyond ids it is told. All functions here block on the disk.
//!
//! [`mod@discover`] looks once; [`lookout`] keeps looking: [`watch`] tells it when, [`last_good`] keeps what a broken file
//! had, [`shape`] tells that it was cut off. [`store`] has each file parsed once, however many contexts it has.

pub mod discover;
pub mod entry;
pub mod file;
pub mod label;
pub mod last_good;
pub mod lookout;
pub mod resolve;
pub mod shape;
pub mod short_name;
pub mod store;
pub mod watch;

pub use discover::{Sources, discover};
pub use resolve::{Resolved, Unusable, resolve};
