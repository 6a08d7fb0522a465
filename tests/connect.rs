//! Opening clusters against servers that behave, misbehave, change their mind or are not there.

#[path = "support/api_server.rs"]
mod api_server;
#[path = "connect/failures.rs"]
mod failures;
#[path = "connect/life.rs"]
mod life;
