//! Owns reading scripts of the toy shell: their commands one by one, and what comes of a command as far as that can be told
//! without playing it. Must not know who plays them.

/// How many milliseconds a command takes and what it ends with; `None` if that cannot be told.
pub(crate) fn outcome(command: &[String]) -> Option<(i64, u8)> {
    let (program, arguments) = command.split_first()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (program.rsplit('/').next()?, &arguments[..]) {
        ("true" | ":" | "echo" | "printf" | "date" | "env" | "hostname" | "id" | "pwd" | "whoami", _) => Some((0, 0)),
        ("false", _) => Some((0, 1)),
        ("sleep", [seconds]) => {
            let seconds = seconds.trim_end_matches('s').parse::<f64>().ok()?;
            (0.0..1e9).contains(&seconds).then_some(((seconds * 1_000.0) as i64, 0))
        }
        ("sh" | "ash" | "bash", ["-c" | "-lc", script, ..]) => outcome_of_script(script),
        _ => None,
    }
}

fn outcome_of_script(script: &str) -> Option<(i64, u8)> {
    let (mut rest, mut wanted, mut time, mut status) = (script, true, 0, 0);
    while !rest.trim().is_empty() {
        // What is in variables is not known: no command and no number goes by such a word.
        let variable = |name: &str| if name == "?" { status.to_string() } else { "$".to_owned() };
        let (words, joint, after) = parse(rest, variable)?;
        match words.first().filter(|_| wanted).map(String::as_str) {
            Some("exit") => return Some((time, words.get(1).map_or(Some(status), |code| code.parse().ok())?)),
            Some(_) => {
                let (took, code) = outcome(&words)?;
                (time, status) = (time + took, code);
            }
            None => {}
        }
        wanted = joint.wants(status);
        rest = after;
    }
    Some((time, status))
}

/// The words of the first command, what joins it to the next, and the rest; `None` for what a toy does not know.
pub(super) fn parse(script: &str, variable: impl Fn(&str) -> String) -> Option<(Vec<String>, Joint, &str)> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut at = script.char_indices().peekable();
    while let Some((index, character)) = at.next() {
        let rest = &script[index..];
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(at.next()?.1),
            (None | Some('"'), '$') => {
                let name: String = if at.next_if(|(_, next)| *next == '?').is_some() {
                    "?".to_owned()
                } else {
                    std::iter::from_fn(|| at.next_if(|(_, next)| next.is_ascii_alphanumeric() || *next == '_'))
                        .map(|(_, next)| next)
                        .collect()
                };
                let word = word.get_or_insert_default();
                if name.is_empty() {
                    return None;
                }
                word.push_str(&variable(&name));
            }
            (None, ';' | '\n') => return Some((finish(words, word), Joint::Then, &rest[1..])),
            (None, '&' | '|') => {
                let joint = if rest.starts_with("&&") { Joint::And } else { Joint::Or };
                return (rest.starts_with("&&") || rest.starts_with("||"))
                    .then(|| (finish(words, word), joint, &rest[2..]));
            }
            (None, '<' | '>' | '`' | '(' | ')') | (Some('"'), '`') => return None,
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            (None, '#') if word.is_none() => {
                let end = rest.find('\n').map_or(script.len(), |end| index + end);
                return Some((finish(words, word), Joint::Then, &script[end..]));
            }
            _ => word.get_or_insert_default().push(character),
        }
    }
    quote.is_none().then(|| (finish(words, word), Joint::Then, ""))
}

fn finish(mut words: Vec<String>, last: Option<String>) -> Vec<String> {
    words.extend(last);
    words
}

/// When the next command is played.
pub(super) enum Joint {
    Then,
    And,
    Or,
}

impl Joint {
    /// Tells whether what follows is played after a command that ended with `status`.
    pub(super) fn wants(&self, status: u8) -> bool {
        match self {
            Self::Then => true,
            Self::And => status == 0,
            Self::Or => status != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_a_command_is_told_where_it_can_be() {
        let of = |words: &[&str]| outcome(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["false"]), Some((0, 1)));
        assert_eq!(of(&["/bin/sleep", "2.5"]), Some((2_500, 0)));
        for (script, outcome) in [
            ("exit 1", Some((0, 1))),
            ("echo $HOME; sleep 5 && exit 3", Some((5_000, 3))),
            ("false || true", Some((0, 0))),
            ("true && false; exit $?", Some((0, 1))),
            ("exit $CODE", None),
            ("while true; do sleep 1; done", None),
            ("sleep infinity", None),
            ("echo a | grep b", None),
            ("serve --port 80", None),
        ] {
            assert_eq!(of(&["/bin/sh", "-c", script]), outcome, "{script}");
        }
        assert_eq!(of(&["sh"]), None);
    }
}
