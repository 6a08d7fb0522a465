//! Requests for certificates: who asks for which name, in the words of the request itself. Must not judge them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::How::{Joined, Time, Word};
use super::Part::{self, Do, Field, May};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::sheet::Sheet;
use crate::model::age::duration;

/// A request to sign a certificate.
pub const REQUEST: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Joined),
    Field("Annotations", "metadata.annotations", Joined),
    Field("CreationTimestamp", "metadata.creationTimestamp", Time),
    Field("Requesting User", "spec.username", Word),
    May("Signer", "spec.signerName", Word),
    Do(lasting),
    Do(status),
    Do(subject),
];

/// The parts of a name by the last byte of their identifier (2.5.4.x), in the order they are told.
const PARTS: [(u8, &str); 9] = [
    (3, "Common Name"),
    (5, "Serial Number"),
    (10, "Organization"),
    (11, "Organizational Unit"),
    (6, "Country"),
    (7, "Locality"),
    (8, "Province"),
    (9, "StreetAddress"),
    (17, "PostalCode"),
];
/// Other names by their tag.
const NAMES: [(u8, &str); 4] = [(0x82, "DNS Names"), (0x81, "Email Addresses"), (0x86, "URIs"), (0x87, "IP Addresses")];
/// The attribute that holds the extensions asked for, and the extension that holds other names.
const EXTENSIONS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
const OTHER_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

fn lasting(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let seconds = at.path("spec.expirationSeconds");
    if !seconds.is_empty() {
        sheet.field("Requested Duration", duration(seconds.number()), seconds);
    }
}

fn status(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let conditions = at.path("status.conditions");
    let has = |kind: &str| conditions.items().any(|condition| condition.field("type").text() == kind);
    let (denied, failed) = (has("Denied"), has("Failed"));
    let word = match (denied, has("Approved")) {
        (true, _) => "Denied",
        (_, true) => "Approved",
        _ => "Pending",
    };
    let issued = if at.path("status.certificate").is_empty() { "" } else { ",Issued" };
    let text = format!("{word}{}{issued}", if failed { ",Failed" } else { "" });
    let ink = match word {
        _ if denied || failed => Ink::Bad,
        "Pending" => Ink::Warn,
        _ => Ink::Text,
    };
    sheet.toned("Status", text, ink, conditions.changed());
}

fn subject(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let request = at.path("spec.request");
    let Some(asked) = parse(request.text()) else {
        // Not shown raw: it says nothing to a person.
        let title = if request.is_empty() { "<unset>" } else { "not readable" };
        return sheet.toned("Request", title, Ink::Dim, request.changed());
    };
    let values = |of: &[(u8, String)], tag: u8| -> Vec<(String, bool)> {
        of.iter().filter(|(known, _)| *known == tag).map(|(_, text)| (text.clone(), request.changed())).collect()
    };
    sheet.heading("Subject");
    sheet.inside(|sheet| {
        for (tag, title) in PARTS {
            match values(&asked.subject, tag) {
                none if none.is_empty() && matches!(tag, 3 | 5) => sheet.field(title, "", request),
                none if none.is_empty() => {}
                some => sheet.values(title, some),
            }
        }
    });
    if !asked.names.is_empty() {
        sheet.heading("Subject Alternative Names");
        sheet.inside(|sheet| {
            for (tag, title) in NAMES {
                let some = values(&asked.names, tag);
                if !some.is_empty() {
                    sheet.values(title, some);
                }
            }
        });
    }
}

/// What a request says: the parts of its subject and its other names, each with its tag.
#[derive(Default)]
struct Asked {
    subject: Vec<(u8, String)>,
    names: Vec<(u8, String)>,
}

/// Reads a PKCS #10 request in PEM, wrapped in base64 as the API has it.
fn parse(request: &str) -> Option<Asked> {
    let pem = String::from_utf8(STANDARD.decode(request).ok()?).ok()?;
    let body: String =
        pem.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("-----")).collect();
    let bytes = STANDARD.decode(body).ok()?;
    let (_, outer) = Der(&bytes).next()?;
    let (_, info) = Der(outer).next()?;
    let mut info = Der(info).skip(1);
    let (_, subject) = info.next()?;
    let mut asked = Asked::default();
    for (_, set) in Der(subject) {
        for (_, pair) in Der(set) {
            let mut pair = Der(pair);
            if let (Some((6, [0x55, 4, part])), Some((_, text))) = (pair.next(), pair.next()) {
                asked.subject.push((*part, String::from_utf8_lossy(text).into_owned()));
            }
        }
    }
    // After the key, what is asked for besides.
    let attributes = info.nth(1).map(|(_, attributes)| attributes).unwrap_or_default();
    asked.names = other_names(attributes).unwrap_or_default();
    Some(asked)
}

fn other_names(attributes: &[u8]) -> Option<Vec<(u8, String)>> {
    let wanted = |all: &[u8], id: &[u8]| Der(all).next().is_some_and(|(tag, own)| tag == 6 && own == id);
    let (_, attribute) = Der(attributes).find(|(_, attribute)| wanted(attribute, EXTENSIONS))?;
    let (_, set) = Der(attribute).nth(1)?;
    let (_, extensions) = Der(set).next()?;
    let (_, extension) = Der(extensions).find(|(_, extension)| wanted(extension, OTHER_NAMES))?;
    let (_, value) = Der(extension).find(|(tag, _)| *tag == 4)?;
    let (_, names) = Der(value).next()?;
    let written = |(tag, bytes): (u8, &[u8])| match (tag, bytes.len()) {
        (0x87, 4) => (tag, std::net::Ipv4Addr::from(<[u8; 4]>::try_from(bytes).unwrap_or_default()).to_string()),
        (0x87, 16) => (tag, std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes).unwrap_or_default()).to_string()),
        _ => (tag, String::from_utf8_lossy(bytes).into_owned()),
    };
    Some(Der(names).map(written).collect())
}

/// Values one after another in DER: each with its tag and what it holds. Ends where it is not well-formed.
struct Der<'a>(&'a [u8]);

impl<'a> Iterator for Der<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], mut rest) = self.0.split_first_chunk::<2>()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.len() > 3 {
                return None;
            }
            length = digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit));
            rest = after;
        }
        let (held, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((tag, held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl req -new -newkey ec -subj "/O=system:nodes/O=more/CN=system:node:foo/OU=unit"`, with other names.
    const PEM: &str = "-----BEGIN CERTIFICATE REQUEST-----\n\
        MIIBOTCB4AIBADBPMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxDTALBgNVBAoMBG1v\n\
        cmUxGDAWBgNVBAMMD3N5c3RlbTpub2RlOmZvbzENMAsGA1UECwwEdW5pdDBZMBMG\n\
        ByqGSM49AgEGCCqGSM49AwEHA0IABNgBO88l4LwuxShUxb4txOIJpcpC82AUYVCp\n\
        fJADbFiZLT3Kd2Bln+fo0QtAnlDJcuLuyAlkMLCRSC8IlSo73JmgLzAtBgkqhkiG\n\
        9w0BCQ4xIDAeMBwGA1UdEQQVMBOCC2Zvby5leGFtcGxlhwQKAAABMAoGCCqGSM49\n\
        BAMCA0gAMEUCIQDJEckWvhbDYmLWEO0smwzCknrelgG1PkZXrOjtqcnpggIgCl0L\n\
        Y7NW5UgpUlrDgeQV8PScoF9cdv6KuivlUX9y7+Q=\n\
        -----END CERTIFICATE REQUEST-----\n";

    #[test]
    fn a_request_tells_its_subject_and_its_other_names() {
        let asked = parse(&STANDARD.encode(PEM)).unwrap();
        let texts = |all: &[(u8, String)]| all.iter().map(|(tag, text)| format!("{tag} {text}")).collect::<Vec<_>>();
        assert_eq!(texts(&asked.subject), ["10 system:nodes", "10 more", "3 system:node:foo", "11 unit"]);
        assert_eq!(texts(&asked.names), ["130 foo.example", "135 10.0.0.1"]);
    }

    #[test]
    fn what_is_no_request_is_told_as_none_and_harms_nobody() {
        for hostile in ["", "!", "AAAA", &STANDARD.encode(PEM.get(..200).unwrap_or_default())] {
            let _ = parse(hostile);
        }
        for length in 0..64 {
            let bytes = vec![0x30; length];
            let _ = parse(&STANDARD.encode(format!("-----\n{}\n-----", STANDARD.encode(&bytes))));
            assert!(Der(&bytes).count() <= length);
        }
    }
}
