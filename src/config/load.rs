//! All sources of settings on top of each other: defaults < file < environment < flags.
//!
//! Owns which source wins and who says so. Must not know what a setting means.

use std::path::{Path, PathBuf};

use super::file::{self, Assignment, Origin, Section};
use super::glob::fits;
use super::problem::{Problem, nearest};
use super::setting::PREFIX;
use super::settings::{SETTINGS, Settings};
use super::value::Raw;

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "FLEET_TUI_CONFIG";

/// Where values may come from, strongest last.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file; `None` reads none.
    pub file: Option<PathBuf>,
    /// A person named the file: it has to be there.
    pub named: bool,
    /// The variables of the environment.
    pub environment: Vec<(String, String)>,
    /// Settings given by flags: name, value and the flag.
    pub flags: Vec<(String, String, String)>,
}

/// The configuration in force.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file that was looked for.
    pub file: Option<PathBuf>,
    /// The file is there.
    pub found: bool,
    /// What holds for the whole program.
    pub settings: Settings,
    /// What is wrong with the file or the environment.
    pub problems: Vec<Problem>,
    /// What is wrong with the flags.
    pub misused: Vec<String>,
    base: Vec<Assignment>,
    sections: Vec<Section>,
    over: Vec<Assignment>,
}

/// Returns where the file is looked for unless it is named; `None` where the system names no home.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "fleet-tui")?.config_dir().join("config.toml"))
}

impl Sources {
    /// Looks where this process would: the file that is named, by the flag or else by the variable, or the default one.
    #[must_use]
    pub fn of_process(named: Option<PathBuf>) -> Self {
        let variable = std::env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let named = named.or(variable);
        // What is not Unicode is no setting of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(PREFIX) && name != FILE_VARIABLE)
            .collect();
        Self { named: named.is_some(), file: named.or_else(default_path), environment, flags: Vec::new() }
    }
}

/// Reads all sources. Blocks on the disk.
#[must_use]
pub fn load(sources: Sources) -> Config {
    let mut config = Config { file: sources.file, ..Config::default() };
    if let Some(path) = config.file.clone() {
        config.read_file(&path, sources.named);
    }
    config.read_environment(sources.environment);
    for (name, value, flag) in sources.flags {
        match assignment(&name, &value, Origin::Flag(flag)) {
            Ok(assignment) => config.over.push(assignment),
            Err(why) => config.misused.push(why),
        }
    }
    config.settings = config.compose(|_| false);
    config
}

fn assignment(name: &str, value: &str, origin: Origin) -> Result<Assignment, String> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
        return Err(format!("unknown setting {name}{}", nearest(name, SETTINGS.iter().map(|setting| setting.name))));
    };
    Assignment::new(setting, Raw::from_text(value), origin)
}

impl Config {
    fn read_file(&mut self, path: &Path, named: bool) {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                self.found = true;
                let content = file::read(&text);
                self.base = content.assignments;
                self.sections = content.sections;
                self.problems = content.problems;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => {}
            Err(error) => self.problems.push(Problem::error(None, format!("cannot be read: {error}"))),
        }
    }

    fn read_environment(&mut self, mut variables: Vec<(String, String)>) {
        variables.sort();
        for (variable, value) in variables {
            let setting = SETTINGS.iter().find(|setting| setting.variable() == variable);
            let outcome = if let Some(setting) = setting {
                Assignment::new(setting, Raw::from_text(&value), Origin::Environment(variable.clone()))
                    .map_err(|why| Problem::error(None, format!("{variable}: {why}")))
            } else {
                let known: Vec<String> = SETTINGS.iter().map(super::setting::Setting::variable).collect();
                let near = nearest(&variable, known.iter().map(String::as_str));
                Err(Problem::warning(None, format!("unknown variable {variable}{near}")))
            };
            match outcome {
                Ok(assignment) => self.over.push(assignment),
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn compose(&self, concerns: impl Fn(&Section) -> bool) -> Settings {
        let mut settings = Settings::default();
        let sections = self.sections.iter().filter(|section| concerns(section));
        let special = sections.flat_map(|section| &section.assignments);
        for assignment in self.base.iter().chain(special).chain(&self.over) {
            assignment.apply(&mut settings);
        }
        settings
    }

    /// Returns what holds for a cluster: its groups and sections over the file's values, environment and flags over all.
    #[must_use]
    pub fn of_cluster(&self, id: &str, name: &str) -> Settings {
        self.compose(|section| section.concerns(id, name))
    }

    /// Tells whether some clusters have values of their own.
    #[must_use]
    pub fn differs_by_cluster(&self) -> bool {
        self.sections.iter().any(|section| !section.assignments.is_empty())
    }

    /// Returns where the value of a setting comes from.
    #[must_use]
    pub fn origin(&self, setting: &str) -> Origin {
        let given = self.base.iter().chain(&self.over).rev().find(|assignment| assignment.setting.name == setting);
        given.map_or(Origin::Default, |assignment| assignment.origin.clone())
    }

    /// Groups with their patterns, and sections of clusters, as far as the file has any.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The names of the groups, in the order of the file.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().filter_map(|section| section.group.as_deref())
    }

    /// Tells whether a cluster is in a group.
    #[must_use]
    pub fn in_group(&self, group: &str, id: &str, name: &str) -> bool {
        let mut sections = self.sections.iter().filter(|section| section.group.as_deref() == Some(group));
        sections.any(|section| section.concerns(id, name))
    }

    /// What a person should know about it, each with the file it is about.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let file = self.file.as_deref().map(Path::display);
        let told = self.problems.iter().map(|problem| match (&file, problem.text.contains(PREFIX)) {
            (Some(file), false) => format!("{file}: {problem}"),
            _ => problem.to_string(),
        });
        told.collect()
    }

    /// Tells whether something that was asked for is not done.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| problem.fatal)
    }
}

impl Section {
    fn concerns(&self, id: &str, name: &str) -> bool {
        self.clusters.iter().any(|pattern| fits(pattern, id) || fits(pattern, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let flags =
            flags.iter().map(owned).map(|(name, value)| (name.clone(), value.clone(), format!("--set {name}={value}")));
        load(Sources {
            file: Some(path),
            named: true,
            environment: environment.iter().map(owned).collect(),
            flags: flags.collect(),
        })
    }

    #[test]
    fn flags_win_over_the_environment_that_wins_over_the_file_and_each_value_knows_its_origin() {
        let config = load_text(
            "executor.workers = 1\nsurvey.retries = 1\nlist.page = 100\n",
            &[("FLEET_TUI_EXECUTOR_WORKERS", "2"), ("FLEET_TUI_SURVEY_RETRIES", "2")],
            &[("executor.workers", "3")],
        );
        let settings = &config.settings;
        assert_eq!((settings.executor_workers, settings.survey_retries, settings.list_page), (3, 2, 100));
        assert_eq!(config.origin("executor.workers"), Origin::Flag("--set executor.workers=3".to_owned()));
        assert_eq!(config.origin("survey.retries"), Origin::Environment("FLEET_TUI_SURVEY_RETRIES".to_owned()));
        assert_eq!(config.origin("list.page"), Origin::File(3));
        assert_eq!(config.origin("jitter"), Origin::Default);
        assert!(config.notices().is_empty());
    }

    #[test]
    fn a_cluster_s_own_section_wins_over_its_group_s_and_both_over_the_rest_of_the_file() {
        let config = load_text(
            "survey.interval = \"3m\"\nsurvey.retries = 5\nlist.page = 100\n\
             [groups.prod]\nclusters = [\"prod-*\"]\nsurvey.interval = \"2m\"\nsurvey.retries = 4\n\
             [clusters.\"config:prod-eu\"]\nsurvey.interval = \"1m\"\n",
            &[("FLEET_TUI_LIST_PAGE", "50")],
            &[],
        );
        let minutes = |id: &str, name: &str| {
            let settings = config.of_cluster(id, name);
            (settings.survey_interval.as_secs() / 60, settings.survey_retries, settings.list_page)
        };
        assert_eq!(minutes("config:prod-eu", "prod-eu"), (1, 4, 50));
        assert_eq!(minutes("config:prod-us", "prod-us"), (2, 4, 50));
        assert_eq!(minutes("config:dev", "dev"), (3, 5, 50));
        assert!(config.in_group("prod", "config:prod-us", "prod-us") && !config.in_group("prod", "config:dev", "dev"));
    }

    #[test]
    fn a_broken_file_leaves_the_defaults_with_a_notice_and_the_environment_still_counts() {
        let config = load_text("executor.workers = \n", &[("FLEET_TUI_LIST_PAGE", "50")], &[]);
        assert!(config.is_broken());
        assert_eq!((config.settings.executor_workers, config.settings.list_page), (10, 50));
        assert!(config.notices()[0].contains("config.toml: line 1: "), "{:?}", config.notices());
    }

    #[test]
    fn a_file_that_is_not_there_is_a_problem_only_if_it_was_named() {
        let missing = |named| load(Sources { file: Some("/nowhere/config.toml".into()), named, ..Sources::default() });
        assert!(missing(true).is_broken() && missing(false).problems.is_empty());
    }

    #[test]
    fn an_unknown_variable_or_flag_is_told_with_the_nearest() {
        let config = load_text("", &[("FLEET_TUI_LIST_PAGES", "50")], &[("lst.page", "50")]);
        assert_eq!(config.notices(), ["unknown variable FLEET_TUI_LIST_PAGES; did you mean FLEET_TUI_LIST_PAGE?"]);
        assert_eq!(config.misused, ["unknown setting lst.page; did you mean list.page?"]);
    }

    #[test]
    fn every_default_is_within_its_range_and_is_read_back_as_it_is_shown() {
        let defaults = Settings::default();
        for setting in SETTINGS {
            let content = file::read(&format!("{} = {}\n", setting.name, (setting.show)(&defaults)));
            assert!(content.problems.is_empty(), "{:?}", content.problems);
            let mut settings = Settings::default();
            content.assignments[0].apply(&mut settings);
            assert_eq!((setting.show)(&settings), (setting.show)(&defaults), "{}", setting.name);
        }
    }
}
