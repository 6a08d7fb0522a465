//! What the tests of the dashboard share: a home of its own for each run, starting, reading the screen, ending.
//!
//! Must not know what any one test is about.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::pty::Pty;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-tui");
/// More than anything takes that is not itself about time.
pub const LIMIT: Duration = Duration::from_secs(60);
/// Ends the synchronized update of every frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// An empty home folder with everything that a user's environment points to inside.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tmp", "state", "config", "cache", "data", ".kube"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The environment that keeps the program inside.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let place = |name: &str| self.path().join(name).display().to_string();
        vec![
            ("HOME", self.path().display().to_string()),
            ("XDG_STATE_HOME", place("state")),
            ("XDG_CONFIG_HOME", place("config")),
            ("XDG_CACHE_HOME", place("cache")),
            ("XDG_DATA_HOME", place("data")),
            ("TMPDIR", place("tmp")),
            ("KUBECONFIG", String::new()),
            ("RUST_BACKTRACE", "0".to_owned()),
        ]
    }

    /// Starts the program with arguments in a terminal of so many columns and rows.
    pub fn start(&self, args: &[&str], columns: u16, rows: u16) -> Pty {
        self.start_other(PROGRAM, args, columns, rows)
    }

    /// Starts another program in the same environment.
    pub fn start_other(&self, program: &str, args: &[&str], columns: u16, rows: u16) -> Pty {
        let env = self.env();
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Pty::start(program, args, &env, columns, rows)
    }

    /// Starts the demo with a scenario of `tests/scenarios`.
    pub fn start_scenario(&self, name: &str, columns: u16, rows: u16) -> Pty {
        let path = scenario(name);
        self.start(&["--demo", "--scenario", path.to_str().unwrap()], columns, rows)
    }

    /// The state file, whether or not it is there.
    pub fn state_file(&self) -> PathBuf {
        self.path().join("state/fleet-tui/state.json")
    }

    /// The program has left no temporary files behind.
    pub fn is_tidy(&self) -> bool {
        std::fs::read_dir(self.path().join("tmp")).unwrap().next().is_none()
    }
}

/// The path of a scenario of `tests/scenarios`.
pub fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(name)
}

/// The Fleet board's row of a cluster: from its health sign on.
pub fn board_row(screen: &str, cluster: &str) -> Option<String> {
    let mut rows = screen.lines().skip(3).filter_map(|line| line.get(line.char_indices().nth(3)?.0..));
    rows.find(|row| row.split_whitespace().nth(1) == Some(cluster)).map(str::to_owned)
}

/// The health sign that the tabs show beside a cluster's name.
pub fn tab_sign(screen: &str, cluster: &str) -> Option<char> {
    let words: Vec<&str> = screen.lines().nth(1)?.split_whitespace().collect();
    let place = words.iter().position(|word| word.trim_matches('┃') == cluster)?;
    words.get(place.checked_sub(1)?)?.chars().last()
}

/// The name of the cluster whose table is on screen: the first word of the headline.
pub fn in_front(screen: &str) -> Option<&str> {
    let front = screen.lines().nth(1)?.contains('┃');
    front.then(|| screen.lines().nth(2)?.split_whitespace().next()).flatten()
}

/// Every frame the program has drawn in a terminal that kept its size.
pub fn frames(pty: &Pty) -> Vec<String> {
    let (rows, columns) = pty.screen().size();
    let mut parser = vt100::Parser::new(rows, columns, 0);
    let bytes = pty.raw_bytes();
    let mut drawn = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some(place) = rest.windows(FRAME_END.len()).position(|window| window == FRAME_END) {
        let (frame, after) = rest.split_at(place + FRAME_END.len());
        parser.process(frame);
        drawn.push(parser.screen().contents());
        rest = after;
    }
    drawn
}

/// Waits until `ready` holds for the text on the screen.
#[track_caller]
pub fn wait(pty: &Pty, what: &str, ready: impl Fn(&str) -> bool) {
    wait_at_most(pty, LIMIT, what, ready);
}

/// Waits until `ready` holds for the text on the screen, for at most `limit`.
#[track_caller]
pub fn wait_at_most(pty: &Pty, limit: Duration, what: &str, ready: impl Fn(&str) -> bool) {
    if let Err(screen) = pty.wait_for(ready, limit) {
        panic!("{what}: not on\n{screen}");
    }
}

/// Waits until the Fleet board has a row of each cluster.
#[track_caller]
pub fn wait_for_board(pty: &Pty, clusters: &[&str]) {
    wait(pty, "the board", |screen| clusters.iter().all(|name| board_row(screen, name).is_some()));
}

/// The dashboard has the terminal.
pub fn taken(screen: &vt100::Screen) -> bool {
    screen.alternate_screen()
        && screen.bracketed_paste()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
}

/// The terminal is as it was: main screen, cursor, paste, mouse.
pub fn given_back(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
}

/// The program ends by itself with an exit code, the terminal is as it was found, no temporary file is left.
#[track_caller]
pub fn ends(mut pty: Pty, home: &Home, code: u32) -> Pty {
    let status = pty.wait_exit(LIMIT).expect("the program is still running");
    assert_eq!(status.exit_code(), code, "{status:?}\n{}", pty.screen_text());
    if let Err(screen) = pty.wait_until(given_back, LIMIT) {
        panic!("the terminal is not given back:\n{screen}");
    }
    assert!(pty.line_is_as_before(), "the line discipline is not as before");
    let bytes = String::from_utf8_lossy(&pty.raw_bytes()).into_owned();
    assert!(bytes.rfind("\x1b[?7h") > bytes.rfind("\x1b[?7l"), "lines no longer wrap");
    assert!(home.is_tidy(), "temporary files are left");
    pty
}

/// Quits with Ctrl+C, which works on every screen.
#[track_caller]
pub fn quit(mut pty: Pty, home: &Home) {
    pty.send("\x03");
    ends(pty, home, 0);
}
