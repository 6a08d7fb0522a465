//! A process with everything that descends from it, and the end of them all.
//!
//! For programs that share our process group, which therefore cannot be ended as a group. Whoever has lost its parent
//! has left the family. Where the system does not tell who descends from whom, only the process itself is ended by its
//! owner. Must not know why a process ran.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};

/// Ends a process that its owner has not waited for yet, and all that descends from it.
#[cfg(target_os = "linux")]
pub fn end(head: u32) {
    let Some(head) = i32::try_from(head).ok().filter(|number| *number > 1) else { return };
    let signal = |process: i32, signal| {
        // A failure means that it has ended, or is not ours to end.
        let _gone = Pid::from_raw(process).map(|process| kill_process(process, signal));
    };
    // Who is stopped starts nobody and waits for nobody: what is found stays what it is until the end.
    let mut found = BTreeSet::from([head]);
    signal(head, Signal::STOP);
    loop {
        let before = found.len();
        for (process, parent) in parents() {
            if found.contains(&parent) && found.insert(process) {
                signal(process, Signal::STOP);
            }
        }
        if found.len() == before {
            break;
        }
    }
    for process in found {
        signal(process, Signal::KILL);
    }
}

/// Ends nothing: who descends from whom is not known here.
#[cfg(not(target_os = "linux"))]
pub fn end(_head: u32) {}

/// Every process with its parent.
#[cfg(target_os = "linux")]
fn parents() -> Vec<(i32, i32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(|process: i32| Some((process, parent_of(process)?))).collect()
}

#[cfg(target_os = "linux")]
fn parent_of(process: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name may hold anything, parentheses too; the state and the parent follow its last one.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_ends_with_its_children_and_theirs_and_nobody_else_does() {
        let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
        let script = "sh -c 'sleep 1000 & echo $!; wait' & wait";
        let mut head = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(head.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let grandchild: i32 = line.trim().parse().unwrap();
        assert!(parent_of(grandchild).is_some_and(|parent| parent_of(parent) == Some(head.id() as i32)));
        end(head.id());
        let status = head.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
        let ended = || {
            let stat = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        while !ended() {
            std::thread::yield_now();
        }
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
