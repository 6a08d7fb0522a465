//! Reads the message out of an error answer: a Status object in JSON or protobuf, or plain text.
//!
//! Must not judge what the answer means: that is `failure`.

use super::redact::{LONGEST, one_line};
use super::wire::proto::Message;
use super::wire::proto_list::MAGIC;
use super::wire::status::Status;

/// Returns the server's own words as one bounded line, or `None` if the body holds none.
#[must_use]
pub fn message(body: &[u8]) -> Option<String> {
    let text = if let Some(unknown) = body.strip_prefix(MAGIC) {
        Status::visit(raw(unknown)?).ok()?.message
    } else {
        let text = String::from_utf8_lossy(body);
        match serde_json::from_str::<Status>(&text) {
            Ok(status) => status.message,
            Err(_) if text.trim_start().starts_with(['<', '{']) => return None,
            Err(_) => text.into_owned(),
        }
    };
    let line = one_line(&text, LONGEST);
    (!line.is_empty()).then_some(line)
}

/// Returns the object inside a `runtime.Unknown`.
fn raw(unknown: &[u8]) -> Option<&[u8]> {
    let mut message = Message::new(unknown);
    while let Some(field) = message.field().ok()? {
        if field.number == 2 {
            return field.bytes().ok();
        }
    }
    None
}

/// Returns the names of the checks that a readiness answer marks as failed: lines such as `[-]etcd failed`.
#[must_use]
pub fn failed_checks(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let failed = text.lines().filter_map(|line| line.trim().strip_prefix("[-]")?.split_whitespace().next());
    failed.map(|name| one_line(name, 60)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_json_status_is_read() {
        let body = br#"{"kind":"Status","message":"pods is forbidden: User \"x\" cannot list","code":403}"#;
        assert_eq!(message(body).unwrap(), "pods is forbidden: User \"x\" cannot list");
    }

    #[test]
    fn the_message_of_a_protobuf_status_is_read() {
        let mut status = vec![0x12, 7];
        status.extend_from_slice(b"Failure");
        status.extend_from_slice(&[0x1a, 9]);
        status.extend_from_slice(b"not found");
        let mut body = b"k8s\0".to_vec();
        body.extend_from_slice(&[0x12, u8::try_from(status.len()).unwrap()]);
        body.extend_from_slice(&status);
        assert_eq!(message(&body).unwrap(), "not found");
        assert_eq!(message(&body[..body.len() - 3]), None, "a truncated body has no message");
    }

    #[test]
    fn plain_text_is_the_message_and_a_web_page_is_not() {
        assert_eq!(message(b"404 page not found\n").unwrap(), "404 page not found");
        assert_eq!(message(b"<html><body>Log in</body></html>"), None);
    }

    #[test]
    fn failing_readiness_checks_are_named() {
        let body = b"[+]ping ok\n[-]etcd failed: reason withheld\n[-]informer-sync failed\nreadyz check failed";
        assert_eq!(failed_checks(body), ["etcd", "informer-sync"]);
    }
}
