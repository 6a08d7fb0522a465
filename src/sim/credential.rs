//! Owns the credential plugin of the embedded fleet: the product's own binary plays it through a hidden subcommand.
//! Must not know the servers.

/// What the plugin prints and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// For standard output.
    pub stdout: String,
    /// For standard error.
    pub stderr: String,
    /// Exit code.
    pub code: u8,
}

/// Plays a credential plugin: `--token-file FILE` gives the token in it, as one with a cached login does; `--expired`
/// fails as an expired SSO login does.
pub fn run(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--token-file", file] => match std::fs::read_to_string(file) {
            Ok(token) => {
                let credential = serde_json::json!({
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "kind": "ExecCredential",
                    "status": {"token": token},
                });
                Outcome { stdout: format!("{credential}\n"), stderr: String::new(), code: 0 }
            }
            Err(error) => {
                let stderr = format!("error: no session: {error}\n");
                Outcome { stdout: String::new(), stderr, code: 1 }
            }
        },
        ["--expired"] => {
            let stderr = "error: the SSO session has expired; log in again with `corp-sso login --profile legacy`\n";
            Outcome { stdout: String::new(), stderr: stderr.to_owned(), code: 1 }
        }
        _ => {
            let stderr = "usage: sim-credential --token-file FILE | --expired\n".to_owned();
            Outcome { stdout: String::new(), stderr, code: 2 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_a_token_or_fails_as_asked() {
        let asked = |words: &[&str]| run(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "t").unwrap();
        let given = asked(&["--token-file", file.to_str().unwrap()]);
        let credential: serde_json::Value = serde_json::from_str(&given.stdout).unwrap();
        assert_eq!(credential["status"]["token"], "t");
        let expired = asked(&["--expired"]);
        assert!(expired.code == 1 && expired.stdout.is_empty() && expired.stderr.contains("expired"));
        assert_eq!(asked(&["--token-file", "/nowhere"]).code, 1);
        assert_eq!(asked(&[]).code, 2);
    }
}
