//! A namespace as the sidebar and its table need it, and what one may be called. Must not know where the fields came from.

use std::sync::Arc;

use super::age::Unix;
use super::ids::Uid;

/// One namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceRow {
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `status.phase`: `Active` or `Terminating`.
    pub status: Arc<str>,
    /// `metadata.creationTimestamp`.
    pub created: Unix,
    /// When it is to be gone; `None` unless it is being deleted.
    pub deleting: Option<Unix>,
}

/// What a namespace's name is made of, for whoever typed another.
pub const UNNAMED: &str = "not a namespace's name: lower-case letters, digits, dashes";

/// Whether a text can be a namespace's name (RFC 1123 label).
#[must_use]
pub fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels() {
        assert!(["a", "team-a", "0", &"x".repeat(63)].into_iter().all(is_name));
        assert!(!["", "a b", "../nodes", "Team", "-a", "a-", "a.b", &"x".repeat(64)].into_iter().any(is_name));
    }
}
