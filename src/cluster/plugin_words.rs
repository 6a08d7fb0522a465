//! What is said about a credential plugin that did not deliver: short, redacted, with the kind of failure told apart.
//!
//! Works on the plugin's standard error alone. Must not know how plugins are run.

use std::time::Duration;

use super::redact::{LONGEST, one_line, without_secrets};
use crate::model::failure::{Failure, FailureKind};
use crate::model::span;

/// Says that the plugin's program is not there; the kubeconfig's install hint is the hint.
#[must_use]
pub fn missing(name: &str, install_hint: Option<&str>) -> Failure {
    let failure =
        Failure::new(FailureKind::PluginMissing, format!("credential plugin {} is not installed", one_line(name, 60)));
    match install_hint.map(|hint| one_line(&without_secrets(hint), LONGEST)).filter(|hint| !hint.is_empty()) {
        Some(hint) => failure.with_hint(hint),
        None => failure.with_hint("install it, or add its folder to PATH"),
    }
}

/// Says how a program is made one that may be run.
#[must_use]
pub fn permit(command: &str) -> String {
    format!("chmod +x {}", one_line(command, 100))
}

/// Says that the plugin wants a terminal, which it does not get here.
#[must_use]
pub fn needs_terminal(name: &str) -> Failure {
    let name = one_line(name, 60);
    Failure::new(FailureKind::LoginExpired, format!("credential plugin {name} needs a login at a terminal"))
        .with_hint("press L to log in")
}

/// Adds to the failure of a plugin that ran long, and so may have asked for a login, that it waits for a person.
#[must_use]
pub fn by_hand(failure: Failure) -> Failure {
    failure.with_hint("press L to log in, or R to run it again")
}

/// Says that the plugin was killed at the end of its time, with what it said last.
#[must_use]
pub fn too_slow(name: &str, limit: Duration, stderr: &[u8]) -> Failure {
    let said = telling_line(&String::from_utf8_lossy(stderr)).map(|line| format!(": {line}")).unwrap_or_default();
    let limit = span::write(limit);
    let summary = format!("credential plugin {} did not end within {limit}{said}", one_line(name, 60));
    Failure::new(FailureKind::PluginTimeout, one_line(&summary, LONGEST))
        .with_hint("it may be waiting for a login in a browser")
}

/// Says that the plugin was killed because it went on and on printing.
#[must_use]
pub fn too_much(name: &str) -> Failure {
    let summary = format!("credential plugin {} printed more than 1 MiB and was ended", one_line(name, 60));
    Failure::new(FailureKind::PluginOutput, summary)
}

/// Says that the plugin ended badly, and why as far as its standard error tells.
#[must_use]
pub fn failed(name: &str, how: &str, stderr: &[u8]) -> Failure {
    let name = one_line(name, 60);
    let text = String::from_utf8_lossy(stderr);
    let said = telling_line(&text).map(|line| format!(": {line}")).unwrap_or_default();
    let lower = text.to_ascii_lowercase();
    let any = |patterns: &[&str]| patterns.iter().any(|pattern| lower.contains(pattern));
    let short = |text: String| one_line(&text, LONGEST);
    if any(&UNREACHABLE) {
        let kind = if any(&UNRESOLVED) { FailureKind::Dns } else { FailureKind::Timeout };
        return Failure::new(kind, short(format!("credential plugin {name} cannot reach its service{said}")))
            .with_hint("check this machine's network, VPN and proxy");
    }
    if any(&EXPIRED) {
        let failure = Failure::new(FailureKind::LoginExpired, short(format!("the login of {name} has expired{said}")));
        return failure.with_hint(login_hint(&name, &text));
    }
    Failure::new(FailureKind::PluginFailed, short(format!("credential plugin {name} failed ({how}){said}")))
}

const UNRESOLVED: [&str; 4] =
    ["no such host", "could not resolve", "name or service not known", "temporary failure in name resolution"];

const UNREACHABLE: [&str; 9] = [
    "no such host",
    "could not resolve",
    "name or service not known",
    "temporary failure in name resolution",
    "connection refused",
    "network is unreachable",
    "i/o timeout",
    "could not connect to the endpoint",
    "no route to host",
];

const EXPIRED: [&str; 15] = [
    "expired",
    "loading sso token",
    "sso login",
    "sso session",
    "re-authenticate",
    "reauthenticate",
    "reauth",
    "invalid_grant",
    "please log in",
    "please login",
    "login required",
    "not logged in",
    "az login",
    "auth login",
    "please run",
];

/// Names what logs in again: the command the plugin itself names, or the key that runs the plugin at the terminal.
fn login_hint(name: &str, text: &str) -> String {
    // Single quotes are left out: they are apostrophes as well.
    let quoted = ['`', '"'].into_iter().flat_map(|quote| text.split(quote).skip(1).step_by(2));
    let command = quoted.map(str::trim).find(|part| part.contains("login") && part.contains(' '));
    if let Some(command) = command {
        return format!("run {}", one_line(&without_secrets(command), 100));
    }
    match KNOWN.into_iter().find(|command| text.contains(command)) {
        Some(command) => format!("run {command}"),
        None => format!("L logs in with {name}"),
    }
}

/// Commands that plugins name without quotes.
const KNOWN: [&str; 4] = ["aws sso login", "gcloud auth login", "az login", "tsh login"];

/// Picks the line of standard error that says most: the last of a traceback, else the first with an error word, else
/// the last.
fn telling_line(text: &str) -> Option<String> {
    let lines = || {
        let lines = text.lines().map(|line| one_line(line, 2 * LONGEST));
        lines.filter(|line| without_label(line).chars().any(char::is_alphabetic))
    };
    let is_traceback = lines().any(|line| line.starts_with("Traceback") || line.starts_with("goroutine "));
    let telling = |line: &String| {
        let lower = line.to_ascii_lowercase();
        ["error", "expired", "denied", "failed", "invalid", "unable", "cannot", "not found", "refused"]
            .iter()
            .any(|word| lower.contains(word))
    };
    let line = if is_traceback { lines().next_back() } else { lines().find(telling).or_else(|| lines().next_back()) }?;
    Some(without_secrets(without_label(&line)))
}

/// Cuts off what only says that an error follows, and where and when it was logged: the sentence it is put into says
/// the former already, and the latter is for those who wrote the plugin.
fn without_label(line: &str) -> &str {
    let mut line = without_log_header(line.trim_start());
    while let Some((label, rest)) = line.split_once(':')
        && label.trim().eq_ignore_ascii_case("error")
    {
        line = rest.trim_start();
    }
    line
}

/// Cuts off what Go's plugins put before a line: `F1129 21:56:27.269019    8719 cred.go:145] `.
fn without_log_header(line: &str) -> &str {
    let Some((header, rest)) = line.split_once("] ") else { return line };
    let mut words = header.split_ascii_whitespace();
    let is_day = |word: &str| {
        let day = word.strip_prefix(['I', 'W', 'E', 'F']);
        day.is_some_and(|day| day.len() == 4 && day.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_time =
        |word: &str| word.len() == 15 && word.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte));
    match (words.next(), words.next(), words.next(), words.next(), words.next()) {
        (Some(day), Some(time), Some(_), Some(place), None)
            if is_day(day) && is_time(time) && place.contains(".go:") =>
        {
            rest.trim_start()
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_error_label_is_left_out() {
        for text in ["error: no such profile", "Error: ERROR: no such profile", "  error : no such profile"] {
            let failure = failed("x", "exit 1", text.as_bytes());
            assert_eq!(failure.summary, "credential plugin x failed (exit 1): no such profile");
        }
        let failure = failed("x", "exit 1", b"ProfileError: no such profile");
        assert_eq!(failure.summary, "credential plugin x failed (exit 1): ProfileError: no such profile");
    }

    #[test]
    fn what_a_log_puts_before_a_line_is_left_out() {
        let log = b"F1129 21:56:27.269019    8719 cred.go:145] print credential failed with error: exit status 1\n";
        let failure = failed("gke-gcloud-auth-plugin", "exit 1", log);
        let words = "credential plugin gke-gcloud-auth-plugin failed (exit 1): print credential failed with error: exit status 1";
        assert_eq!(failure.summary, words);
        for other in ["F1129] no", "Error [x] denied", "F12a9 21:56:27.269019 8719 cred.go:145] denied"] {
            assert!(
                failed("x", "exit 1", other.as_bytes()).summary.ends_with(other.trim_start_matches("Error ")),
                "{other}"
            );
        }
    }

    #[test]
    fn where_the_plugin_names_no_command_the_key_is_named() {
        let hint = |text: &[u8]| failed("aws", "exit 255", text).hint.unwrap();
        assert_eq!(hint(b"Error loading SSO Token: Token for corp does not exist"), "L logs in with aws");
        assert_eq!(hint(b"To refresh this SSO session run aws sso login with the profile"), "run aws sso login");
    }

    #[test]
    fn an_expired_login_is_told_apart_from_a_failing_plugin() {
        let sso = b"\nThe SSO session associated with this profile has expired or is otherwise invalid.\n";
        let failure = failed("aws", "exit 255", sso);
        assert_eq!(failure.kind, FailureKind::LoginExpired);
        assert!(failure.summary.contains("SSO session"), "{failure}");
        assert_eq!(failure.hint.as_deref(), Some("L logs in with aws"));
        let quoted = failed("corp", "exit 1", b"session expired; log in again with `corp-sso login --profile x`");
        assert_eq!(quoted.hint.as_deref(), Some("run corp-sso login --profile x"));
        let broken = failed("helper", "exit 3", b"warming up\nError: profile \"x\" is unknown\nusage: helper\n");
        assert_eq!(broken.kind, FailureKind::PluginFailed);
        assert_eq!(broken.summary, "credential plugin helper failed (exit 3): profile \"x\" is unknown");
    }

    #[test]
    fn a_plugin_that_cannot_reach_its_service_spends_no_attempts() {
        let failure = failed("aws", "exit 1", b"dial tcp: lookup sts.example: no such host");
        assert_eq!(failure.class(), crate::model::failure::FailureClass::Connectivity);
    }

    #[test]
    fn a_traceback_is_summed_up_by_its_last_line_and_secrets_are_hidden() {
        let text = b"Traceback (most recent call last):\n  File \"x.py\", line 1\nValueError: bad token=hunter2 here\n";
        assert_eq!(
            failed("x", "exit 1", text).summary,
            "credential plugin x failed (exit 1): ValueError: bad token=[redacted] here"
        );
    }

    #[test]
    fn a_silent_plugin_and_an_endless_line_stay_short() {
        assert_eq!(failed("x", "exit 1", b"").summary, "credential plugin x failed (exit 1)");
        let long = "error ".repeat(10_000);
        assert!(failed("x", "exit 1", long.as_bytes()).summary.chars().count() <= LONGEST + 1);
    }
}
