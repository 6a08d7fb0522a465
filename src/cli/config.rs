//! `config path|show|check|default`: where the settings are, what holds, and who says so.

use std::fmt::Write as _;
use std::path::Path;

use super::Trouble;
use super::out::{print, tell};
use crate::config::file::{Origin, Section, VERSION};
use crate::config::load::{Config, FILE_VARIABLE};
use crate::config::setting::{Reach, Setting};
use crate::config::settings::{SETTINGS, Settings};
use crate::config::value::quoted;
use crate::model::visible::safe;

/// What is to be done with the configuration.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Command {
    /// Print where the configuration file is looked for
    Path,
    /// Print every setting with its value and where that comes from
    Show,
    /// Check the file and the environment; exit code 2 if something in them cannot be used
    Check,
    /// Print a configuration file that says what holds without one
    Default,
}

/// Does what is asked for.
pub fn run(command: Command, config: &Config) -> Result<(), Trouble> {
    let file = config.file.as_deref();
    match command {
        Command::Path => {
            let path = file.ok_or_else(|| {
                Trouble::Failed(anyhow::anyhow!("this system names no home folder; {FILE_VARIABLE} may name a file"))
            })?;
            print(&format!("{}\n", path.display()))?;
        }
        Command::Show => {
            tell(&config.notices().join("\n"));
            print(&shown(config))?;
        }
        Command::Check => return check(config, file),
        Command::Default => {
            print(&default_file())?;
        }
    }
    Ok(())
}

fn check(config: &Config, file: Option<&Path>) -> Result<(), Trouble> {
    let notices = config.notices();
    if config.is_broken() {
        return Err(Trouble::Usage(notices.join("\n")));
    }
    tell(&notices.join("\n"));
    let verdict = match (file, config.found) {
        (Some(path), true) => format!("{}: ok\n", path.display()),
        (Some(path), false) => format!("{}: not there; the defaults hold\n", path.display()),
        (None, _) => "no file; the defaults hold\n".to_owned(),
    };
    print(&verdict)?;
    Ok(())
}

fn shown(config: &Config) -> String {
    let lines: Vec<(String, String)> = SETTINGS
        .iter()
        .map(|setting| {
            let origin = origin(&config.origin(setting.name), config.file.as_deref());
            (format!("{} = {}", setting.name, (setting.show)(&config.settings)), origin)
        })
        .collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (line, origin) in lines {
        let _ = writeln!(text, "{line:<width$}  # {origin}");
    }
    for section in config.sections() {
        text.push_str(&section_text(section, config.file.as_deref()));
    }
    text.lines().map(|line| safe(line) + "\n").collect()
}

fn section_text(section: &Section, file: Option<&Path>) -> String {
    let mut text = match &section.group {
        Some(name) => {
            let patterns: Vec<String> = section.clusters.iter().map(|pattern| quoted(pattern)).collect();
            format!("\n[groups.{}]\nclusters = [{}]\n", quoted(name), patterns.join(", "))
        }
        None => format!("\n[clusters.{}]\n", section.clusters.first().map(|name| quoted(name)).unwrap_or_default()),
    };
    for assignment in &section.assignments {
        let mut own = Settings::default();
        assignment.apply(&mut own);
        let value = (assignment.setting.show)(&own);
        let _ = writeln!(text, "{} = {value}  # {}", assignment.setting.name, origin(&assignment.origin, file));
    }
    text
}

fn origin(origin: &Origin, file: Option<&Path>) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File(line) => {
            let name = file.and_then(Path::file_name).unwrap_or_default();
            format!("file: {} line {line}", name.to_string_lossy())
        }
        Origin::Environment(variable) => format!("environment: {variable}"),
        Origin::Flag(flag) => format!("flag: {flag}"),
    }
}

/// Writes the file that says what holds without one: every line a comment, to be uncommented and changed.
#[must_use]
pub fn default_file() -> String {
    let defaults = Settings::default();
    let mut text = format!(
        "# The settings of fleet-tui. Lines that are commented out say what holds anyway.\n\
         # Strongest first: a flag (--set NAME=VALUE), the environment (FLEET_TUI_...), this file, the default.\n\
         version = {VERSION}\n"
    );
    for setting in SETTINGS {
        let _ = write!(text, "\n# {}\n", sentence(setting));
        let _ = writeln!(text, "# {} = {}", setting.name, (setting.show)(&defaults));
    }
    text.push_str(
        "\n# Groups of clusters, by cluster id or name; * is any text, ? any one character. They are what --group takes,\n\
         # and may hold any setting above that is marked so.\n\
         # [groups.production]\n# clusters = [\"prod-*\"]\n# survey.interval = \"2m\"\n\
         \n# Single clusters. What comes later wins, and clusters win over groups.\n\
         # [clusters.\"config:prod-eu\"]\n# heartbeat.interval = \"5s\"\n",
    );
    text
}

/// Says what a setting means, what it may be, and for whom.
fn sentence(setting: &Setting) -> String {
    let about = setting.about.trim();
    let range = (setting.range)().map(|range| format!(" From {range}.")).unwrap_or_default();
    let reach = match setting.reach {
        Reach::Run => "",
        Reach::Cluster => " May differ by group and cluster.",
        Reach::Waiting => " Nothing uses it yet.",
    };
    format!("{about}{range}{reach}")
}

/// The table of settings in the README, in Markdown; a test holds the README to it.
#[must_use]
pub fn markdown() -> String {
    let defaults = Settings::default();
    let mut text = String::from("| setting | default | what |\n|---|---|---|\n");
    for setting in SETTINGS {
        let _ = writeln!(text, "| `{}` | `{}` | {} |", setting.name, (setting.show)(&defaults), sentence(setting));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file;

    #[test]
    fn the_default_file_is_right_as_it_is_and_with_every_setting_uncommented() {
        let text = default_file();
        assert!(file::read(&text).problems.is_empty());
        let lines = text.lines().map(|line| {
            let bare = line.strip_prefix("# ").unwrap_or(line);
            if bare.contains(" = ") || bare.starts_with('[') { bare } else { line }
        });
        let content = file::read(&lines.collect::<Vec<_>>().join("\n"));
        assert_eq!(content.problems, []);
        assert_eq!((content.assignments.len(), content.sections.len()), (SETTINGS.len(), 2));
    }
}
