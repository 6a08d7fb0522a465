//! How a filter is written. Must not know what becomes of its terms.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use regex::{Regex, RegexBuilder};

use super::comparison::{Comparison, Operand, Relation};
use super::selector::apart;
use super::{Filter, Term, Test, words};
use crate::model::near::nearest;
use crate::table::cell::{Column, Metered};
use crate::table::measure::{Measure, Sense, measure};

/// The memory an expression may take up; a filter is no place for more. Unit: bytes.
const REGEX_LIMIT: usize = 1 << 20;
/// How deep an expression's groups may go.
const REGEX_DEPTH: u32 = 50;

/// The forms a term may have, each with what it means; for help and documentation.
pub const FORMS: &[(&str, &str)] = &[
    ("cart  \"two words\"", "a text of the row contains it, letter case aside"),
    ("/^cart-\\d/  ~^cart-\\d", "a text matches the regular expression, letter case aside"),
    ("'crt", "a text has these letters in this order"),
    ("status=Running  node!=a", "the column is equal, is not equal"),
    ("restarts>=5  age<2h", "the column compares: < <= > >=, with units"),
    ("node~edge  node!~edge", "the column matches the regular expression, does not"),
    ("!", "before a term: not"),
    ("-l app=web,tier in (a,b)", "the server picks by labels, as kubectl -l does, once Enter is pressed"),
    ("-f status.phase=Failed", "the server picks by fields, as kubectl --field-selector does"),
];

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where, counted in characters.
    pub at: usize,
    /// What, as one fragment.
    pub why: String,
}

const NO_SELECTORS: &str = "only the objects of a table are picked by the server";

impl Filter {
    /// Reads a filter for a table with these columns. What the server is to pick ([`super::selector`]) is checked as far
    /// as can be, and is no term of the filter: every row the server picks passes.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, Wrong> {
        let mut reader = Reader::new(text, columns);
        let mut filter = Self::default();
        while reader.skip_blanks() {
            let start = reader.at;
            let place = |why: String| Wrong { at: text.get(..start).unwrap_or_default().chars().count(), why };
            if let Some(selectors) = reader.selector() {
                selectors.map_err(place)?;
                continue;
            }
            // As any other term that is only begun.
            if reader.rest().trim_end() == "!" {
                break;
            }
            let inverse = reader.inverse();
            if inverse && reader.selector().is_some() {
                return Err(place("a selector cannot be inverted; write != or notin in it".to_owned()));
            }
            let term = reader.term().map_err(place)?;
            filter.terms.extend(term.map(|term| Term { inverse: term.inverse != inverse, ..term }));
        }
        Ok(filter)
    }

    /// Reads a filter for a list whose rows are texts: nothing is compared in them, and no server picks any.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn of_texts(text: &str) -> Result<Self, Wrong> {
        if !apart(text).0.is_empty() {
            return Err(Wrong { at: 0, why: NO_SELECTORS.to_owned() });
        }
        // A selector that is begun is no text to look for.
        let begun = text.split_whitespace().find(|word| matches!(*word, "-l" | "-f"));
        if let Some(at) = begun.and_then(|word| text.find(word)) {
            let at = text.get(..at).map_or(0, |before| before.chars().count());
            return Err(Wrong { at, why: NO_SELECTORS.to_owned() });
        }
        Self::parse(text, &[])
    }
}

/// Reads a filter from its beginning.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    /// How far it has come. Unit: bytes.
    pub(super) at: usize,
    columns: &'a [Column],
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, columns: &'a [Column]) -> Self {
        Self { text, at: 0, columns }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes to the next term; returns whether there is one.
    pub(super) fn skip_blanks(&mut self) -> bool {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at < self.text.len()
    }

    pub(super) fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    pub(super) fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, _) = self.rest().split_at_checked(bytes).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    pub(super) fn until_blank(&mut self) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(char::is_whitespace).unwrap_or(rest.len()))
    }

    /// What stands before the next `end`, which is passed over; without one, all that is left.
    pub(super) fn until(&mut self, end: char) -> &'a str {
        let rest = self.rest();
        let taken = self.take(rest.find(end).unwrap_or(rest.len()));
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        taken
    }

    pub(super) fn inverse(&mut self) -> bool {
        let alone = self.rest().chars().nth(1).is_none_or(char::is_whitespace);
        !alone && self.eat("!")
    }

    /// Reads a term; `None` for one that is only begun.
    pub(super) fn term(&mut self) -> Result<Option<Term>, String> {
        if let Some((name, sign)) = self.comparison() {
            let quoted = self.eat("\"");
            let value = if quoted { self.until('"') } else { self.until_blank() };
            // What kubectl writes for nothing, as `<none>`, is a value.
            let nothing = value.starts_with('<') && value.ends_with('>');
            if !quoted && !nothing && !sign.ends_with('~') && value.starts_with(['<', '>', '=', '~', '!']) {
                return Err(format!("{name}{sign} is followed by another sign; there are = != < <= > >= ~ !~"));
            }
            let test = Test::Column(self.compared(name, sign, value)?);
            return Ok(Some(Term { inverse: sign == "!~", test }));
        }
        let expression = if self.eat("/") {
            Some(self.expression())
        } else if self.eat("~") {
            Some(self.until_blank().to_owned())
        } else {
            None
        };
        let test = if let Some(text) = expression {
            if text.is_empty() { None } else { Some(Test::Regex(regex(&text)?)) }
        } else if self.eat("'") {
            let text = self.until_blank();
            let atom = || Atom::new(text, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
            (!text.is_empty()).then(|| Test::Fuzzy(atom()))
        } else {
            let text = if self.eat("\"") { self.until('"') } else { self.until_blank() };
            (!text.is_empty()).then(|| Test::Text(words::fold(text)))
        };
        Ok(test.map(|test| Term { inverse: false, test }))
    }

    /// An expression up to the next slash; `\/` is a slash of its own.
    fn expression(&mut self) -> String {
        let mut text = String::new();
        loop {
            text.push_str(self.until('/'));
            if !text.ends_with('\\') || self.at >= self.text.len() {
                return text;
            }
            text.pop();
            text.push('/');
        }
    }

    /// The name and the sign of the comparison that stands here, if one does.
    fn comparison(&mut self) -> Option<(&'a str, &'a str)> {
        const SIGNS: [&str; 9] = ["!=", "!~", "<=", ">=", "==", "=", "<", ">", "~"];
        let rest = self.rest();
        let name =
            rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '%' | '(' | ')' | '/'))?;
        let sign = SIGNS.into_iter().find(|sign| rest.get(name..).is_some_and(|after| after.starts_with(sign)))?;
        let (written, _) = rest.split_at(name);
        // Many a text has a slash in it; a column's name hardly ever.
        if name == 0 || (written.contains('/') && self.column(written).is_none()) {
            return None;
        }
        Some((self.take(name), self.take(sign.len())))
    }

    /// The place of the column of a name.
    fn column(&self, name: &str) -> Option<usize> {
        let called =
            |name: &str| self.columns.iter().position(|column| !column.is_absent() && squeezed(&column.title) == name);
        called(&squeezed(name)).or_else(|| called(&short(name)))
    }

    fn compared(&self, name: &str, sign: &str, value: &str) -> Result<Comparison, String> {
        if self.columns.is_empty() {
            return Err(format!("there are no columns here; in quotes {name}{sign} is a text"));
        }
        let Some(column) = self.column(name) else {
            let unmeasured =
                |column: &Column| column.metered == Metered::Absent && squeezed(&column.title) == short(name);
            if self.columns.iter().any(unmeasured) {
                return Err(format!("{name} is not measured here, or not yet"));
            }
            let known = self.columns.iter().filter(|column| !column.is_absent());
            let known = nearest(&squeezed(name), known.map(|column| (squeezed(&column.title), &*column.title)));
            let hint = known.map_or(String::new(), |title| format!("; is it {}?", written(title)));
            return Err(format!("no column {name}{hint}"));
        };
        if value.is_empty() {
            return Err(format!("a value is missing after {name}{sign}"));
        }
        let sense = self.columns.get(column).map(|column| column.sense).unwrap_or_default();
        let relation = match sign {
            "=" | "==" => Relation::Equal,
            "!=" => Relation::Unequal,
            "<" => Relation::Less,
            "<=" => Relation::AtMost,
            ">" => Relation::More,
            ">=" => Relation::AtLeast,
            _ => return Ok(Comparison { column, sense, operand: Operand::Regex(regex(value)?) }),
        };
        let value_measure = measure(value, sense);
        if sense == Sense::Time && !matches!(value_measure, Measure::Amount(..)) {
            return Err(format!("{value} is no time; write 90s, 5m, 2h or 3d4h"));
        }
        let ordered = !matches!(relation, Relation::Equal | Relation::Unequal);
        let numbers = self.columns.get(column).is_some_and(Column::holds_numbers);
        if ordered && numbers && !matches!(value_measure, Measure::Amount(..)) {
            return Err(format!("{value} is no number; write 5, 500m, 1.5Gi, 45% or 1/3"));
        }
        Ok(Comparison { column, sense, operand: Operand::Value(relation, value.to_owned(), value_measure) })
    }
}

/// A column's name as it may be typed: letter case, blanks, dashes and underscores aside.
fn squeezed(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The same, with the short word that headings have: `memory` is `mem`.
fn short(name: &str) -> String {
    squeezed(name).replace("memory", "mem")
}

/// A heading as it is best typed.
fn written(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn regex(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).case_insensitive(true).size_limit(REGEX_LIMIT).nest_limit(REGEX_DEPTH).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the expression is too large".to_owned(),
        // The last line says what; those before it draw where, for a terminal of their own.
        error => {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("no expression: {why}")
        }
    })
}
