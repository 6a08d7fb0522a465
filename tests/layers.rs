//! The layer rule: who may know whom. Reads the sources, so that the folder tree alone tells how data flows.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may use of this crate, besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("table", &["model"]),
    ("detail", &["model"]),
    ("app", &["model", "table", "detail", "config"]),
    ("view", &["model", "table", "detail", "app"]),
    ("render", &["model", "view", "terminal"]),
    ("terminal", &["app"]),
    ("kubeconfig", &["model"]),
    ("cluster", &["model", "kubeconfig", "config"]),
    ("fleet", &["model", "cluster"]),
    ("sim", &["model"]),
];

/// Libraries that only some layers may know.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("kube", &["cluster", "kubeconfig"]),
    ("k8s_openapi", &["cluster", "kubeconfig"]),
    ("ratatui", &["view", "render", "terminal"]),
    ("crossterm", &["terminal", "render"]),
    ("hyper", &["sim", "cluster"]),
    ("notify", &["kubeconfig"]),
    ("tokio", &["cluster", "fleet", "dashboard", "terminal", "render", "sim", "cli"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its layer (the first part of its path) and its code, tests and comments left out.
fn code() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    files
        .into_iter()
        // Tests may reach across layers, in a file of their own as well as inline.
        .filter(|path| !path.iter().any(|part| part == "tests" || part == "tests.rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let own = text.split("#[cfg(test)]").next().unwrap_or_default();
            let own: String =
                own.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let layer = path.strip_prefix(&root).unwrap().iter().next().unwrap().to_string_lossy();
            (layer.trim_end_matches(".rs").to_owned(), path, own)
        })
        .collect()
}

/// The words that follow `prefix` in the code: `crate::` gives the layers it names.
fn named<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let word_end = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    code.match_indices(prefix)
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        .map(|(at, _)| &code[at + prefix.len()..])
        .map(|rest| &rest[..word_end(rest)])
        .collect()
}

#[test]
fn every_layer_uses_only_what_it_may_know() {
    for (layer, path, code) in code() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == layer) else { continue };
        for used in named(&code, "crate::") {
            let known = used == layer || allowed.contains(&used) || used.is_empty();
            assert!(known, "{}: {layer} must not know {used}", path.display());
        }
    }
}

#[test]
fn libraries_stay_in_the_layers_that_own_them() {
    for (layer, path, code) in code() {
        for (library, layers) in KEPT_TO {
            let used = !named(&code, &format!("{library}::")).is_empty();
            assert!(!used || layers.contains(&layer.as_str()), "{}: {layer} must not know {library}", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_owns() {
    for (_, path, _) in code() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} has no header", path.display());
        assert!(path.file_name().unwrap() != "mod.rs", "{} is a mod.rs", path.display());
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
    }
}
