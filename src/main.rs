//! The door: everything behind it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let code = fleet_tui::cli::main();
    fleet_tui::cli::log::finish();
    code
}
