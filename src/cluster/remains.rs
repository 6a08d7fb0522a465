//! What a credential plugin left running when it had done its work: a helper in the background, in the plugin's session.
//!
//! It lives as long as an open cluster that got its credential from that run, for it may be what keeps the login alive;
//! with the last of them (closed, or the program quit) it is killed. A daemon that has made a session of its own, as
//! `ssh-agent` does, has left us on purpose and is its own affair. Must not know why a plugin ran.

use std::sync::Arc;

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// Processes that outlive the plugin that started them. Clones share them; the last one dropped kills them.
#[derive(Clone, Debug)]
pub struct Remains {
    group: Arc<Group>,
}

#[derive(Debug)]
struct Group {
    #[cfg(unix)]
    leader: Pid,
}

impl Remains {
    /// Looks for what is left of the process group of a plugin that has ended; `None` if nothing is.
    #[must_use]
    pub fn of(plugin: Option<u32>) -> Option<Self> {
        let group = Arc::new(Group::of(plugin)?);
        Some(Self { group }).filter(Self::are_alive)
    }

    /// Tells whether any of the processes still runs.
    ///
    /// To be asked now and then: a number that nobody bears any more may be given to somebody else.
    #[must_use]
    pub fn are_alive(&self) -> bool {
        self.group.is_alive()
    }
}

#[cfg(unix)]
impl Group {
    fn of(plugin: Option<u32>) -> Option<Self> {
        // 1 would mean everybody.
        let number = plugin.and_then(|number| i32::try_from(number).ok()).filter(|number| *number > 1)?;
        Some(Self { leader: Pid::from_raw(number)? })
    }

    fn is_alive(&self) -> bool {
        test_kill_process_group(self.leader).is_ok()
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        // A failure means that nothing is left, or that it is not ours to end.
        let _gone = kill_process_group(self.leader, Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_: Option<u32>) -> Option<Self> {
        None
    }

    fn is_alive(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    use super::*;

    /// A process that leads a group of its own.
    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").process_group(0).spawn().unwrap()
    }

    #[test]
    fn the_last_who_needs_what_a_plugin_left_takes_it_along() {
        let mut child = sleeper();
        let remains = Remains::of(Some(child.id())).unwrap();
        drop(remains.clone());
        assert!(remains.are_alive() && child.try_wait().unwrap().is_none());
        drop(remains);
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    }

    #[test]
    fn a_plugin_that_left_nobody_leaves_nothing_to_kill() {
        let mut child = sleeper();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(Remains::of(Some(child.id())).is_none());
        assert!(Remains::of(None).is_none() && Remains::of(Some(0)).is_none() && Remains::of(Some(1)).is_none());
    }
}
