//! How much of a kubeconfig is there: what its text lacks where it was cut off while it was written. Must not know what was in
//! the file before.

use std::collections::BTreeSet;

use super::file::{File, Named, first};

/// The parts of a kubeconfig that whoever writes one writes all, however empty.
const PARTS: [&str; 5] = ["clusters", "contexts", END, "kind", "users"];

/// The part that a file lacks which ends within an entry of its last list.
pub(super) const END: &str = "the end of its last entry";

/// The lists of entries.
const LISTS: [&str; 3] = ["clusters", "contexts", "users"];

/// What there is of a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Which of [`PARTS`] it has.
    pub parts: BTreeSet<&'static str>,
    /// The list that it ends with, if it does: what is missing there may not have been written yet.
    last: Option<&'static str>,
}

/// How a context that refers to what is not there may have come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The file was cut off: what it lacks.
    Surely(String),
    /// It may have been cut off between two entries, or a person has taken the entry out.
    Perhaps,
}

impl Shape {
    /// Looks at a text and the file that it was decoded to, entries without a name included.
    ///
    /// JSON lacks nothing, since half of it cannot be read, nor does a file whose list of contexts is empty in so many words:
    /// that is what was meant.
    pub(super) fn of(text: &str, file: &File) -> Self {
        let emptied = |line: &str| {
            let list = line.strip_prefix("contexts").and_then(|rest| rest.trim_start().strip_prefix(':'));
            list.is_some_and(|list| list.trim_start().starts_with("[]"))
        };
        if text.trim_start().starts_with('{') || text.lines().any(emptied) {
            return Self { parts: PARTS.into(), last: None };
        }
        let last = last_list(text);
        let is_torn = last.is_some_and(|list| ends_within(list, text, file));
        let has = |part: &&str| if *part == END { !is_torn } else { text.lines().any(|line| begins(line, part)) };
        Self { parts: PARTS.into_iter().filter(has).collect(), last }
    }

    /// Tells whether the entry within which the file ends is the context itself, its user or its cluster.
    pub(super) fn tears(&self, file: &File, context: &str) -> bool {
        fn ends_with<T>(list: &[Named<T>], name: &str) -> bool {
            list.last().is_some_and(|(last, _)| last == name)
        }
        let Some(Ok(entry)) = first(&file.contexts, context) else { return false };
        let torn = match self.last {
            Some("users") => entry.user.as_deref().is_some_and(|user| ends_with(&file.users, user)),
            Some("clusters") => ends_with(&file.clusters, &entry.cluster),
            _ => ends_with(&file.contexts, context),
        };
        torn && !self.parts.contains(END)
    }

    /// Says why a context of the file that cannot be used may be so because the file was cut off.
    pub(super) fn cut(&self, file: &File, context: &str) -> Option<Cut> {
        let list = missing(file, context);
        let lacks = |part: &str| !self.parts.contains(part);
        match list {
            _ if lacks(END) => Some(Cut::Surely(lack(END))),
            Some(list) if lacks(list) => Some(Cut::Surely(lack(list))),
            Some(list) if self.last == Some(list) => Some(Cut::Perhaps),
            _ => None,
        }
    }
}

/// Says that a file lacks one of [`PARTS`].
pub(super) fn lack(part: &str) -> String {
    if part == END {
        "is half-written: it ends within an entry".to_owned()
    } else {
        format!("is half-written: `{part}` is missing")
    }
}

/// Returns the list in which there is no entry that the context refers to.
fn missing(file: &File, context: &str) -> Option<&'static str> {
    let context = first(&file.contexts, context)?.as_ref().ok()?;
    let user = context.user.as_deref().filter(|user| !user.is_empty());
    match user {
        Some(user) if first(&file.users, user).is_none() => Some("users"),
        _ if !context.cluster.is_empty() && first(&file.clusters, &context.cluster).is_none() => Some("clusters"),
        _ => None,
    }
}

fn begins(line: &str, part: &str) -> bool {
    line.strip_prefix(part).is_some_and(|rest| rest.trim_start().starts_with(':'))
}

fn last_list(text: &str) -> Option<&'static str> {
    let key = text.lines().rev().find(|line| line.starts_with(|letter: char| letter.is_ascii_alphabetic()))?;
    LISTS.into_iter().find(|list| begins(key, list))
}

/// Tells whether the entry at the end of the text, one of `list`, was still being written.
fn ends_within(list: &str, text: &str, file: &File) -> bool {
    fn is_broken<T>((name, entry): &Named<T>) -> bool {
        name.is_empty() || entry.is_err()
    }
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // A key without its value; a user without credentials is one as far as decoding goes.
    if line.ends_with(':') || list == "users" && line.starts_with("- name") {
        return true;
    }
    match list {
        "clusters" => file.clusters.last().is_some_and(is_broken),
        "users" => file.users.last().is_some_and(is_broken),
        // Whoever writes ends the last line: in its middle, a name that leads nowhere is half a name.
        _ => file
            .contexts
            .last()
            .is_some_and(|context| is_broken(context) || !text.ends_with('\n') && missing(file, &context.0).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{Reading, parse};
    use super::*;

    const HEAD: &str = "kind: Config\nclusters:\n- name: c\n  cluster: {server: 'https://h:1'}\n\
        users:\n- name: u\n  user: {token: t}\ncontexts:\n- name: a\n  context:\n    cluster: c\n    user: u\n";

    fn cut(text: &str, context: &str) -> Option<Cut> {
        let Reading::Kubeconfig(file) = parse(text) else { panic!("{text:?}") };
        file.shape.cut(&file, context)
    }

    #[test]
    fn a_file_that_ends_within_an_entry_of_its_last_list_was_cut_off() {
        let within = "is half-written: it ends within an entry".to_owned();
        for end in [
            "-",
            "- \n",
            "- name",
            "- name:",
            "- name:\n",
            "- name: b",
            "- name: b\n",
            "- name: \"b\"\n  context:",
            "- name: b\n  context:\n    cl",
            "- name: b\n  context:\n    cluster:\n",
            "- name: b\n  context:\n    cluster: c\n    user: w",
        ] {
            assert_eq!(cut(&format!("{HEAD}{end}"), "b"), Some(Cut::Surely(within.clone())), "{end:?}");
        }
        for whole in ["", "current-context:\n", "- name: b\n  context:\n    cluster: c\n    user: w\n"] {
            assert_eq!(cut(&format!("{HEAD}{whole}"), "b"), None, "{whole:?}");
        }
    }

    #[test]
    fn an_entry_missing_from_the_list_that_ends_the_file_may_have_been_cut_off() {
        let file = |users: &str| {
            format!(
                "clusters:\n- cluster: {{server: 'https://h:1'}}\n  name: c\ncontexts:\n- context:\n    cluster: c\n    user: u\n  name: a\n\
                 current-context: a\nkind: Config\npreferences: {{}}\n{users}"
            )
        };
        let lacks = |part| Some(Cut::Surely(lack(part)));
        assert_eq!(cut(&file(""), "a"), lacks("users"));
        assert_eq!(cut(&file("users:\n"), "a"), lacks(END));
        assert_eq!(cut(&file("users:\n- name: t\n  user: {token: t}\n"), "a"), Some(Cut::Perhaps));
        assert_eq!(cut(&file("users:\n- name: t\n"), "a"), lacks(END));
        assert_eq!(cut(&file("users: null\n"), "a"), Some(Cut::Perhaps));
        let reordered = format!("users:\n- name: t\n  user: {{token: t}}\n{}", file(""));
        assert_eq!(cut(&reordered, "a"), None, "what follows has been written");
    }
}
