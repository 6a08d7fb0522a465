//! Makes one cluster or user entry ready for use: paths absolute, empty fields gone, files read and looked at.
//!
//! What is wrong comes back as a lower-case fragment that names fields and paths, never contents. Must not know lists
//! of entries, nor connect anywhere.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use kube::config::{AuthInfo, Cluster};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::file::reason;

/// Certificates, keys and tokens are smaller than this. Unit: bytes.
const LARGEST: u64 = 1024 * 1024;

/// Fields that mean the same empty and absent, as they do for kubectl.
const OPTIONAL: [&str; 14] = [
    "certificate-authority",
    "certificate-authority-data",
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "tokenFile",
    "proxy-url",
    "tls-server-name",
    "as",
    "as-uid",
    "token",
    "username",
    "password",
];

/// A user entry ready for use.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// The entry, without `tokenFile`: its content is in `token`.
    pub auth: AuthInfo,
    /// The files its credentials come from, to notice a change.
    pub files: Vec<PathBuf>,
}

/// Makes a cluster entry ready. `with_certificate`: its user presents one, so an address without a scheme means TLS.
pub fn cluster(entry: &Cluster, folder: &Path, with_certificate: bool) -> Result<(Cluster, Vec<PathBuf>), String> {
    let mut fields = fields(entry)?;
    let mut files = Vec::new();
    let ca = pem(&mut fields, "certificate-authority", folder, &mut files)?;
    if ca.is_some_and(|pem| !has_block(&pem, "CERTIFICATE")) {
        return Err("certificate-authority holds no certificate".to_owned());
    }
    let tls = with_certificate
        || ["certificate-authority", "certificate-authority-data"].iter().any(|field| fields.contains_key(*field))
        || fields.get("insecure-skip-tls-verify") == Some(&Value::Bool(true));
    let server = fields.get("server").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let server = address(server, tls)?;
    fields.insert("server".to_owned(), Value::String(server));
    if let Some(proxy) = fields.get("proxy-url").and_then(Value::as_str) {
        check_proxy(proxy)?;
    }
    Ok((entry_of(fields)?, files))
}

/// Makes a user entry ready, reading its token file and looking at its certificate and key.
pub fn user(entry: &AuthInfo, folder: &Path) -> Result<User, String> {
    let mut fields = fields(entry)?;
    let mut files = Vec::new();
    let certificate = pem(&mut fields, "client-certificate", folder, &mut files)?;
    let key = pem(&mut fields, "client-key", folder, &mut files)?;
    match (certificate, key) {
        (Some(_), None) => return Err("has a client-certificate but no client-key".to_owned()),
        (None, Some(_)) => return Err("has a client-key but no client-certificate".to_owned()),
        (Some(pem), _) if !has_block(&pem, "CERTIFICATE") => {
            return Err("client-certificate holds no certificate".to_owned());
        }
        (_, Some(pem)) if !has_block(&pem, "PRIVATE KEY") => return Err("client-key holds no private key".to_owned()),
        _ => {}
    }
    if let Some(path) = fields.remove("tokenFile").as_ref().and_then(Value::as_str) {
        let path = folder.join(path);
        let token = contents(&path).map_err(|why| format!("tokenFile {} {why}", path.display()))?;
        let token = String::from_utf8(token).map_err(|_| format!("tokenFile {} is not text", path.display()))?;
        if token.trim().is_empty() {
            return Err(format!("tokenFile {} is empty", path.display()));
        }
        // Tools end the file with a newline, which cannot be sent in a header.
        fields.entry("token").or_insert_with(|| Value::String(token.trim().to_owned()));
        files.push(path);
    }
    if let Some(token) = fields.get("token").and_then(Value::as_str).map(|token| token.trim().to_owned()) {
        if !can_be_sent(&token) {
            return Err("has a token with characters that cannot be sent".to_owned());
        }
        fields.insert("token".to_owned(), Value::String(token));
    }
    if let Some(provider) = fields.get("auth-provider") {
        check_provider(provider)?;
    }
    if let Some(Value::Object(exec)) = fields.get_mut("exec") {
        let command = exec.get("command").and_then(Value::as_str).unwrap_or_default().to_owned();
        if command.is_empty() {
            return Err("has a credential plugin without a command".to_owned());
        }
        if command.contains(['/', std::path::MAIN_SEPARATOR]) {
            exec.insert("command".to_owned(), text(&folder.join(command))?);
        }
    }
    Ok(User { auth: entry_of(fields)?, files })
}

/// Returns an entry's fields, without those that are empty text: they mean the same as absent ones.
fn fields(entry: &impl Serialize) -> Result<Map<String, Value>, String> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(entry) else { return Err("is malformed".to_owned()) };
    fields.retain(|name, value| !(OPTIONAL.contains(&name.as_str()) && value.as_str() == Some("")));
    Ok(fields)
}

fn entry_of<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|_| "is malformed".to_owned())
}

/// Returns the PEM that `FIELD-data` or else the file `FIELD` holds, and makes both ready for kube.
fn pem(
    fields: &mut Map<String, Value>,
    field: &str,
    folder: &Path,
    files: &mut Vec<PathBuf>,
) -> Result<Option<Vec<u8>>, String> {
    let data = format!("{field}-data");
    if let Some(encoded) = fields.get(&data).and_then(Value::as_str) {
        // YAML may fold long lines; kube's decoder takes no blanks.
        let encoded: String = encoded.split_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(&encoded);
        let decoded = decoded.map_err(|_| format!("{data} is not valid base64"))?;
        fields.insert(data, Value::String(encoded));
        fields.remove(field);
        return Ok(Some(decoded));
    }
    let Some(path) = fields.get(field).and_then(Value::as_str).map(|path| folder.join(path)) else { return Ok(None) };
    let pem = contents(&path).map_err(|why| format!("{field} {} {why}", path.display()))?;
    fields.insert(field.to_owned(), text(&path)?);
    files.push(path);
    Ok(Some(pem))
}

fn text(path: &Path) -> Result<Value, String> {
    let path = path.to_str().ok_or_else(|| format!("the path {} is not UTF-8", path.display()))?;
    Ok(Value::String(path.to_owned()))
}

fn contents(path: &Path) -> Result<Vec<u8>, &'static str> {
    let metadata = std::fs::metadata(path).map_err(|error| reason(&error))?;
    if !metadata.is_file() {
        return Err("is not a regular file");
    }
    if metadata.len() > LARGEST {
        return Err("is larger than 1 MB");
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| reason(&error))?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    Ok(bytes)
}

/// Tells whether the text has a PEM block whose label ends so (`RSA PRIVATE KEY` ends in `PRIVATE KEY`).
fn has_block(pem: &[u8], label: &str) -> bool {
    let pem = String::from_utf8_lossy(pem);
    pem.lines().any(|line| {
        line.trim().strip_prefix("-----BEGIN ").is_some_and(|rest| rest.ends_with(&format!("{label}-----")))
    })
}

/// Tells whether a token fits into a header. kube's client builder panics on one that does not.
#[must_use]
pub fn can_be_sent(token: &str) -> bool {
    token.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Tells whether a user has a token or password, which wins over a plugin beside it, as for client-go.
#[must_use]
pub fn has_own_credentials(auth: &AuthInfo) -> bool {
    auth.token.is_some() || (auth.username.is_some() && auth.password.is_some())
}

/// Checks a server's address and adds the scheme that kubectl would.
fn address(server: &str, tls: bool) -> Result<String, String> {
    if server.is_empty() {
        return Err("has no server address".to_owned());
    }
    let full = match (server.contains("://"), tls) {
        (true, _) => server.to_owned(),
        (false, true) => format!("https://{server}"),
        (false, false) => format!("http://{server}"),
    };
    let malformed = || format!("has a malformed server address ({})", shown(server));
    let uri: http::Uri = full.parse().map_err(|_| malformed())?;
    let usable = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    if usable { Ok(full) } else { Err(malformed()) }
}

fn check_proxy(proxy: &str) -> Result<(), String> {
    let uri: http::Uri = proxy.parse().map_err(|_| "has a malformed proxy-url".to_owned())?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") => Ok(()),
        Some(scheme) => Err(format!("has a proxy-url of kind {scheme}; http, https and socks5 are supported")),
        None => Err("has a proxy-url without a scheme".to_owned()),
    }
}

fn check_provider(provider: &Value) -> Result<(), String> {
    match provider.get("name").and_then(Value::as_str).unwrap_or_default() {
        "oidc" | "gcp" => Ok(()),
        "azure" => Err("uses the auth-provider azure, which is gone: use the credential plugin kubelogin".to_owned()),
        other => Err(format!("uses an unknown auth-provider ({})", shown(other))),
    }
}

/// Returns a value from the file fit for a message: without userinfo, control characters or excess length.
fn shown(text: &str) -> String {
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    text.chars().filter(|letter| !letter.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_server(server: &str) -> Cluster {
        Cluster { server: Some(server.to_owned()), ..Cluster::default() }
    }

    #[test]
    fn an_address_without_a_scheme_gets_the_one_kubectl_would_use() {
        let server =
            |text, tls| cluster(&with_server(text), Path::new("/"), tls).map(|(cluster, _)| cluster.server.unwrap());
        assert_eq!(server("localhost:8080", false).unwrap(), "http://localhost:8080");
        assert_eq!(server("10.0.0.1:6443", true).unwrap(), "https://10.0.0.1:6443");
        assert_eq!(server("", false).unwrap_err(), "has no server address");
        assert!(server("https://", false).is_err());
        assert!(server("ftp://host", false).is_err());
        assert_eq!(server("https://a b", false).unwrap_err(), "has a malformed server address (https://a b)");
    }

    #[test]
    fn certificates_and_keys_come_in_pairs_and_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("c.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
        std::fs::write(folder.path().join("k.pem"), "-----BEGIN EC PRIVATE KEY-----\n").unwrap();
        let pair = |certificate: Option<&str>, key: Option<&str>| {
            let owned = |path: Option<&str>| path.map(str::to_owned);
            let entry =
                AuthInfo { client_certificate: owned(certificate), client_key: owned(key), ..AuthInfo::default() };
            user(&entry, folder.path())
        };
        let good = pair(Some("c.pem"), Some("k.pem")).unwrap();
        assert_eq!(good.auth.client_key.unwrap(), folder.path().join("k.pem").to_str().unwrap());
        assert_eq!(good.files.len(), 2);
        assert!(pair(Some("c.pem"), None).unwrap_err().contains("no client-key"));
        assert!(pair(Some("c.pem"), Some("c.pem")).unwrap_err().contains("holds no private key"));
        assert!(pair(Some("gone.pem"), Some("k.pem")).unwrap_err().ends_with("gone.pem does not exist"));
        assert!(pair(Some(""), Some("")).is_ok(), "empty means absent");
    }

    #[test]
    fn a_token_file_is_read_relative_to_the_kubeconfig_and_trimmed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "abc\n").unwrap();
        let entry = |path: &str| AuthInfo { token_file: Some(path.to_owned()), ..AuthInfo::default() };
        let ready = user(&entry("token"), folder.path()).unwrap();
        assert_eq!(serde_json::to_value(&ready.auth).unwrap()["token"], "abc");
        assert_eq!(ready.auth.token_file, None);
        assert!(user(&entry("gone"), folder.path()).unwrap_err().ends_with("does not exist"));
        assert!(user(&entry("."), folder.path()).unwrap_err().ends_with("is not a regular file"));
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_refused_before_kube_panics_on_it() {
        let entry = |token: &str| AuthInfo { token: Some(token.to_owned().into()), ..AuthInfo::default() };
        assert!(user(&entry("good\n"), Path::new("/")).is_ok(), "blanks at the ends are trimmed");
        assert!(user(&entry("go\nod"), Path::new("/")).unwrap_err().contains("cannot be sent"));
    }

    #[test]
    fn plugins_need_a_command_and_only_paths_are_made_absolute() {
        let entry = |command: Option<&str>| {
            let exec = kube::config::ExecConfig { command: command.map(str::to_owned), ..Default::default() };
            AuthInfo { exec: Some(exec), ..AuthInfo::default() }
        };
        let command = |text| user(&entry(Some(text)), Path::new("/f")).unwrap().auth.exec.unwrap().command.unwrap();
        assert_eq!(command("aws"), "aws");
        assert_eq!(command("./bin/login"), "/f/./bin/login");
        assert!(user(&entry(None), Path::new("/f")).unwrap_err().contains("without a command"));
    }

    #[test]
    fn unknown_auth_providers_are_named() {
        let provider = kube::config::AuthProviderConfig { name: "keystone".into(), ..Default::default() };
        let entry = AuthInfo { auth_provider: Some(provider), ..AuthInfo::default() };
        assert_eq!(user(&entry, Path::new("/")).unwrap_err(), "uses an unknown auth-provider (keystone)");
    }
}
