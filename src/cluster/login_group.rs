//! Which credential plugins need one and the same login: those that differ only in the cluster they name.
//!
//! Knows the arguments of well-known plugins. Must not run anything, nor let a secret into a key.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// Arguments that name the cluster, by a part of the program's name. Where it lies goes with it.
const CLUSTER_FLAGS: [(&str, &[&str]); 7] = [
    ("aws-iam-authenticator", &["-i", "--cluster-id", "--region"]),
    ("aws", &["--cluster-name", "--cluster-id", "--region"]),
    ("gke-gcloud-auth-plugin", &["--cluster", "--location", "--project"]),
    ("tsh", &["--kube-cluster"]),
    ("oci", &["--cluster-id", "--region"]),
    ("kubelogin", &["--cluster"]),
    ("doctl", &["--cluster-id"]),
];

/// Returns a key that is equal for plugins that are the same but for the cluster they name: the program's name and a
/// hash of the rest.
#[must_use]
pub fn key(command: &str, args: &[String], env: &[(String, String)]) -> String {
    let program = Path::new(command).file_stem().and_then(|name| name.to_str()).unwrap_or(command);
    let mut env: Vec<_> = env.iter().collect();
    env.sort();
    let mut hasher = DefaultHasher::new();
    (command, without_cluster(program, args), env).hash(&mut hasher);
    format!("{program}-{:016x}", hasher.finish())
}

fn without_cluster<'a>(program: &str, args: &'a [String]) -> Vec<&'a str> {
    let flags = CLUSTER_FLAGS.iter().find(|(name, _)| program == *name).map_or(&[][..], |(_, flags)| *flags);
    let mut rest = Vec::new();
    let mut args = args.iter().map(String::as_str).peekable();
    let mut names_cluster = false;
    while let Some(arg) = args.next() {
        let (name, value) = arg.split_once('=').map_or((arg, None), |(name, value)| (name, Some(value)));
        if flags.contains(&name) {
            if value.is_none() {
                args.next();
            }
            continue;
        }
        // `doctl kubernetes cluster kubeconfig exec-credential ... CLUSTER` names it without a flag.
        if program == "doctl" && names_cluster && !arg.starts_with('-') && args.peek().is_none() {
            continue;
        }
        names_cluster |= arg == "exec-credential";
        rest.push(arg);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(line: &str) -> String {
        let mut words = line.split(' ').map(str::to_owned);
        let command = words.next().unwrap();
        key(&command, &words.collect::<Vec<_>>(), &[])
    }

    #[test]
    fn well_known_plugins_are_grouped_whatever_cluster_they_name() {
        let pairs = [
            (
                "aws --profile corp --region eu-west-1 eks get-token --cluster-name a --output json",
                "aws --profile corp --region us-east-1 eks get-token --cluster-name b --output json",
            ),
            ("aws eks get-token --cluster-name=a", "aws eks get-token --cluster-name=b"),
            ("/opt/bin/aws-iam-authenticator token -i a", "/opt/bin/aws-iam-authenticator token -i b"),
            ("gke-gcloud-auth-plugin", "gke-gcloud-auth-plugin"),
            ("tsh kube credentials --kube-cluster=a --proxy=p", "tsh kube credentials --kube-cluster=b --proxy=p"),
            (
                "doctl kubernetes cluster kubeconfig exec-credential --version=v1beta1 --context=default 1-a",
                "doctl kubernetes cluster kubeconfig exec-credential --version=v1beta1 --context=default 2-b",
            ),
        ];
        for (one, other) in pairs {
            assert_eq!(group(one), group(other), "{one}");
        }
    }

    #[test]
    fn another_profile_issuer_or_environment_is_another_login() {
        let pairs = [
            ("aws --profile a eks get-token --cluster-name c", "aws --profile b eks get-token --cluster-name c"),
            (
                "kubelogin get-token --login azurecli --server-id 6 --tenant-id a",
                "kubelogin get-token --login azurecli --server-id 6 --tenant-id b",
            ),
            ("tsh kube credentials --proxy=p", "tsh kube credentials --proxy=q"),
            ("doctl --context=a exec-credential x", "doctl --context=b exec-credential x"),
            ("own-tool --cluster-name a", "own-tool --cluster-name b"),
            ("/a/aws eks get-token", "/b/aws eks get-token"),
        ];
        for (one, other) in pairs {
            assert_ne!(group(one), group(other), "{one}");
        }
        let env = |profile: &str| key("aws", &[], &[("AWS_PROFILE".to_owned(), profile.to_owned())]);
        assert_ne!(env("a"), env("b"));
    }

    #[test]
    fn a_key_holds_no_secret() {
        let key = key("helper", &["--token=hunter2".to_owned()], &[("PASSWORD".to_owned(), "hunter3".to_owned())]);
        assert!(key.starts_with("helper-") && !key.contains("hunter"), "{key}");
    }
}
