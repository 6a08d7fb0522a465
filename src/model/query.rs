//! What may stand in the query of an API path. Must not know what is asked.

/// Percent-encodes whatever is not certainly harmless in a query.
pub fn escape(text: &str) -> String {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes()
        .map(|byte| if harmless(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
