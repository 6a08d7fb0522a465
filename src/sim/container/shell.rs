//! Owns the toy shell of the simulated containers: a handful of commands, played. Nothing is ever run. Must not know what
//! carries its input and output.

use std::sync::Arc;

use super::console::{Console, Output, Read};
use super::script;
use crate::sim::cluster::Cluster;

const PROMPT: &str = "/ # ";

const SYNTAX: &str = "sh: this toy shell has no pipes, redirections, jobs or substitutions\n";

const USAGE: &str =
    "cat date echo env exit false help hostname id ls printenv pwd sh sleep stty true tty uname whoami\n";

/// A process of a container.
pub(crate) struct Shell {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) console: Console,
    pub(crate) environment: Vec<(String, String)>,
    /// What the last command ended with.
    status: u8,
    /// A shell was told to end.
    exits: bool,
}

impl Shell {
    pub(crate) fn new(cluster: Arc<Cluster>, console: Console, mut environment: Vec<(String, String)>) -> Self {
        if console.is_terminal {
            environment.push(("TERM".to_owned(), "xterm".to_owned()));
        }
        Self { cluster, console, environment, status: 0, exits: false }
    }

    /// Plays a command to its end and returns its exit code.
    pub(crate) async fn play(mut self, command: &[String]) -> u8 {
        self.status = self.command(command).await;
        self.status
    }

    fn variable(&self, name: &str) -> &str {
        self.environment.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    async fn command(&mut self, words: &[String]) -> u8 {
        let Some((program, arguments)) = words.split_first() else { return 0 };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let text = match program.rsplit('/').next().unwrap_or_default() {
            "true" | ":" => return 0,
            "false" => return 1,
            "sh" | "ash" | "bash" => return Box::pin(self.shell(&arguments)).await,
            "exit" => {
                self.exits = true;
                let code = arguments.first().map_or(Ok(self.status), |code| code.parse::<i64>().map(|code| code as u8));
                return code.unwrap_or(2);
            }
            "cat" => return self.cat(&arguments).await,
            "sleep" => return self.sleep(arguments.first().copied().unwrap_or_default()).await,
            "stty" if arguments == ["size"] => match self.console.size().await {
                Some((columns, rows)) => format!("{rows} {columns}\n"),
                None => return self.complain("stty: standard input: Inappropriate ioctl for device").await,
            },
            "tty" if self.console.is_terminal => "/dev/pts/0\n".to_owned(),
            "tty" => {
                self.console.print("not a tty\n").await;
                return 1;
            }
            "echo" if arguments.first() == Some(&"-n") => arguments[1..].join(" "),
            "echo" => arguments.join(" ") + "\n",
            "printenv" if !arguments.is_empty() => match self.variable(arguments[0]) {
                "" => return 1,
                value => format!("{value}\n"),
            },
            "env" | "printenv" => {
                let lines = self.environment.iter().flat_map(|(key, value)| [key, "=", value, "\n"]);
                lines.collect()
            }
            "hostname" => format!("{}\n", self.variable("HOSTNAME")),
            "date" => {
                let now = jiff::Timestamp::from_millisecond(self.cluster.now()).unwrap_or_default();
                format!("{}\n", now.strftime("%a %b %e %H:%M:%S UTC %Y"))
            }
            "whoami" => "root\n".to_owned(),
            "id" => "uid=0(root) gid=0(root) groups=0(root)\n".to_owned(),
            "pwd" => "/\n".to_owned(),
            "uname" => "Linux\n".to_owned(),
            "ls" => "app\nbin\ndev\netc\nhome\nlib\nproc\nroot\nsys\ntmp\nusr\nvar\n".to_owned(),
            "help" => USAGE.to_owned(),
            _ => {
                self.console.write(Output::Error, &format!("sh: {program}: not found\n")).await;
                return 127;
            }
        };
        self.console.print(&text).await;
        0
    }

    async fn complain(&mut self, text: &str) -> u8 {
        self.console.write(Output::Error, &format!("{text}\n")).await;
        1
    }

    /// Copies input to output; the files of a toy are few.
    async fn cat(&mut self, files: &[&str]) -> u8 {
        for file in files {
            let text = match *file {
                "/etc/hostname" => format!("{}\n", self.variable("HOSTNAME")),
                "/etc/os-release" => "NAME=\"Toy Linux\"\nID=toy\n".to_owned(),
                _ => return self.complain(&format!("cat: can't open '{file}': No such file or directory")).await,
            };
            self.console.print(&text).await;
        }
        while files.is_empty() {
            if self.console.is_terminal {
                match self.console.line().await {
                    Read::Line(line) => self.console.print(&(line + "\n")).await,
                    Read::Interrupted => return 130,
                    Read::End => break,
                }
            } else {
                let Some(bytes) = self.console.read().await else { break };
                self.console.copy(bytes).await;
            }
        }
        0
    }

    /// Lets virtual time pass.
    async fn sleep(&mut self, seconds: &str) -> u8 {
        let Some(seconds) = seconds.trim_end_matches('s').parse::<f64>().ok().filter(|seconds| *seconds >= 0.0) else {
            return self.complain(&format!("sleep: invalid number '{seconds}'")).await;
        };
        let until = self.cluster.now().saturating_add((seconds * 1_000.0) as i64);
        tokio::select! {
            () = self.cluster.sleep_until(until) => 0,
            () = self.console.interrupted() => 130,
        }
    }

    /// A shell: of a script, of what is piped to it, or of who types at a terminal.
    async fn shell(&mut self, arguments: &[&str]) -> u8 {
        match arguments {
            ["-c" | "-lc" | "-ec", script, ..] => self.script(script).await,
            [] | ["-l" | "-i"] => loop {
                if self.console.is_terminal {
                    self.console.print(PROMPT).await;
                }
                match self.console.line().await {
                    Read::Line(line) => self.script(&line).await,
                    Read::Interrupted => self.status = 130,
                    Read::End => break,
                }
                if self.exits {
                    break;
                }
            },
            [other, ..] => {
                self.complain(&format!("sh: can't open '{other}': No such file or directory")).await;
                self.status = 2;
            }
        }
        self.exits = false;
        self.status
    }

    /// Plays commands one after the other as `;`, `&&` and `||` say.
    async fn script(&mut self, script: &str) {
        let mut rest = script;
        let mut wanted = true;
        while !self.exits && !rest.trim().is_empty() {
            let parsed = script::parse(rest, |name| match name {
                "?" => self.status.to_string(),
                name => self.variable(name).to_owned(),
            });
            let Some((words, joint, after)) = parsed else {
                self.console.write(Output::Error, SYNTAX).await;
                self.status = 2;
                return;
            };
            if wanted && !words.is_empty() {
                self.status = self.command(&words).await;
            }
            wanted = joint.wants(self.status);
            rest = after;
        }
    }
}
