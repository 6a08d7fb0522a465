//! From the start of the process to its first frame in a terminal, against a program that does nothing but draw one
//! paragraph with ratatui. Both run in the same kind of terminal, in turns.
//!
//! What is shipped is built otherwise than the everyday release, and so is what it is compared with:
//! `cargo bench --profile dist --bench start` measures both as they are shipped.
//!
//! `--runs 41` changes how often; `--kubeconfig FILE` has the program find that file instead of none.

mod measure;
mod terminal;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use measure::{Budget, median, millis, option, quantile, say};
use ratatui::widgets::Paragraph;
use terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-tui");
const SIZE: (u16, u16) = (80, 24);
/// At most so many times the bare program.
const BUDGET: f64 = 2.0;

/// What any program with ratatui does: enter, draw, leave.
fn hello() -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    terminal.draw(|frame| frame.render_widget(Paragraph::new("hello, world"), frame.area()))?;
    // The bench kills us once it has seen the frame.
    let _key = crossterm::event::read()?;
    ratatui::try_restore()
}

fn measure() -> io::Result<()> {
    let runs = option("--runs").and_then(|text| text.parse().ok()).unwrap_or(41);
    let home = tempfile::tempdir()?;
    let itself = std::env::current_exe()?;
    // Without arguments, as it is started most often; it finds a file without clusters where it looks for one.
    let config = option("--kubeconfig");
    let args: Vec<&str> = config.iter().flat_map(|file| ["--kubeconfig", file.as_str()]).collect();
    std::fs::create_dir(home.path().join(".kube"))?;
    std::fs::write(home.path().join(".kube/config"), "apiVersion: v1\nkind: Config\n")?;
    let (mut bare, mut ours, mut version) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        // Its one line, up to the blank that is not drawn.
        bare.push(first_frame(&itself, &["--hello"], home.path(), "hello,")?);
        // The mark that ends a frame.
        ours.push(first_frame(Path::new(PROGRAM), &args, home.path(), "\u{1b}[?2026l")?);
        version.push(first_frame(Path::new(PROGRAM), &["--version"], home.path(), "fleet-tui")?);
    }
    say(&format!("start: from the process to its first frame, 80x24, {runs} runs in turns, milliseconds"));
    say(&format!("  {:<44} {:>8} {:>8} {:>8}", "", "least", "p50", "p90"));
    for (name, values) in [
        ("floor: ratatui, one paragraph", &bare),
        ("the dashboard, nothing to open", &ours),
        ("  of which: loading, arguments, no screen", &version),
    ] {
        let (least, most) = (quantile(values, 0.0), quantile(values, 0.9));
        say(&format!("  {name:<44} {least:>8.2} {:>8.2} {most:>8.2}", median(values)));
    }
    Budget::at_most("first frame, times the floor (p50)", median(&ours) / median(&bare), BUDGET).say();
    Budget::at_most("first frame, times the floor (least)", quantile(&ours, 0.0) / quantile(&bare, 0.0), BUDGET).say();
    Ok(())
}

fn first_frame(program: &Path, args: &[&str], home: &Path, mark: &str) -> io::Result<f64> {
    let terminal = Terminal::start(program, args, SIZE, home)?;
    Ok(millis(terminal.shows(mark)?))
}

fn run() -> io::Result<()> {
    if std::env::args().any(|argument| argument == "--hello") { hello() } else { measure() }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("start: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
