//! The settings file as text: what it assigns, its groups and sections, and what is wrong with it, line by line.
//!
//! Must not know where the file is, nor what wins over it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, nearest};
use super::setting::{Reach, Setting};
use super::settings::{SETTINGS, Settings};
use super::value::{Raw, Value as _};

/// The version of the format that this program writes and reads.
pub const VERSION: i64 = 1;

/// A value given to a setting.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The setting.
    pub setting: &'static Setting,
    /// The value, checked.
    pub raw: Raw,
    /// Where it was given: the line of the file, the variable or the flag.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody has said otherwise.
    Default,
    /// This line of the file.
    File(usize),
    /// This variable of the environment.
    Environment(String),
    /// This flag.
    Flag(String),
}

impl Assignment {
    /// Checks a value; the error says what is wrong with it.
    pub fn new(setting: &'static Setting, raw: Raw, origin: Origin) -> Result<Self, String> {
        (setting.set)(&mut Settings::default(), &raw).map_err(|why| format!("{}: {why}", setting.name))?;
        Ok(Self { setting, raw, origin })
    }

    /// Puts the value in place.
    pub fn apply(&self, settings: &mut Settings) {
        // It was checked, so it fits.
        let _fits = (self.setting.set)(settings, &self.raw);
    }
}

/// A part of the file that concerns some clusters.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The group's name; `None` for a section of its own.
    pub group: Option<String>,
    /// Patterns of cluster ids or names.
    pub clusters: Vec<String>,
    /// What differs there.
    pub assignments: Vec<Assignment>,
}

/// What a settings file says.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Values for the whole program.
    pub assignments: Vec<Assignment>,
    /// Groups in the order of the file, then clusters in that order: what comes later wins.
    pub sections: Vec<Section>,
    /// What is wrong. Nothing of a broken file counts.
    pub problems: Vec<Problem>,
}

/// Reads the text of a settings file.
#[must_use]
pub fn read(text: &str) -> Content {
    let mut reader = Reader { text, content: Content::default() };
    match DeTable::parse(text) {
        Ok(table) => reader.root(table.get_ref()),
        Err(error) => {
            let line = error.span().map(|span| reader.line(span.start));
            reader.content.problems.push(Problem::error(line, error.message().lines().collect::<Vec<_>>().join("; ")));
        }
    }
    reader.content
}

struct Reader<'t> {
    text: &'t str,
    content: Content,
}

type Key<'t> = Spanned<std::borrow::Cow<'t, str>>;
type Entries<'a, 't> = Vec<(&'a Key<'t>, &'a Spanned<DeValue<'t>>)>;

/// The entries of a table in the order of the file.
fn in_order<'a, 't>(table: &'a DeTable<'t>) -> Entries<'a, 't> {
    let mut entries: Entries<'a, 't> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Whether an entry of the table `clusters` is a setting about all clusters, and no section for some of them.
fn is_setting(key: &Key<'_>) -> bool {
    let name = key.get_ref();
    SETTINGS.iter().any(|setting| setting.name.strip_prefix("clusters.") == Some(name))
}

impl<'t> Reader<'t> {
    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    fn error(&mut self, offset: usize, text: String) {
        let line = self.line(offset);
        self.content.problems.push(Problem::error(Some(line), text));
    }

    fn root(&mut self, table: &DeTable<'t>) {
        let version = table.iter().find(|(key, _)| key.get_ref() == "version");
        if let Some((key, value)) = version {
            match raw(value.get_ref()) {
                Raw::Number(VERSION) => {}
                Raw::Number(newer) if newer > VERSION => {
                    let text = format!(
                        "version {newer} is newer than this program knows ({VERSION}); nothing of the file is used"
                    );
                    return self.error(key.span().start, text);
                }
                _ => return self.error(key.span().start, format!("version: the only version so far is {VERSION}")),
            }
        }
        let mut groups = Vec::new();
        let mut clusters = Vec::new();
        let mut assignments = Vec::new();
        for (key, value) in in_order(table) {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("version", _) => {}
                ("groups", DeValue::Table(table)) => self.sections(table, true, &mut groups),
                ("clusters", DeValue::Table(table)) => {
                    for (key, value) in in_order(table).into_iter().filter(|(key, _)| is_setting(key)) {
                        self.entry("clusters.", key, value, false, &mut assignments);
                    }
                    self.sections(table, false, &mut clusters);
                }
                (name @ ("groups" | "clusters"), _) => {
                    self.error(key.span().start, format!("{name}: a table of tables is needed"));
                }
                _ => self.entry("", key, value, false, &mut assignments),
            }
        }
        self.content.assignments = assignments;
        self.content.sections = groups;
        self.content.sections.extend(clusters);
    }

    fn sections(&mut self, table: &DeTable<'t>, groups: bool, sections: &mut Vec<Section>) {
        for (key, value) in in_order(table).into_iter().filter(|(key, _)| groups || !is_setting(key)) {
            let name = key.get_ref().to_string();
            let DeValue::Table(table) = value.get_ref() else {
                self.error(key.span().start, format!("{name}: a table is needed"));
                continue;
            };
            let mut section = Section::default();
            if groups {
                section.group = Some(name.clone());
            } else {
                section.clusters.push(name.clone());
            }
            for (key, value) in in_order(table) {
                if groups && key.get_ref() == "clusters" {
                    match Vec::<String>::read(&raw(value.get_ref())) {
                        Ok(patterns) => section.clusters = patterns,
                        Err(why) => self.error(key.span().start, format!("clusters: {why}")),
                    }
                } else {
                    self.entry("", key, value, true, &mut section.assignments);
                }
            }
            if section.clusters.is_empty() {
                self.error(key.span().start, format!("group {name} names no clusters: clusters = [\"prod-*\"]"));
            }
            sections.push(section);
        }
    }

    /// Reads one entry: a setting, or a table of them.
    fn entry(
        &mut self,
        prefix: &str,
        key: &Key<'t>,
        value: &Spanned<DeValue<'t>>,
        of_cluster: bool,
        into: &mut Vec<Assignment>,
    ) {
        let name = format!("{prefix}{}", key.get_ref());
        let start = key.span().start;
        let inner = format!("{name}.");
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
            if of_cluster && setting.reach != Reach::Cluster {
                return self.error(start, format!("{name} holds for the whole program, not for single clusters"));
            }
            let line = self.line(start);
            match Assignment::new(setting, raw(value.get_ref()), Origin::File(line)) {
                Ok(assignment) => into.push(assignment),
                Err(why) => self.error(start, why),
            }
            return;
        }
        let known = || SETTINGS.iter().map(|setting| setting.name);
        if let DeValue::Table(table) = value.get_ref() {
            // A table that is unknown with all that is in it is told once; one that is misspelt, by its entries.
            let near = |(key, _): &(&Key<'t>, _)| !nearest(&format!("{inner}{}", key.get_ref()), known()).is_empty();
            let entries = in_order(table);
            if known().any(|name| name.starts_with(&inner)) || entries.iter().any(near) {
                for (key, value) in entries {
                    self.entry(&inner, key, value, of_cluster, into);
                }
                return;
            }
        }
        let line = self.line(start);
        let top = ["groups", "clusters", "version"].into_iter().filter(|_| prefix.is_empty() && !of_cluster);
        let text = format!("unknown setting {name}{}", nearest(&name, known().chain(top)));
        self.content.problems.push(Problem::warning(Some(line), text));
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("a number that is too large"), Raw::Number),
        DeValue::Boolean(flag) => Raw::Flag(*flag),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        read(text).problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_setting_about_all_clusters_stands_beside_the_sections_for_some() {
        let content = read(
            "[clusters]\nduplicate_context_names = \"exclusive\"\n[clusters.\"prod-*\"]\nsurvey.enabled = false\n",
        );
        assert!(content.problems.is_empty(), "{:?}", content.problems);
        assert_eq!((content.assignments.len(), content.sections.len()), (1, 1));
        assert_eq!(content.sections[0].clusters, ["prod-*"]);
    }

    #[test]
    fn settings_are_found_however_their_tables_are_written() {
        for text in
            ["[heartbeat]\ninterval = \"20s\"", "heartbeat.interval = \"20s\"", "heartbeat = {interval = \"20s\"}"]
        {
            let content = read(text);
            let mut settings = Settings::default();
            content.assignments.iter().for_each(|assignment| assignment.apply(&mut settings));
            assert_eq!(settings.heartbeat_interval.as_secs(), 20, "{text}");
        }
    }

    #[test]
    fn an_unknown_setting_is_a_warning_that_names_the_nearest() {
        assert_eq!(
            problems("version = 1\nhartbeat.interval = \"9s\"\n"),
            ["line 2: unknown setting hartbeat.interval; did you mean heartbeat.interval?"]
        );
        assert_eq!(
            problems("[survey]\ninterwal = \"9s\"\n"),
            ["line 2: unknown setting survey.interwal; did you mean survey.interval?"]
        );
        assert_eq!(problems("zebra = 1\n"), ["line 1: unknown setting zebra"]);
        assert!(!read("zebra = 1\n").problems[0].fatal);
    }

    #[test]
    fn what_is_out_of_range_or_of_another_kind_is_refused_with_what_is_wanted() {
        assert_eq!(
            problems("executor.workers = 0\nheartbeat.interval = 15\nmouse = \"yes\"\n"),
            [
                "line 1: executor.workers: 0 is out of range: 1 to 1000",
                "line 2: heartbeat.interval: 15 is not a duration like \"800ms\", \"12s\", \"2m\" or \"1h\"",
                "line 3: mouse: \"yes\" is not true or false",
            ]
        );
        assert!(read("executor.workers = 0").problems[0].fatal);
    }

    #[test]
    fn a_file_that_is_no_toml_says_where_and_gives_nothing() {
        let content = read("heartbeat.interval = \"9s\"\n[survey\n");
        assert!(content.assignments.is_empty());
        assert!(content.problems[0].to_string().starts_with("line 2: "), "{}", content.problems[0]);
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let content = read("version = 2\nheartbeat.interval = \"9s\"\n");
        assert!(content.assignments.is_empty() && content.problems[0].fatal);
    }

    #[test]
    fn sections_keep_the_order_of_the_file_and_take_what_a_cluster_can_have_of_its_own() {
        let content = read(
            "[clusters.\"*b\"]\nsurvey.interval = \"1m\"\n[clusters.\"*a\"]\n[groups.z]\nclusters = [\"x\"]\n\
             [groups.a]\nclusters = [\"y\"]\nmemory.budget = \"1GB\"\n[groups.empty]\n",
        );
        let order: Vec<&str> = content
            .sections
            .iter()
            .map(|section| section.group.as_deref().unwrap_or_else(|| &section.clusters[0]))
            .collect();
        assert_eq!(order, ["z", "a", "empty", "*b", "*a"]);
        let problems: Vec<String> = content.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "line 8: memory.budget holds for the whole program, not for single clusters",
                "line 9: group empty names no clusters: clusters = [\"prod-*\"]"
            ]
        );
    }
}
