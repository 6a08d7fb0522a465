//! `keys`, `completions` and `man`: what is known of the program, on paper. Must not know what any of it does.

use clap::CommandFactory as _;

use super::table::{Cell, Table};
use super::{Args, Trouble, out};
use crate::app::action::{ACTIONS, ActionInfo, Chapter};

/// Prints the keys of the dashboard, chapter by chapter.
pub fn keys() -> Result<(), Trouble> {
    out::print(&key_list())?;
    Ok(())
}

fn key_list() -> String {
    let mut text = String::new();
    for chapter in Chapter::ALL {
        let shown = |info: &&ActionInfo| info.chapter == chapter && !info.keys.is_empty() && !info.title.is_empty();
        let mut table = Table::new(["KEYS", "WHERE", "ACTION", "WHAT"]);
        for info in ACTIONS.iter().filter(shown) {
            let place = format!("{:?}", info.place).to_lowercase();
            table.row([info.keys.join(" ").as_str(), &place, info.id, info.title].map(Cell::new));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text = format!("{text}{}\n{}", chapter.title(), table.render(false));
    }
    text
}

/// Prints what a shell needs to complete our command lines.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut for_people(), "fleet-tui", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == clap_complete::Shell::Bash {
        // clap_complete 4.6 writes the hyphen of a program's name in two ways, and then finds no command of it.
        script = script.replace("fleet__subcmd__tui", "fleet__tui");
    }
    out::print(&script)?;
    Ok(())
}

/// The command line without what is not for people: shells would offer it.
fn for_people() -> clap::Command {
    let all = Args::command();
    clap::Command::new("fleet-tui")
        .version(env!("CARGO_PKG_VERSION"))
        .args(all.get_arguments().cloned())
        .groups(all.get_groups().cloned())
        .subcommands(all.get_subcommands().filter(|part| !part.is_hide_set()).cloned())
}

/// Prints the manual page, in roff; those of the commands follow it.
pub fn man() -> Result<(), Trouble> {
    let mut page = Vec::new();
    let mut command = Args::command();
    // The parts are named after the whole: fleet-tui-status.
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
        clap_mangen::Man::new(part.clone()).render(&mut page)?;
    }
    out::print(&String::from_utf8_lossy(&page))?;
    Ok(())
}
