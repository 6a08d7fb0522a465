//! Our tables beside `kubectl get`, on the same server: every kind it serves, the built-in ones and three of
//! `CustomResourceDefinition`s. The headings are held against what a kubectl printed once, so that they are checked where
//! none is installed; where one is, it is asked again, and the rows must agree cell by cell, ages aside.
//! `UPDATE_KUBECTL=1` writes the headings down anew.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use fleet_tui::app::tables::Tables;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::age::Unix;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::Reading;
use fleet_tui::table::cell::Column;

use crate::stage::{Opened, Stage, quiet};

/// What differs on purpose, and why. Kinds as kubectl names them.
const ON_PURPOSE: &[Permitted] = &[
    ("pods", Difference::Proposed("IP"), "where there is room for it, one sees it without asking"),
    ("pods", Difference::Proposed("NODE"), "where there is room for it, one sees it without asking"),
    ("nodes", Difference::Proposed("INTERNAL-IP"), "where there is room for it, one sees it without asking"),
    ("nodes", Difference::Proposed("EXTERNAL-IP"), "where there is room for it, one sees it without asking"),
    ("nodes", Difference::Proposed("OS-IMAGE"), "where there is room for it, one sees it without asking"),
    ("nodes", Difference::Proposed("KERNEL-VERSION"), "where there is room for it, one sees it without asking"),
    ("nodes", Difference::Proposed("CONTAINER-RUNTIME"), "where there is room for it, one sees it without asking"),
    ("nodes", Difference::Added("CPU"), "what is used, beside what is asked for, where a metrics server tells"),
    ("nodes", Difference::Added("CPU%"), "what is used, beside what is asked for, where a metrics server tells"),
    ("nodes", Difference::Added("MEM"), "what is used, beside what is asked for, where a metrics server tells"),
    ("nodes", Difference::Added("MEM%"), "what is used, beside what is asked for, where a metrics server tells"),
    ("pods", Difference::Added("CPU"), "what is used, beside what is asked for, where a metrics server tells"),
    ("pods", Difference::Added("MEM"), "what is used, beside what is asked for, where a metrics server tells"),
    ("pods", Difference::Added("CPU/REQ"), "what is used, beside what is asked for, where a metrics server tells"),
    ("pods", Difference::Added("CPU/LIM"), "what is used, beside what is asked for, where a metrics server tells"),
    ("pods", Difference::Added("MEM/REQ"), "what is used, beside what is asked for, where a metrics server tells"),
    ("pods", Difference::Added("MEM/LIM"), "what is used, beside what is asked for, where a metrics server tells"),
    ("widgets.infra.example.io", Difference::Told("RATIO"), "three decimals say as much as seventeen"),
    ("events", Difference::Proposed("COUNT"), "how often something happened is half of what an event says"),
];

/// The kind, the difference, and why it is permitted.
type Permitted = (&'static str, Difference, &'static str);

/// One way in which a table may differ.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Difference {
    /// A column kubectl shows with `-o wide` only.
    Proposed(&'static str),
    /// A column that kubectl does not have.
    Added(&'static str),
    /// A column whose cells are told in other words.
    Told(&'static str),
}

/// A kind of which a small world may have none.
const AUTOSCALER: &str = r#"{"metadata":{"name":"web"},"spec":{"minReplicas":1,"maxReplicas":3,
    "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}"#;

/// Headings under which a time since then is told: it passes between two looks.
const AGES: &[&str] = &["AGE", "LAST SEEN", "FIRST SEEN", "LAST SCHEDULE", "DURATION", "CREATED AT"];

/// The headings of a kind: those that are always there, and those of wide mode only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Headings {
    always: Vec<String>,
    wide: Vec<String>,
}

impl Headings {
    fn parse(line: &str) -> (String, Self) {
        let (kind, rest) = line.split_once(": ").unwrap();
        let (always, wide) = rest.split_once(" | ").unwrap_or((rest, ""));
        let list = |text: &str| text.split("; ").filter(|it| !it.is_empty()).map(str::to_owned).collect();
        (kind.to_owned(), Self { always: list(always), wide: list(wide) })
    }

    fn write(&self, kind: &str) -> String {
        format!("{kind}: {} | {}\n", self.always.join("; "), self.wide.join("; "))
    }

    fn ours(kind: &Kind, columns: &[Column]) -> Self {
        // A kind that lives in no namespace has a column for it all the same, which stays away.
        let shown = |column: &&Column| kind.namespaced() || column.title != "NAMESPACE";
        let titles = |wide: bool| {
            let columns = columns.iter().filter(shown).filter(|column| column.wide == wide);
            columns.map(|column| column.title.to_string()).collect()
        };
        Self { always: titles(false), wide: titles(true) }
    }
}

/// Where kubectl puts its columns: the headings and where they begin.
fn header(line: &str) -> Vec<(usize, String)> {
    let (mut found, mut start): (Vec<(usize, String)>, Option<usize>) = (Vec::new(), None);
    let characters: Vec<char> = line.chars().collect();
    for at in 0..=characters.len() {
        let blank = |at: usize| characters.get(at).is_none_or(|character| *character == ' ');
        match start {
            None if !blank(at) => start = Some(at),
            Some(from) if blank(at) && blank(at + 1) => {
                found.push((from, characters[from..at].iter().collect()));
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// What kubectl printed, as rows of cells under headings.
fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text.lines();
    let columns = header(lines.next().unwrap_or_default());
    let cells = |line: &str| -> Vec<String> {
        let characters: Vec<char> = line.chars().collect();
        let ends = columns.iter().skip(1).map(|(at, _)| *at).chain([usize::MAX]);
        let cell = |(start, end): (usize, usize)| {
            let end = end.min(characters.len());
            characters.get(start..end).unwrap_or_default().iter().collect::<String>().trim_end().to_owned()
        };
        columns.iter().map(|(at, _)| *at).zip(ends).map(cell).collect()
    };
    (columns.iter().map(|(_, title)| title.clone()).collect(), lines.map(cells).collect())
}

/// An installed kubectl 1.32 or later with a configuration for the stage.
struct Kubectl(PathBuf);

impl Kubectl {
    fn find(stage: &Stage) -> Option<Self> {
        let output = Command::new("kubectl").args(["version", "--client", "-o", "json"]).output().ok()?;
        let version: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        let minor: u32 = version["clientVersion"]["minor"].as_str()?.trim_end_matches('+').parse().ok()?;
        (minor >= 32).then(|| Self(stage.target.path.clone()))
    }

    async fn get(&self, kind: &str, wide: bool) -> String {
        let mut command = tokio::process::Command::new("kubectl");
        command.args(["get", kind, "-A"]).env("KUBECONFIG", &self.0).env("HOME", self.0.parent().unwrap());
        if wide {
            command.args(["-o", "wide"]);
        }
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/kubectl/columns.txt")
}

/// How kubectl names a kind.
fn name(kind: &Kind) -> String {
    if kind.group().is_empty() { kind.plural().to_owned() } else { format!("{}.{}", kind.plural(), kind.group()) }
}

/// Our rows by namespace and name; every cell as it would be drawn.
fn drawn(opened: &mut Opened, kind: &Kind) -> BTreeMap<(String, String), BTreeMap<String, String>> {
    let now = Unix(jiff::Timestamp::now().as_second());
    let table = opened.tables.of_mut(kind);
    table.refresh(&Tables::default_query(kind), now);
    let titles: Vec<String> = table.columns().iter().map(|column| column.title.to_string()).collect();
    let row = |index: usize| {
        let cell = |column: usize| table.cell(index, column, now).unwrap().text.into_owned();
        let cells: BTreeMap<String, String> = titles.iter().cloned().zip((0..titles.len()).map(cell)).collect();
        ((cells.get("NAMESPACE").cloned().unwrap_or_default(), cells["NAME"].clone()), cells)
    };
    (0..table.len()).map(row).collect()
}

/// What is compared of a cell: restarts say when the last was.
fn compared(title: &str, cell: &str) -> String {
    let cell = if title == "RESTARTS" { cell.split(" (").next().unwrap_or_default() } else { cell };
    cell.to_owned()
}

/// Holds our headings of a kind against kubectl's; returns the permitted differences that were met.
fn told_apart(word: &str, ours: &Headings, theirs: &Headings, faults: &mut Vec<String>) -> Vec<Permitted> {
    let mut used = Vec::new();
    for title in ours.always.iter().chain(&ours.wide) {
        let difference = if !theirs.always.contains(title) && !theirs.wide.contains(title) {
            "added"
        } else if ours.always.contains(title) && theirs.wide.contains(title) {
            "proposed"
        } else if ours.wide.contains(title) && theirs.always.contains(title) {
            faults.push(format!("{word}: {title} is shown in wide mode only"));
            continue;
        } else {
            continue;
        };
        let known = ON_PURPOSE.iter().find(|(of, known, _)| {
            *of == word
                && match known {
                    Difference::Proposed(of) => difference == "proposed" && of == title,
                    Difference::Added(of) => difference == "added" && of == title,
                    Difference::Told(_) => false,
                }
        });
        match known {
            Some(known) => used.push(*known),
            None => faults.push(format!("{word}: {title} is {difference}")),
        }
    }
    for title in theirs.always.iter().chain(&theirs.wide) {
        if !ours.always.contains(title) && !ours.wide.contains(title) {
            faults.push(format!("{word}: {title} is missing"));
        }
    }
    // What both show stands in the same order.
    let order = |list: &Headings, other: &Headings| -> Vec<String> {
        let all = |of: &Headings| of.always.iter().chain(&of.wide).cloned().collect::<Vec<_>>();
        let other = all(other);
        all(list).into_iter().filter(|title| other.contains(title)).collect()
    };
    if order(ours, ours) == order(theirs, theirs) && order(ours, theirs) != order(theirs, ours) {
        faults.push(format!("{word}: the order is {ours:?}, not {theirs:?}"));
    }
    used
}

#[tokio::test(flavor = "multi_thread")]
async fn our_columns_are_those_of_kubectl_or_differ_on_purpose() {
    let stage = Stage::open(&quiet("version = \"v1.36.2\"\n")).await;
    stage.write("POST", "/apis/autoscaling/v2/namespaces/team-a/horizontalpodautoscalers", AUTOSCALER).await;
    let mut opened = Opened::new(&stage, Limits::default());
    opened.standing = true;
    opened.kind("deploy").await;
    opened.until("kinds of definitions", |opened| opened.resources.iter().any(|it| it.is_called("widgets"))).await;
    let kinds: Vec<Kind> = opened.resources.iter().cloned().map(Kind::of).collect();
    let custom = kinds.iter().filter(|kind| kind.group().ends_with("example.io")).count();
    assert!(kinds.len() > 40 && custom >= 3, "{} kinds, {custom} of definitions", kinds.len());
    let kubectl = Kubectl::find(&stage);
    let mut printed = String::new();
    let known: BTreeMap<String, Headings> =
        std::fs::read_to_string(kept()).unwrap_or_default().lines().map(Headings::parse).collect();
    let (mut faults, mut used, mut cells) = (Vec::new(), Vec::new(), 0);
    for kind in &kinds {
        let word = name(kind);
        // Figures are of a moment, and another may come between the two questions: ours are those before or after.
        let earlier = match &kubectl {
            Some(kubectl) if kind.group() == "metrics.k8s.io" => rows(&kubectl.get(&word, true).await).1,
            _ => Vec::new(),
        };
        if !kind.is_standing() {
            opened.look(&[kind]).await;
        }
        opened.read(kind, |reading| matches!(reading, Reading::Live | Reading::Polled(_))).await;
        let ours = Headings::ours(kind, opened.tables.of(kind).columns());
        let mut theirs = known.get(&word).cloned();
        if let Some(kubectl) = &kubectl {
            let (always, _) = rows(&kubectl.get(&word, false).await);
            let (all, theirs_drawn) = rows(&kubectl.get(&word, true).await);
            assert!(!theirs_drawn.is_empty(), "there is none of {word}");
            let wide = all.iter().filter(|title| !always.contains(title)).cloned().collect();
            let now = Headings { always, wide };
            printed.push_str(&now.write(&word));
            if theirs.as_ref().is_some_and(|known| *known != now) {
                faults.push(format!("{word}: kubectl prints {now:?}, not {theirs:?} as is kept"));
            }
            theirs = Some(now);
            opened.until(&word, |opened| drawn(opened, kind).len() == theirs_drawn.len()).await;
            let ours_drawn = drawn(&mut opened, kind);
            let at = |title: &str| all.iter().position(|other| other == title);
            for row in theirs_drawn {
                let cell = |title: &str| at(title).map_or(String::new(), |at| row[at].clone());
                let Some(mine) = ours_drawn.get(&(cell("NAMESPACE"), cell("NAME"))) else {
                    faults.push(format!("{word}: no row {row:?}"));
                    continue;
                };
                let before = earlier.iter().find(|before| {
                    let same = |title| at(title).is_none_or(|at| before.get(at) == row.get(at));
                    same("NAMESPACE") && same("NAME")
                });
                for (place, (title, cell)) in all.iter().zip(&row).enumerate() {
                    let Some(our) = mine.get(title).filter(|_| !AGES.contains(&&**title)) else { continue };
                    cells += 1;
                    let told_before = before.and_then(|before| before.get(place));
                    if [Some(cell), told_before]
                        .into_iter()
                        .flatten()
                        .any(|it| compared(title, our) == compared(title, it))
                    {
                        continue;
                    }
                    let told = ON_PURPOSE
                        .iter()
                        .find(|(of, known, _)| *of == word && matches!(known, Difference::Told(of) if of == title));
                    match told {
                        Some(told) => used.push(*told),
                        None => faults.push(format!("{word}: {title}: {our:?} is not {cell:?}")),
                    }
                }
            }
        }
        let Some(theirs) = theirs else {
            faults.push(format!("{word}: what kubectl prints is not kept"));
            continue;
        };
        used.extend(told_apart(&word, &ours, &theirs, &mut faults));
    }
    if kubectl.is_some() && std::env::var_os("UPDATE_KUBECTL").is_some() {
        std::fs::write(kept(), printed).unwrap();
    }
    assert!(faults.is_empty(), "{} differences that nobody wants:\n{}", faults.len(), faults.join("\n"));
    let unused: Vec<_> = ON_PURPOSE
        .iter()
        .filter(|it| !used.contains(it) && (kubectl.is_some() || !matches!(it.1, Difference::Told(_))))
        .collect();
    assert!(unused.is_empty(), "no difference any more: {unused:?}");
    assert!(kubectl.is_none() || cells > 2_000, "{cells} cells compared");
}

#[test]
fn the_readme_tells_of_every_difference_that_is_on_purpose() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for (kind, difference, _) in ON_PURPOSE {
        let (row, title) = match difference {
            Difference::Proposed(title) | Difference::Added(title) => (*kind, title),
            Difference::Told(title) => ("all", title),
        };
        let told = readme.lines().find(|line| line.starts_with(&format!("| {row} | ")) && line.contains('`'));
        assert!(
            told.is_some_and(|line| line.contains(&format!("`{title}`"))),
            "{kind}: {title} is not told of: {told:?}"
        );
    }
}
