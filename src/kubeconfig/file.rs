//! Reads one file: is it a kubeconfig, and if so, what are its entries? Must not judge whether a context is usable.
//!
//! kube decodes a file as a whole or not at all. That is tried first, because it is exact; only a file it refuses is
//! decoded entry by entry, so that one malformed user does not hide fifty good contexts.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::shape::Shape;
use super::store::Store;

/// Larger files are no kubeconfigs. Unit: bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

const NEITHER: &str = "it has neither `kind: Config` nor `contexts`";

/// What one entry of a list is: its name and its content, or what is wrong with it.
pub type Named<T> = (String, Result<T, String>);

/// A kubeconfig file's entries, in file order, paths as written.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// `contexts`.
    pub contexts: Vec<Named<Context>>,
    /// `clusters`.
    pub clusters: Vec<Named<Cluster>>,
    /// `users`.
    pub users: Vec<Named<AuthInfo>>,
    /// `current-context`; empty if unset.
    pub current: String,
    /// How much of it is there.
    pub shape: Shape,
}

/// What the latest files were parsed to.
static PARSED: Store<Reading> = Store::new();

/// What a path turned out to be.
#[derive(Clone, Debug)]
pub enum Reading {
    /// A kubeconfig.
    Kubeconfig(Arc<File>),
    /// A kubeconfig that cannot be used as a whole, and why.
    Unusable(String),
    /// Something else, and what: a lower-case fragment.
    Other(&'static str),
    /// Nothing is there, or it cannot be read: a lower-case fragment.
    Unreadable(String),
}

/// Reads a path. Never waits on a pipe or socket, never reads more than 2 MB. What has been parsed already is not parsed again.
#[must_use]
pub fn read(path: &Path) -> Reading {
    match load(path) {
        Ok(text) => PARSED.get(path, &text, parse),
        Err(reading) => reading,
    }
}

fn load(path: &Path) -> Result<String, Reading> {
    let unreadable = |error: std::io::Error| Reading::Unreadable(reason(&error).to_owned());
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Reading::Other("not a regular file"));
    }
    if metadata.len() > LARGEST {
        return Err(Reading::Other("larger than 2 MB"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    text(&bytes).ok_or(Reading::Other("not a text file"))
}

/// Says in plain words why a file could not be read.
#[must_use]
pub fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist",
        std::io::ErrorKind::PermissionDenied => "may not be read (permission denied)",
        std::io::ErrorKind::IsADirectory => "is a folder",
        _ => "cannot be read",
    }
}

/// Decodes UTF-8 or, with a byte order mark, UTF-16 (as editors on Windows write it).
fn text(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ if bytes.contains(&0) => None,
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// Says what keeps a file that is no kubeconfig, but was one or is meant to be one, from being read; `None` if it can be.
#[must_use]
pub fn fault(path: &Path) -> Option<String> {
    let text = load(path).ok()?;
    serde_saphyr::from_multiple::<Value>(&text).err().map(|error| not_yaml(&error))
}

/// The library's message may quote the text, which may be a secret: only the place is told.
fn not_yaml(error: &serde_saphyr::Error) -> String {
    let place = error.location().map(|place| format!(" (line {})", place.line())).unwrap_or_default();
    format!("not valid YAML{place}")
}

/// Reads the text of a file.
#[must_use]
pub fn parse(text: &str) -> Reading {
    // Most files beside a kubeconfig are ruled out without parsing them.
    if !text.contains("contexts") && !text.contains("Config") {
        return Reading::Other(NEITHER);
    }
    if let Ok(kubeconfig) = Kubeconfig::from_yaml(text)
        && (kubeconfig.kind.as_deref() == Some("Config") || !kubeconfig.contexts.is_empty())
    {
        return decoded(text, whole(kubeconfig));
    }
    let documents = match serde_saphyr::from_multiple::<Value>(text) {
        Ok(documents) => documents,
        Err(error) if looks_like_kubeconfig(text) => return Reading::Unusable(not_yaml(&error)),
        Err(_) => return Reading::Other("not valid YAML"),
    };
    let ours: Vec<&Value> = documents.iter().filter(|document| is_kubeconfig(document)).collect();
    if ours.is_empty() {
        return Reading::Other(NEITHER);
    }
    decoded(text, piecemeal(&ours))
}

fn decoded(text: &str, mut file: File) -> Reading {
    file.shape = Shape::of(text, &file);
    // What has no name cannot be named.
    file.contexts.retain(|(name, _)| !name.is_empty());
    Reading::Kubeconfig(Arc::new(file))
}

/// Finds an entry by name; of several the first, as kubectl has it.
pub(super) fn first<'a, T>(list: &'a [Named<T>], name: &str) -> Option<&'a Result<T, String>> {
    list.iter().find(|(candidate, _)| candidate == name).map(|(_, content)| content)
}

fn is_kubeconfig(document: &Value) -> bool {
    document
        .as_object()
        .is_some_and(|map| map.get("kind").and_then(Value::as_str) == Some("Config") || map.contains_key("contexts"))
}

/// Tells from its lines alone whether a broken file was meant to be a kubeconfig.
fn looks_like_kubeconfig(text: &str) -> bool {
    text.lines().any(|line| {
        line.starts_with("contexts:")
            || line.strip_prefix("kind:").is_some_and(|kind| kind.trim().trim_matches(['"', '\'']) == "Config")
    })
}

fn whole(kubeconfig: Kubeconfig) -> File {
    let missing = || "is empty".to_owned();
    File {
        contexts: kubeconfig
            .contexts
            .into_iter()
            .map(|named| (named.name, named.context.ok_or_else(missing)))
            .collect(),
        clusters: kubeconfig
            .clusters
            .into_iter()
            .map(|named| (named.name, named.cluster.ok_or_else(missing)))
            .collect(),
        users: kubeconfig
            .auth_infos
            .into_iter()
            .map(|named| (named.name, Ok(named.auth_info.unwrap_or_default())))
            .collect(),
        current: kubeconfig.current_context.unwrap_or_default(),
        shape: Shape::default(),
    }
}

fn piecemeal(documents: &[&Value]) -> File {
    let mut file = File::default();
    for document in documents {
        file.contexts.extend(entries(document, "contexts", "context"));
        file.clusters.extend(entries(document, "clusters", "cluster"));
        file.users.extend(entries(document, "users", "user"));
        if file.current.is_empty() {
            file.current = document.get("current-context").map(scalar).unwrap_or_default();
        }
    }
    file
}

fn entries<T: DeserializeOwned>(document: &Value, list: &str, content: &str) -> Vec<Named<T>> {
    let entries = document.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = entries.iter().map(|entry| {
        let name = entry.get("name").map(scalar).unwrap_or_default();
        let value = entry.get(content).cloned().unwrap_or_default();
        let decoded = match &value {
            Value::Null => Err("is empty".to_owned()),
            // A context without a cluster has to decode, so that it can be said what it lacks.
            Value::Object(map) if list == "contexts" && !map.contains_key("cluster") => {
                Err("names no cluster".to_owned())
            }
            _ => serde_json::from_value(texts(value.clone())).map_err(|_| wrong_field::<T>(&value)),
        };
        (name, decoded)
    });
    named.collect()
}

/// Names the first field that keeps an entry from being decoded; never its value.
fn wrong_field<T: DeserializeOwned>(value: &Value) -> String {
    let Value::Object(map) = value else { return "is not a mapping".to_owned() };
    let wrong = map.keys().find(|key| {
        let mut without = map.clone();
        without.remove(*key);
        serde_json::from_value::<T>(texts(Value::Object(without))).is_ok()
    });
    match wrong {
        Some(field) => format!("has a malformed {field}"),
        None => "is malformed".to_owned(),
    }
}

/// Turns numbers into text, as kubectl does where text is wanted (`namespace: 1234`). Extensions stay as they are.
fn texts(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => Value::Array(items.into_iter().map(texts).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| if key == "extensions" { (key, value) } else { (key, texts(value)) })
                .collect(),
        ),
        other => other,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig(text: &str) -> Arc<File> {
        match parse(text) {
            Reading::Kubeconfig(file) => file,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_mapping_with_kind_config_or_contexts_is_a_kubeconfig() {
        assert!(matches!(parse("kind: Config\n"), Reading::Kubeconfig(_)));
        assert!(matches!(parse("contexts: []\n"), Reading::Kubeconfig(_)));
        assert!(matches!(parse(r#"{"kind": "Config", "contexts": null}"#), Reading::Kubeconfig(_)));
        for other in ["kind: ConfigMap\n", "- contexts\n", "contexts and prose", "Config: {", ""] {
            assert!(matches!(parse(other), Reading::Other(_)), "{other:?}");
        }
    }

    #[test]
    fn broken_yaml_that_was_meant_to_be_one_says_where_and_quotes_nothing() {
        let Reading::Unusable(reason) = parse("kind: Config\nusers:\n- name: [hunter2\ncontexts: []\n") else {
            panic!()
        };
        assert!(reason.starts_with("not valid YAML (line "), "{reason}");
        assert!(!reason.contains("hunter2"), "{reason}");
    }

    #[test]
    fn one_malformed_user_does_not_hide_the_other_entries() {
        let text = "kind: Config\ncurrent-context: a\ncontexts:\n- name: a\n  context: {cluster: c, user: good}\n- name: b\n  context: {}\n\
            clusters:\n- name: c\n  cluster: {server: 'https://x', insecure-skip-tls-verify: maybe}\n\
            users:\n- name: bad\n  user: {exec: {interactiveMode: Sometimes}}\n- name: good\n  user: {token: 1234}\n";
        let file = kubeconfig(text);
        assert_eq!(file.current, "a");
        assert!(file.contexts[0].1.is_ok());
        assert_eq!(file.contexts[1].1.as_ref().unwrap_err(), "names no cluster");
        assert_eq!(file.clusters[0].1.as_ref().unwrap_err(), "has a malformed insecure-skip-tls-verify");
        assert_eq!(file.users[0].1.as_ref().unwrap_err(), "has a malformed exec");
        assert!(file.users[1].1.is_ok());
    }

    #[test]
    fn numbers_that_are_names_stay_as_written() {
        let file = kubeconfig("contexts:\n- name: 007\n  context: {cluster: 1e3}\n");
        assert_eq!(file.contexts[0].0, "007");
        assert_eq!(file.contexts[0].1.as_ref().unwrap().cluster, "1e3");
    }

    #[test]
    fn a_context_without_a_name_is_none_whether_or_not_the_rest_is_well_formed() {
        let nameless =
            "kind: Config\ncontexts:\n- name: ''\n  context: {cluster: c}\n- name: a\n  context: {cluster: c}\n";
        for text in [
            nameless.to_owned(),
            format!("{nameless}users:\n- name: u\n  user: {{exec: {{interactiveMode: Never}}}}\n"),
        ] {
            let names: Vec<String> = kubeconfig(&text).contexts.iter().map(|(name, _)| name.clone()).collect();
            assert_eq!(names, ["a"]);
        }
    }

    #[test]
    fn a_file_is_parsed_once_for_as_long_as_it_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let Reading::Kubeconfig(file) = read(&path) else { panic!("{text:?}") };
            file
        };
        let first = read("kind: Config\ncurrent-context: a\n");
        assert!(Arc::ptr_eq(&first, &read("kind: Config\ncurrent-context: a\n")));
        assert_eq!(read("kind: Config\ncurrent-context: b\n").current, "b");
    }

    #[test]
    fn utf_16_with_a_byte_order_mark_is_read() {
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("kind: Config".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(text(&wide).unwrap(), "kind: Config");
        assert_eq!(text(b"\0\x01binary"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in "(kind: Config\n)?(contexts:\n)?[ -~\n]{0,200}") {
            let _ = parse(&text);
        }
    }
}
