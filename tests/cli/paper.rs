//! What is printed of the program itself, and its words for wrong usage.

use std::process::Stdio;

use crate::stage::{Home, Stage};

/// Snapshots of the help of each command: every word of it is read by somebody.
#[test]
fn help_of_every_command() {
    let home = Home::new();
    let mut text = String::new();
    let commands: &[&[&str]] = &[
        &[],
        &["status"],
        &["check"],
        &["get"],
        &["cluster"],
        &["cluster", "status"],
        &["cluster", "events"],
        &["cluster", "pods"],
        &["config"],
        &["completions"],
        &["sim"],
    ];
    for command in commands {
        let ran = home.run(&[command, &["--help"][..]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        text = format!("{text}\n$ fleet-tui {} --help\n{}", command.join(" "), ran.out);
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn wrong_usage_is_2_and_says_what_is_right() {
    let stage = Stage::new().await;
    stage.home.write(".kube/more", &std::fs::read_to_string(stage.home.folder.path().join(".kube/config")).unwrap());
    stage.home.write("config.toml", "[groups.none]\nclusters = [\"zebra\"]\n");
    let mut text = String::new();
    let wrong: &[&[&str]] = &[
        &["cluster", "status"],
        &["status", "--cluster", "nope"],
        &["status", "--cluster", "well"],
        &["status", "--context", "nope"],
        &["status", "--context", "scopd"],
        &["status", "--group", "nope"],
        &["status", "--group", "none"],
        &["status", "--set", "executor.workers=0"],
        &["status", "--set", "executor.worker=5"],
        &["status", "--all", "--cluster", "well"],
        &["status", "--kubeconfig", "/nowhere/config"],
        &["status", "-o", "xml"],
        &["cluster", "events", "--since", "soon"],
        &["frobnicate"],
        &["get", "deploy,svc/web", "--cluster", "config:well"],
        &["get", "po/web", "web", "--cluster", "config:well"],
        &["get", "po/", "--cluster", "config:well"],
        &["get", "po", "-n", "../nodes"],
        &["cluster", "events", "-n", ""],
    ];
    let folder = stage.home.folder.path().display().to_string();
    let file = format!("{folder}/config.toml");
    for arguments in wrong {
        let ran = stage.run(&[arguments, &["--config", &file][..]].concat()).await;
        assert!(!ran.err.contains("config.toml: cannot"), "{arguments:?}: {}", ran.err);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        text = format!("{text}\n$ fleet-tui {}\n{}", arguments.join(" "), ran.err.replace(&folder, "~"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn every_shell_is_completed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!(ran.code, Some(0));
        for word in ["fleet-tui", "status", "completions", "kubeconfig"] {
            assert!(ran.out.contains(word), "{shell} knows no {word}");
        }
        assert!(!ran.out.contains("sim-credential"), "{shell} is told what is not for people");
    }
}

#[test]
fn bash_finds_the_options_of_every_command_it_recognizes() {
    let script = Home::new().run(&["completions", "bash"]).out;
    let trimmed = || script.lines().map(str::trim);
    let recognized: Vec<&str> = trimmed().filter_map(|line| line.strip_prefix("cmd=\"")?.strip_suffix('"')).collect();
    assert!(recognized.contains(&"fleet__tui__subcmd__cluster__subcmd__pods"), "{recognized:?}");
    for command in recognized.into_iter().filter(|command| !command.is_empty()) {
        assert!(trimmed().any(|line| line.strip_suffix(')') == Some(command)), "{command} has no options");
    }
}

#[test]
fn what_each_shell_is_told_and_the_manual_are_kept() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        insta::assert_snapshot!(format!("completions_{shell}"), home.run(&["completions", shell]).out);
    }
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!("man", home.run(&["man"]).out.replace(version, "VERSION"));
}

#[test]
fn the_manual_has_a_page_and_the_keys_are_those_of_the_registry() {
    let home = Home::new();
    let manual = home.run(&["man"]).out;
    assert!(manual.contains(".TH fleet-tui 1") && manual.contains("fleet\\-tui\\-status"), "{manual}");
    let keys = home.run(&["keys"]).out;
    let known = fleet_tui::app::action::ACTIONS.iter().filter(|info| !info.keys.is_empty() && !info.title.is_empty());
    for info in known {
        assert!(keys.lines().any(|line| line.contains(info.id) && line.contains(info.title)), "{}", info.id);
    }
    assert_eq!(home.run(&["--version"]).out, format!("fleet-tui {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_pipe_that_is_closed_early_ends_quietly() {
    let home = Home::new();
    for arguments in [&["keys"][..], &["man"], &["config", "default"], &["config", "show"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = home.command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{arguments:?}");
    }
}
