//! The server's version. Must not decide when to ask.

use std::time::Duration;

use serde::Deserialize;

use super::connection::Connection;
use super::redact::one_line;
use crate::model::failure::Failure;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

/// Asks for the version, all within `limit`; the answer reads like `v1.36.2`.
pub async fn version(connection: &Connection, limit: Duration) -> Result<String, Failure> {
    let version: Version = connection.get_json("/version", limit).await?;
    Ok(one_line(&version.git_version, 60))
}
