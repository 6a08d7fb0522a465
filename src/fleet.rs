//! All open clusters as running tasks. Knows how a selection becomes running clusters; must not know what they tell,
//! nor what is on screen.
//!
//! All that changes which clusters run goes through [`coordinator`]: the user, a restored session, the kubeconfig
//! watcher. Recovery of a login and rebuilding of a transport happen inside the cluster's own task tree, around the
//! same credentials; they start and stop nothing here.

pub mod coordinator;
pub mod executor;
pub mod intent;
pub mod lanes;
pub mod metrics;
pub mod pipeline;
pub mod wishes;
