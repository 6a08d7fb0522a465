//! Opening clusters against servers that behave, misbehave, change their mind or are not there.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/api_server.rs"]
mod api_server;
#[path = "connect/failures.rs"]
mod failures;
#[path = "connect/life.rs"]
mod life;
#[path = "connect/login.rs"]
mod login;
