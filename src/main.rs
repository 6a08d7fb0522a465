//! The door: everything behind it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fleet_tui::cli::main()
}
