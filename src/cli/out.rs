//! Standard output and standard error as commands use them: quiet where nobody reads any more, safe for terminals.
//!
//! Must not know what is printed.

use std::io::{self, IsTerminal as _, Write as _};

use crate::model::visible::safe;

/// Prints, and takes it quietly if nobody reads any more; `false` if so.
pub fn print(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        outcome => outcome.map(|()| true),
    }
}

/// Tells a person something beside the output: each line with the program's name.
pub fn tell(text: &str) {
    let mut err = io::stderr().lock();
    for line in text.lines() {
        // Where nobody reads, nobody hears.
        let _unheard = writeln!(err, "fleet-tui: {}", safe(line));
    }
}

/// Whether output may be coloured: it goes to a terminal, and nobody objects.
#[must_use]
pub fn colored() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !refused && !dumb
}

/// How many columns the terminal has that output goes to; `None` if it goes elsewhere.
#[must_use]
pub fn width() -> Option<usize> {
    let size = io::stdout().is_terminal().then(crate::terminal::size)?;
    size.ok().map(|size| usize::from(size.width)).filter(|width| *width > 0)
}

/// Shortens a name for a line that has to stay one line.
#[must_use]
pub fn brief(name: &str) -> String {
    const MOST: usize = 24;
    let name = safe(name);
    if name.chars().count() <= MOST {
        return name;
    }
    name.chars().take(MOST - 1).chain(['…']).collect()
}
