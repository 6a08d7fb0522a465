//! Every kind a server serves, over the real client and the embedded API servers: discovery, and reading what is looked
//! at.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/api_server.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod api_server;
#[path = "kinds/columns.rs"]
mod columns;
#[path = "kinds/counting.rs"]
mod counting;
#[path = "kinds/discovery.rs"]
mod discovery;
#[path = "kinds/looking.rs"]
mod looking;
#[path = "kinds/permitted.rs"]
mod permitted;
#[path = "kinds/selecting.rs"]
mod selecting;
#[path = "kinds/stage.rs"]
mod stage;
#[path = "kinds/troubles.rs"]
mod troubles;
