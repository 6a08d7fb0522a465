//! Reads the message out of an error answer: a Status object in JSON or protobuf, or plain text.
//!
//! Must not judge what the answer means: that is `failure`.

use serde::Deserialize;

use super::redact::{LONGEST, one_line};

/// Returns the server's own words as one bounded line, or `None` if the body holds none.
#[must_use]
pub fn message(body: &[u8]) -> Option<String> {
    let text = if let Some(unknown) = body.strip_prefix(b"k8s\0") {
        let status = bytes_field(unknown, 2)?;
        String::from_utf8_lossy(bytes_field(status, 3)?).into_owned()
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

/// Returns the names of the checks that a readiness answer marks as failed: lines such as `[-]etcd failed`.
#[must_use]
pub fn failed_checks(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let failed = text.lines().filter_map(|line| line.trim().strip_prefix("[-]")?.split_whitespace().next());
    failed.map(|name| one_line(name, 60)).collect()
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    message: String,
}

/// Finds the first length-delimited protobuf field of that number. `None` if it is absent or the bytes are cut off.
fn bytes_field(mut bytes: &[u8], number: u64) -> Option<&[u8]> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match key & 7 {
            0 => drop(varint(&mut bytes)?),
            1 => bytes = bytes.get(8..)?,
            5 => bytes = bytes.get(4..)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let value = bytes.get(..length)?;
                if key >> 3 == number {
                    return Some(value);
                }
                bytes = bytes.get(length..)?;
            }
            _ => return None,
        }
    }
    None
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
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
