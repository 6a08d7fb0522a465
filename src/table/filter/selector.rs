//! Selectors in a filter, as kubectl writes them: `-l app=web,tier in (a,b)`, `-f status.phase=Failed`. What they pick
//! the server says; here is only where they begin and end. Must not know what becomes of them.

use super::parse::Reader;
use crate::model::subset::Selectors;

/// Which of the two a selector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Labels,
    Fields,
}

/// How each begins.
const FLAGS: [(&str, Which); 4] =
    [("--field-selector", Which::Fields), ("--selector", Which::Labels), ("-f", Which::Fields), ("-l", Which::Labels)];

/// Takes the selectors out of a filter; the rest, in its order, is left to the rows. What is wrong with either is for
/// [`super::Filter::parse`] to say.
#[must_use]
pub fn apart(text: &str) -> (Selectors, String) {
    let mut reader = Reader::new(text, &[]);
    let (mut selectors, mut rest) = (Selectors::default(), Vec::new());
    while reader.skip_blanks() {
        let start = reader.at;
        match reader.selector() {
            Some(Ok(found)) => selectors = selectors.and(&found),
            Some(Err(_)) => break,
            None => {
                reader.inverse();
                drop(reader.term());
                rest.extend(text.get(start..reader.at));
            }
        }
    }
    (selectors, rest.join(" "))
}

impl Reader<'_> {
    /// Reads the selector that stands here, if one does; nothing is in it while it is only begun.
    pub(super) fn selector(&mut self) -> Option<Result<Selectors, String>> {
        let (flag, which) = FLAGS.into_iter().find(|(flag, _)| self.rest().starts_with(flag))?;
        let after = self.rest().get(flag.len()..).unwrap_or_default();
        let apart = after.is_empty() || after.starts_with(char::is_whitespace) || after.starts_with('=');
        // Glued to its flag, as kubectl allows it; a text that merely begins alike has no sign in it.
        let word = after.split(char::is_whitespace).next().unwrap_or_default();
        if !apart && (flag.starts_with("--") || !word.contains('=')) {
            return None;
        }
        self.take(flag.len());
        if !self.eat("=") {
            self.skip_blanks();
        }
        Some(self.selected(which))
    }

    fn selected(&mut self, which: Which) -> Result<Selectors, String> {
        let quote = ['"', '\''].into_iter().find(|quote| self.rest().starts_with(*quote));
        let text = match (quote, which) {
            (Some(quote), _) => {
                self.take(1);
                self.until(quote).trim().to_owned()
            }
            (None, Which::Fields) => self.until_blank().to_owned(),
            (None, Which::Labels) => self.requirements()?,
        };
        let text = text.trim_end_matches(',').to_owned();
        if which == Which::Fields && !text.is_empty() && !text.contains('=') {
            return Err(format!("a field selector compares: {text}=..."));
        }
        Ok(match which {
            Which::Labels => Selectors { labels: text, ..Selectors::default() },
            Which::Fields => Selectors { fields: text, ..Selectors::default() },
        })
    }

    /// Label requirements with commas between them: `a=b, !c, d in (e, f)`. Blanks are part of it only where a
    /// requirement cannot be at its end.
    fn requirements(&mut self) -> Result<String, String> {
        const SIGNS: [&str; 6] = ["==", "!=", "=", ">", "<", "!"];
        let (text, start) = (self.text, self.at);
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '=' | '!' | '<' | '>' | '(' | ')');
        loop {
            self.eat("!");
            let rest = self.rest();
            let key = self.take(rest.find(ends).unwrap_or(rest.len()));
            if key.is_empty() && !self.rest().is_empty() {
                return Err("a label's name is missing in the selector".to_owned());
            }
            if SIGNS.into_iter().any(|sign| self.eat(sign)) {
                let rest = self.rest();
                self.take(rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len()));
            } else if let "in" | "notin" = self.rest().trim() {
                // Only begun: the values are still to come, and it is no text to look for.
                let rest = self.rest().len();
                self.take(rest);
            } else if let Some(word) = self.set_word() {
                self.eat("(");
                let inside = self.until(')');
                let closed = text.get(..self.at).is_some_and(|read| read.ends_with(')'));
                if !closed {
                    return Err(format!("the values are not closed: {key} {word} ({inside})"));
                }
            }
            let end = self.at;
            self.skip_blanks();
            if !self.eat(",") {
                self.at = end;
                return Ok(text.get(start..end).unwrap_or_default().to_owned());
            }
            if !self.skip_blanks() {
                return Ok(text.get(start..end).unwrap_or_default().to_owned());
            }
        }
    }

    /// Passes over `in` or `notin`, if values in brackets follow.
    fn set_word(&mut self) -> Option<&'static str> {
        let before = self.at;
        self.skip_blanks();
        let word = ["in", "notin"].into_iter().find(|word| self.rest().starts_with(word));
        if let Some(word) = word {
            self.take(word.len());
            self.skip_blanks();
            if self.rest().starts_with('(') {
                return Some(word);
            }
        }
        self.at = before;
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::filter::Filter;

    fn read(text: &str) -> (String, String) {
        let (selectors, rest) = apart(text);
        (selectors.to_string(), rest)
    }

    #[test]
    fn a_selector_ends_where_its_last_requirement_does() {
        let cases = [
            ("-l app=web,tier in (a,b)", "-l app=web,tier in (a,b)", ""),
            ("-l app=web cart", "-l app=web", "cart"),
            ("-l app cart", "-l app", "cart"),
            ("cart -l app in (a, b) !done", "-l app in (a, b)", "cart !done"),
            ("-l app notin (a),!old restarts>5", "-l app notin (a),!old", "restarts>5"),
            ("-l 'app=web, tier in (a)' x", "-l app=web, tier in (a)", "x"),
            ("-l a=b , c=d in", "-l a=b , c=d", "in"),
            ("cart -l a in", "-l a in", "cart"),
            ("-lapp=web x", "-l app=web", "x"),
            ("-l=app=web", "-l app=web", ""),
            ("--selector app=web", "-l app=web", ""),
            ("--field-selector=status.phase!=Running x", "-f status.phase!=Running", "x"),
            (
                "-f status.phase=Failed,spec.nodeName=n -l a -l b=c",
                "-l a,b=c -f status.phase=Failed,spec.nodeName=n",
                "",
            ),
            ("-l app=web,", "-l app=web", ""),
            ("-l ", "", ""),
            ("-f", "", ""),
            ("-lonely", "", "-lonely"),
            ("\"-l a=b\"", "", "\"-l a=b\""),
            ("/-l x/ 'ab node~x age<2h", "", "/-l x/ 'ab node~x age<2h"),
        ];
        for (text, selectors, rest) in cases {
            assert_eq!(read(text), (selectors.to_owned(), rest.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_the_reader_or_is_read_twice(text in "[-lf=a-c,!() '\"/<>~]{0,24}") {
            let (selectors, rest) = apart(&text);
            let _ = Filter::parse(&text, &[]);
            // Terms that stood without a blank between them are parted by one.
            let rest_alone = rest.split_whitespace().map(str::len).sum::<usize>();
            prop_assert!(rest_alone + selectors.labels.len() + selectors.fields.len() <= text.len() + 2);
            let (again, _) = apart(&rest);
            prop_assert!(Filter::parse(&text, &[]).is_err() || again.is_empty(), "{rest}");
        }
    }
}
