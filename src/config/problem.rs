//! What is wrong with a configuration, for people. Must not know what is done about it.

use std::fmt;

/// Something wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, if it is about one.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
    /// Something that was asked for is not done; otherwise it is only suspicious.
    pub fatal: bool,
}

impl Problem {
    /// Something asked for is not done.
    pub fn error(line: Option<usize>, text: impl Into<String>) -> Self {
        Self { line, text: text.into(), fatal: true }
    }

    /// Something is suspicious.
    pub fn warning(line: Option<usize>, text: impl Into<String>) -> Self {
        Self { line, text: text.into(), fatal: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Says which of the known words was probably meant, as the end of a sentence; nothing if none is near.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let scored = known.map(|name| (strsim::damerau_levenshtein(word, name), name));
    let near = scored.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= 1 + word.len() / 5);
    near.map(|(_, name)| format!("; did you mean {name}?")).unwrap_or_default()
}
